#include "loadtest/switch/orders.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"

namespace shoujie::loadtest {

namespace v1 = interaction::v1;

constexpr const char* kReportResult = "shoujie.interaction.v1.ContactService/ReportOrderResult";

OrderAct ActOnOrder(const v1::Order& order, absl::Time lease_until, absl::Time now, absl::Duration margin) {
  if (order.state() != v1::ORDER_STATE_PENDING) return OrderAct::kLeave;
  if (order.has_not_after() && now + margin >= ToTime(order.not_after())) return OrderAct::kTooLate;
  if (now + margin >= lease_until) return OrderAct::kTooLate;
  if (now < ToTime(order.not_before())) return OrderAct::kLeave;
  return OrderAct::kCarryOut;
}

std::string CallOfOrder(const std::string& order) { return absl::StrCat("dial-", order); }

std::string OrderDesk::Result(const std::string& contact, const std::string& order, v1::OrderState result) {
  v1::ReportOrderResultRequest request;
  request.set_request_id(line_->NewRequestId());
  request.set_name(contact);
  *request.mutable_occurred_at() = ToProto(line_->Now());
  request.set_order(order);
  request.set_result(result);
  if (result == v1::ORDER_STATE_REACHED) {
    request.set_source(source_);
    request.set_external_id(CallOfOrder(order));
  }
  return request.SerializeAsString();
}

absl::Status OrderDesk::Step() {
  Finish();
  auto orders = line_->List();
  if (!orders.ok()) return orders.status();
  for (const auto& entry : *orders) {
    const std::string& id = entry.order().id();
    // Its result is on the way: it was dialled, by this process or the one before.
    if (seen_.contains(id) || !outbox_->Idle(CallOfOrder(id))) continue;
    if (ActOnOrder(entry.order(), absl::InfiniteFuture(), line_->Now(), margin_) != OrderAct::kCarryOut) continue;
    if (auto status = CarryOut(entry); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status OrderDesk::CarryOut(const v1::ListOrdersResponse::Entry& entry) {
  const std::string& id = entry.order().id();
  const absl::Time lease_until = line_->Now() + lease_;  // of the server's, which begins no earlier
  if (auto status = line_->Take(entry.contact(), id); !status.ok()) {
    // Held by another, closed, too late: none of our business any more, or again in the next list.
    return status.code() == absl::StatusCode::kUnavailable ? status : absl::OkStatus();
  }
  auto target = line_->Target(entry.contact(), id);
  if (!target.ok())
    return target.status().code() == absl::StatusCode::kUnavailable ? target.status() : absl::OkStatus();
  // From here on it counts as dialled, whatever happens to this process: FAILED is what stands if nobody says more.
  auto seq = outbox_->Append(CallOfOrder(id), kReportResult, Result(entry.contact(), id, v1::ORDER_STATE_FAILED), true);
  if (!seq.ok()) return seq.status();
  if (auto status = outbox_->Sync(); !status.ok()) return status;
  seen_.insert(id);
  v1::Order order = entry.order();
  if (target->has_not_after()) *order.mutable_not_after() = target->not_after();
  if (ActOnOrder(order, lease_until, line_->Now(), margin_) != OrderAct::kCarryOut) {
    ++too_late_;
    line_->Ended(entry.contact(), *target, v1::ORDER_STATE_TOO_LATE, CallOfOrder(id), line_->Now());
    return outbox_->Release(*seq, Result(entry.contact(), id, v1::ORDER_STATE_TOO_LATE));
  }
  ++dialled_;
  const auto dialled = line_->Dial(entry.contact(), *target);
  ringing_.push_back({line_->Now() + dialled.rings, *seq, entry.contact(), *std::move(target), dialled.result});
  return absl::OkStatus();
}

void OrderDesk::Finish() {
  const absl::Time now = line_->Now();
  for (size_t i = 0; i < ringing_.size();) {
    if (ringing_[i].until > now) {
      ++i;
      continue;
    }
    const Ringing ended = std::move(ringing_[i]);
    ringing_.erase(ringing_.begin() + static_cast<std::ptrdiff_t>(i));
    const std::string& id = ended.target.order();
    // The result first, then the facts of its call, in one lane.
    (void)outbox_->Release(ended.seq, Result(ended.contact, id, ended.result));
    line_->Ended(ended.contact, ended.target, ended.result, CallOfOrder(id), now);
  }
}

}  // namespace shoujie::loadtest
