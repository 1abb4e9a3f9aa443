// A call for what another node owns: passed on to it, bytes as they came, once.
#include <algorithm>
#include <utility>
#include <vector>

#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/rpc/call.h"
#include "services/runtime/rpc/caller.h"
#include "services/runtime/rpc/forwarder.h"
#include "services/runtime/rpc/status.h"

namespace shoujie::rpc {
namespace {

// For an owner that stands still: by then somebody else may own. A command that was carried out all the same is
// recognised by its request id.
constexpr absl::Duration kOneTry = absl::Seconds(1);

// What says that another attempt a moment later may find an owner who answers.
bool WorthAnother(const absl::Status& status) {
  if (absl::IsDeadlineExceeded(status)) return true;
  if (status.code() != absl::StatusCode::kUnavailable) return false;
  const std::string reason = ReasonOf(status);
  return reason == "NOT_OWNER" || reason == "SERVER_STOPPING" || reason == "SERVER_UNREACHABLE";
}

}  // namespace

std::string ServerCall::OwnerFor(const absl::Status& refusal) const {
  if (environment_.options.forwarder == nullptr || hop_ || answered_.load()) return "";
  return OwnerIn(refusal);
}

void ServerCall::Forward(const std::string& address) {
  ++forwards_;
  environment_.options.forwarder->Forward(
      address, method_.path.substr(1), BytesOf(kept_), principal_, traceparent_,
      slow_ ? Remaining() : std::min(kOneTry, Remaining()),
      [self = shared_from_this()](absl::StatusOr<std::string> answer) { self->Forwarded(std::move(answer)); });
}

void ServerCall::Forwarded(absl::StatusOr<std::string> answer) {
  if (answer.ok()) {
    if (answered_.exchange(true)) return;
    const grpc::Slice slice(*answer);
    *response_ = grpc::ByteBuffer(&slice, 1);
    return FinishWire(absl::OkStatus());
  }
  // While a journal changes hands nobody owns it for some milliseconds: asked again here, from the beginning, since by
  // now it may be this node.
  const absl::Duration wait =
      std::min(limits::kForwardAgainAtLast, limits::kForwardAgainAfter * (1 << std::min(forwards_ - 1, 8)));
  if (!WorthAnother(answer.status()) || forwards_ >= limits::kForwardsMax || wait >= Remaining()) {
    return Finish(answer.status(), nullptr);
  }
  if (again_) again_->Cancel();
  again_.emplace().Set(absl::ToChronoTime(absl::Now() + wait), [weak = weak_from_this()](bool due) {
    auto call = weak.lock();
    if (!due || call == nullptr || call->answered_) return;
    std::string payload = BytesOf(call->kept_);
    auto request = call->method_.NewRequest();
    if (!request->ParseFromString(payload)) return call->Finish(absl::InternalError("request bytes"), nullptr);
    call->Dispatch(std::move(request), std::move(payload));
  });
}

}  // namespace shoujie::rpc
