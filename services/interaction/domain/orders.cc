#include "services/interaction/domain/orders.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/interaction/domain/times.h"

namespace shoujie::interaction {
namespace {

void Place(Draft& draft, absl::Time at, absl::Time not_before, absl::Time not_after) {
  const v1::Contact& contact = draft.contact();
  v1::Event event;
  auto* placed = event.mutable_order_placed();
  *placed->mutable_at() = ToProto(at);
  auto* order = placed->mutable_order();
  order->set_id(absl::StrCat(NumberOf(draft.context().stream), "-O", contact.orders_size() + 1));
  order->set_kind(v1::ORDER_KIND_DIAL);
  const auto* agent = draft.reference().agent(contact.handler());
  order->set_agent(agent && !TakesNew(*agent) ? HeadOf(draft.reference(), contact.site()) : contact.handler());
  *order->mutable_not_before() = ToProto(not_before);
  *order->mutable_not_after() = ToProto(not_after);
  order->set_state(v1::ORDER_STATE_PENDING);
  draft.Add(std::move(event));
}

const v1::Order* Find(const v1::Contact& contact, const std::string& id) {
  for (const auto& order : contact.orders()) {
    if (order.id() == id) return &order;
  }
  return nullptr;
}

absl::Status Unknown(const std::string& id) {
  return NotFound("ORDER_UNKNOWN", "This contact has no such order. List the open orders.",
                  "该接触没有此指令，请重新列出待执行指令。", {{"order", id}});
}

}  // namespace

void PlaceFirstOrder(Draft& draft, absl::Time at) {
  const v1::Contact& contact = draft.contact();
  const bool has_number = contact.has_identifier() || contact.record().has_phone();
  if (!has_number) return draft.Flag(v1::FLAG_DROPPED_WITHOUT_NUMBER, at, contact.handler());
  Place(draft, at, at, at + ToDuration(draft.policies().callback_not_after()));
}

void CloseOrder(Draft& draft, const v1::Order& order, v1::OrderState state, absl::Time at) {
  const absl::Time not_after = ToTime(order.not_after());
  v1::Event event;
  auto* closed = event.mutable_order_closed();
  *closed->mutable_at() = ToProto(at);
  closed->set_order(order.id());
  closed->set_state(state);
  draft.Add(std::move(event));
  // A line that is busy at once must not be dialled without pause: the next attempt waits as long as an order is held.
  const absl::Time next = at + ToDuration(draft.policies().order_lease());
  const bool again = (state == v1::ORDER_STATE_NO_ANSWER || state == v1::ORDER_STATE_FAILED) && next < not_after;
  if (again && draft.contact().orders_size() < kPartsMax) {
    Place(draft, at, next, not_after);
  } else {
    draft.Flag(v1::FLAG_UNREACHABLE, at, draft.contact().handler());
  }
}

bool HasOpenOrder(const v1::Contact& contact) {
  return std::any_of(contact.orders().begin(), contact.orders().end(),
                     [](const auto& order) { return order.state() == v1::ORDER_STATE_PENDING; });
}

Decision<v1::Event> DecideTakeOrder(const v1::Contact& contact, const v1::TakeOrderRequest& request,
                                    const Context& context) {
  if (absl::Status status = CheckExists(context); !status.ok()) return status;
  const v1::Order* order = Find(contact, request.order());
  if (!order) return Unknown(request.order());
  if (order->state() != v1::ORDER_STATE_PENDING) {
    return Refused("ORDER_CLOSED", "This order has its result already. Do nothing more for it.",
                   "该指令已有结果，请勿再执行。", {{"order", order->id()}});
  }
  if (context.now >= ToTime(order->not_after())) {
    return Refused("ORDER_TOO_LATE", "It is too late to carry this order out. Do not dial; report TOO_LATE.",
                   "该指令已过时限，请勿拨号，并上报 TOO_LATE。", {{"order", order->id()}});
  }
  if (context.now < ToTime(order->not_before())) {
    return Refused("ORDER_TOO_EARLY", "This order may not be carried out yet. Take it later.",
                   "该指令尚未到执行时间，请稍后再领取。", {{"order", order->id()}});
  }
  Draft draft(contact, context);
  const bool leased = order->has_lease_until() && context.now < ToTime(order->lease_until());
  if (leased && order->holder() == context.principal.id) return draft.Take();
  if (leased) {
    return Refused("ORDER_HELD", "Another adapter holds this order. Take another one, or wait until its lease ends.",
                   "该指令已被其他适配器领取，请另取，或等待其租约到期。", {{"order", order->id()}});
  }
  v1::Event event;
  auto* taken = event.mutable_order_taken();
  *taken->mutable_at() = ToProto(context.now);
  taken->set_order(order->id());
  taken->set_holder(context.principal.id);
  *taken->mutable_lease_until() = ToProto(
      std::min(context.now + ToDuration(context.reference.policies().order_lease()), ToTime(order->not_after())));
  draft.Add(std::move(event));
  return draft.Take();
}

Decision<v1::Event> DecideOrderResult(const v1::Contact& contact, const v1::ReportOrderResultRequest& request,
                                      const Context& context) {
  if (absl::Status status = CheckExists(context); !status.ok()) return status;
  const v1::Order* found = Find(contact, request.order());
  if (!found) return Unknown(request.order());
  const v1::Order order = *found;
  if (request.result() <= v1::ORDER_STATE_PENDING || !v1::OrderState_IsValid(request.result())) {
    return Invalid("RESULT_NEEDED", "Say how the order ended: reached, no answer, failed or too late.",
                   "请填写指令结果：已接通、无人接听、失败或超时。");
  }
  Draft draft(contact, context);
  if (order.state() == request.result()) return draft.Take();
  // A call that did get through happened, whatever was thought before.
  const bool reached = request.result() == v1::ORDER_STATE_REACHED;
  if (order.state() != v1::ORDER_STATE_PENDING && !(reached && order.state() == v1::ORDER_STATE_TOO_LATE)) {
    return Refused(
        "ORDER_CLOSED",
        "This order has another result already. Keep to the one that was reported: a result is reported once.",
        "该指令已有其他结果，结果只能上报一次。请以已上报的结果为准。", {{"order", order.id()}});
  }
  if (order.holder() != context.principal.id && !context.principal.Has(Right::kOperate)) {
    return Denied("ORDER_NOT_HELD", "Only the adapter that took this order reports its result. Take it first.",
                  "只有领取该指令的适配器才能上报结果，请先领取。", {{"order", order.id()}});
  }
  const absl::Time at = InstantOf(request, context);
  if (!reached) {
    CloseOrder(draft, order, request.result(), at);
    return draft.Take();
  }
  if (request.source().empty() || request.external_id().empty()) {
    return Invalid(
        "CALL_ID_NEEDED",
        "A call that got through is named by `source` and `external_id`: its facts go to this contact. Fill in both.",
        "已接通的回拨须以 source 和 external_id 指明其呼叫编号。请填写这两项。");
  }
  v1::Event event;
  auto* closed = event.mutable_order_closed();
  *closed->mutable_at() = ToProto(at);
  closed->set_order(order.id());
  closed->set_state(v1::ORDER_STATE_REACHED);
  closed->set_source(request.source());
  closed->set_external_id(request.external_id());
  draft.Add(std::move(event));
  return draft.Take();
}

}  // namespace shoujie::interaction
