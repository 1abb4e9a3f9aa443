#include "loadtest/watchers/watchers.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/channel_arguments.h"
#include "grpcpp/support/client_callback.h"
#include "services/runtime/base/limits.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::load {
namespace {

constexpr char kMethod[] = "/shoujie.router.v1.TicketService/WatchTickets";
constexpr absl::Duration kLook = absl::Milliseconds(5);

std::shared_ptr<grpc::Channel> Connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // connections of their own
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

// On the wire a stream of answers is a stream of both kinds whose caller says one thing.
class Watchers::Stream : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  Stream(Watchers* all, std::shared_ptr<grpc::Channel> channel, const std::string& token,
         const grpc::ByteBuffer& request, bool is_first)
      : all_(*all), is_first_(is_first), stub_(std::move(channel)), request_(request) {
    context_.AddMetadata("authorization", absl::StrCat("Bearer ", token));
    stub_.PrepareBidiStreamingCall(&context_, kMethod, {}, this);
    StartWriteLast(&request_, grpc::WriteOptions());
    StartRead(&answer_);
    StartCall();
  }
  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    const absl::Time now = absl::Now();
    router::v1::WatchTicketsResponse answer;
    if (!grpc::GenericDeserialize<grpc::ProtoBufferReader, google::protobuf::MessageLite>(&answer_, &answer).ok()) {
      return Cancel();
    }
    if (!std::exchange(opened_, true)) ++all_.open_;
    for (const auto& event : answer.events()) {
      std::string& last = last_[event.subject()];
      if (event.sequence() <= last) ++all_.out_of_order_;
      last = event.sequence();
      all_.Took(event.id(), now);
    }
    if (is_first_ && answer.events_size() > 0) {
      absl::MutexLock lock(&all_.mutex_);
      all_.sample_ = answer.SerializeAsString();
    }
    taken_ += static_cast<uint64_t>(answer.events_size());
    all_.events_ += static_cast<uint64_t>(answer.events_size());
    StartRead(&answer_);
  }
  void OnDone(const grpc::Status&) override {
    ++all_.ended_;
    ++all_.done_;
  }
  uint64_t taken() const { return taken_; }

 private:
  Watchers& all_;
  const bool is_first_;
  grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer> stub_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_, answer_;
  bool opened_ = false;
  std::map<std::string, std::string> last_;  // sequence, by ticket
  std::atomic<uint64_t> taken_{0};
};

Watchers::Watchers(const std::string& target, const std::string& token, const std::string& department, int count,
                   int connections) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < connections; ++i) channels.push_back(Connect(target));
  router::v1::WatchTicketsRequest request;
  request.set_department(department);
  grpc::ByteBuffer bytes;
  bool own = false;
  (void)grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::MessageLite>(request, &bytes, &own);
  for (int i = 0; i < count; ++i) {
    streams_.push_back(
        std::make_unique<Stream>(this, channels[static_cast<size_t>(i % connections)], token, bytes, i == 0));
  }
}

Watchers::~Watchers() {
  for (auto& stream : streams_) stream->Cancel();
  while (done_ < static_cast<int>(streams_.size())) absl::SleepFor(kLook);
}

bool Watchers::AwaitOpen(absl::Duration timeout) {
  for (const absl::Time until = absl::Now() + timeout; open_ < static_cast<int>(streams_.size());) {
    if (ended_ > 0 || absl::Now() > until) return false;
    absl::SleepFor(kLook);
  }
  return true;
}

bool Watchers::AwaitEvents(uint64_t each, absl::Duration timeout) {
  for (const absl::Time until = absl::Now() + timeout;;) {
    if (std::all_of(streams_.begin(), streams_.end(), [&](const auto& one) { return one->taken() >= each; }))
      return true;
    if (ended_ > 0 || absl::Now() > until) return false;
    absl::SleepFor(kLook);
  }
}

void Watchers::Sent(const std::string& id, absl::Time at) {
  absl::MutexLock lock(&mutex_);
  Event& event = waiting_[id];
  event.sent = at;
  for (absl::Time taken : std::exchange(event.taken, {})) latency_.Record(absl::ToInt64Nanoseconds(taken - at));
}

void Watchers::Took(const std::string& id, absl::Time at) {
  absl::MutexLock lock(&mutex_);
  Event& event = waiting_[id];
  if (event.sent == absl::InfiniteFuture()) return event.taken.push_back(at);
  latency_.Record(absl::ToInt64Nanoseconds(at - event.sent));
}

Histogram Watchers::TakeLatency() {
  absl::MutexLock lock(&mutex_);
  Histogram taken = latency_;
  latency_.Clear();
  return taken;
}

std::string Watchers::sample() const {
  absl::MutexLock lock(&mutex_);
  return sample_;
}

}  // namespace shoujie::load
