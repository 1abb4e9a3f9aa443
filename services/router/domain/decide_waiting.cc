// Waiting for the customer (F080), and more time 延期 (F083): what clocks do about it is in clocks.h.
#include "absl/strings/str_cat.h"
#include "services/router/domain/checks.h"
#include "services/router/domain/clocks.h"
#include "services/router/domain/decide.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/merge.h"
#include "services/router/domain/sla.h"
#include "services/router/domain/supervision.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"
#include "services/runtime/base/time.h"

namespace shoujie::router {
namespace {

// A clock that runs and has not been judged. `number` 0: the one that resolves the ticket.
absl::StatusOr<const v1::Clock*> RequireOpenClock(const v1::Ticket& ticket, uint32_t number, const Context& context) {
  if (auto status = RequireUnmerged(ticket); !status.ok()) return status;
  const v1::Clock* clock =
      number == 0 ? RunningClock(ticket, directory::v1::CLOCK_KIND_RESOLVE) : FindClock(ticket, number);
  if (clock == nullptr) {
    return NotFound("CLOCK_NOT_FOUND", "This ticket has no such clock. Read the ticket to see those that run.",
                    "该工单没有此时钟，请查看工单中正在计时的时钟。", {{"clock", absl::StrCat(number)}});
  }
  if (clock->has_ended()) {
    return Refused("CLOCK_ENDED", "This clock has ended. Name one that runs.", "该时钟已结束，请指定正在计时的时钟。",
                   {{"clock", absl::StrCat(clock->number())}});
  }
  // What was judged stays judged, and what is overdue is as good as judged.
  const v1::ClockDates dates = DatesNow(*clock, context.reference);
  const bool overdue = dates.has_due() && FromProto(dates.due()) < context.now;
  if (clock->judged() > 0 || overdue) {
    return Refused("CLOCK_BREACHED", "The clock was not met and cannot be extended any more. Write a note instead.",
                   "该时钟已超时，不能再延期，请改写备注说明。", {{"clock", absl::StrCat(clock->number())}});
  }
  return clock;
}

bool IsOpen(const v1::Clock& clock) {
  return !clock.extensions().empty() && !clock.extensions().rbegin()->has_answered();
}

}  // namespace

Decision<v1::Event> DecideAwait(const v1::Ticket& ticket, const v1::AwaitCustomerRequest& request,
                                const Context& context) {
  if (auto status = RequireWorking(ticket, context); !status.ok()) return status;
  if (IsWaiting(ticket)) {
    return Refused("ALREADY_WAITING", "The customer's answer is awaited already. End the wait when it has come.",
                   "已在等待客户答复；收到答复后请结束等待。", {{"ticket", ticket.name()}});
  }
  if (auto status = RequireText(request.reason(), "REASON_MISSING", "Say what the customer was asked.",
                                "请填写需要客户答复的事项。");
      !status.ok()) {
    return status;
  }
  if (ticket.waits() >= kWaitsMax) {
    return Refused("WAIT_LIMIT", "The customer was awaited too often. Ask a leader to decide how it goes on.",
                   "等待客户的次数已达上限，请由班组长决定如何继续。", {{"max", absl::StrCat(kWaitsMax)}});
  }
  v1::Event event;
  event.mutable_customer_awaited()->mutable_reason()->set_plain(request.reason());
  return std::vector{Decided<v1::Event>(std::move(event))};
}

Decision<v1::Event> DecideEndWait(const v1::Ticket& ticket, const v1::EndWaitRequest& request, const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  // Any agent may: whoever takes the customer's answer.
  if (auto actor = ActorOf(context); !actor.ok()) return actor.status();
  if (auto status = RequireRunning(ticket); !status.ok()) return status;
  if (!IsWaiting(ticket)) {
    return Refused("NOT_WAITING", "Nobody waits for the customer on this ticket. Add a note instead.",
                   "该工单未在等待客户答复，请直接添加备注。", {{"ticket", ticket.name()}});
  }
  if (auto status = CheckText(request.note()); !status.ok()) return status;
  v1::Event event;
  auto& ended = *event.mutable_wait_ended();
  if (!request.note().empty()) ended.mutable_note()->set_plain(request.note());
  return std::vector{Decided<v1::Event>(std::move(event))};
}

Decision<v1::Event> DecideRequestExtension(const v1::Ticket& ticket, const v1::RequestExtensionRequest& request,
                                           const Context& context) {
  if (auto status = RequireWorking(ticket, context); !status.ok()) return status;
  auto clock = RequireOpenClock(ticket, request.clock(), context);
  if (!clock.ok()) return clock.status();
  if (IsOpen(**clock)) {
    return Refused("EXTENSION_OPEN", "More time was asked for already. Wait for the leader's answer.",
                   "已有延期申请在等待审批，请等待领导答复。", {{"clock", absl::StrCat((*clock)->number())}});
  }
  const absl::Duration time = ToDuration(request.time());
  if (time <= absl::ZeroDuration() || time > Calendar::kHorizon) {
    return Invalid("EXTENSION_TIME", "Say how much more working time is asked for.", "请填写申请延长的工作时间。");
  }
  if (auto status = RequireText(request.reason(), "REASON_MISSING", "Say why more time is needed.", "请填写延期原因。");
      !status.ok()) {
    return status;
  }
  if ((*clock)->extensions_size() >= kExtensionsMax) {
    return Refused("EXTENSION_LIMIT", "More time was asked for too often. Ask a leader to decide how it goes on.",
                   "延期申请次数已达上限，请由班组长决定如何继续。", {{"max", absl::StrCat(kExtensionsMax)}});
  }
  v1::Event event;
  auto& requested = *event.mutable_extension_requested();
  requested.set_clock((*clock)->number());
  *requested.mutable_time() = shoujie::ToProto(time);
  requested.mutable_reason()->set_plain(request.reason());
  return std::vector{Decided<v1::Event>(std::move(event))};
}

Decision<v1::Event> DecideAnswerExtension(const v1::Ticket& ticket, const v1::AnswerExtensionRequest& request,
                                          const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  if (!Leads(*actor, ticket.owner(), context.reference)) {
    return Denied("EXTENSION_NEEDS_LEADER", "Only a leader of the owner or a centre head answers this. Ask a leader.",
                  "延期须由首接责任人的班组长或中心负责人审批，请联系班组长。", {{"owner", ticket.owner()}});
  }
  if (request.approve()) {
    if (auto status = RequireSupervisor(ticket, *actor, context.reference); !status.ok()) return status;
  }
  auto clock = RequireOpenClock(ticket, request.clock(), context);
  if (!clock.ok()) return clock.status();
  if (!IsOpen(**clock)) {
    return Refused("EXTENSION_NOT_ASKED", "Nobody asks for more time on this clock. Let the request be made first.",
                   "该时钟没有待审批的延期申请，请先提出申请。", {{"clock", absl::StrCat((*clock)->number())}});
  }
  if (auto status = CheckText(request.note()); !status.ok()) return status;
  v1::Event event;
  auto& answered = *event.mutable_extension_answered();
  answered.set_clock((*clock)->number());
  answered.set_approved(request.approve());
  *answered.mutable_time() = (*clock)->extensions().rbegin()->time();
  answered.set_directory_version(context.reference.version());
  if (!request.note().empty()) answered.mutable_note()->set_plain(request.note());
  if (request.approve() && IsCounting(**clock)) {
    const absl::Duration target = ToDuration((*clock)->target()) + ToDuration(answered.time());
    *answered.mutable_dates() = DatesOf(**clock, target, context.reference);
  }
  return std::vector{Decided<v1::Event>(std::move(event))};
}

}  // namespace shoujie::router
