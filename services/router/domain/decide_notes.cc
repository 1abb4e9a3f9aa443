#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/router/domain/assists.h"
#include "services/router/domain/checks.h"
#include "services/router/domain/clocks.h"
#include "services/router/domain/decide.h"
#include "services/router/domain/disputes.h"
#include "services/router/domain/escalations.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/merge.h"
#include "services/router/domain/supervision.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"
#include "services/runtime/base/time.h"

namespace shoujie::router {
namespace {

std::string HandoffTimer(uint32_t number) { return absl::StrCat("handoff/", number); }
std::string EscalationTimer(uint32_t number) { return absl::StrCat("escalation/", number); }

}  // namespace

Decision<v1::Event> DecideEscalate(const v1::Ticket& ticket, const v1::EscalateTicketRequest& request,
                                   const Context& context) {
  if (auto status = RequireWorking(ticket, context); !status.ok()) return status;
  if (request.to().empty()) {
    return Invalid("PERSON_MISSING", "Name the person who shall act on the escalation.", "请填写升级处理的责任人。");
  }
  if (auto status = RequirePresent(request.to(), context.reference); !status.ok()) return status;
  if (auto status = RequireDeadline(request.has_deadline(), request.deadline(), context); !status.ok()) return status;
  if (auto status =
          RequireText(request.reason(), "REASON_MISSING", "Say why the ticket is escalated.", "请填写升级原因。");
      !status.ok()) {
    return status;
  }
  if (auto status = RequireRoomForEscalation(ticket); !status.ok()) return status;
  v1::Event event;
  auto& escalated = *event.mutable_ticket_escalated();
  escalated.set_escalation(static_cast<uint32_t>(ticket.escalations_size()) + 1);
  escalated.set_to(request.to());
  *escalated.mutable_deadline() = ToProto(FromProto(request.deadline()));
  escalated.mutable_reason()->set_plain(request.reason());
  return std::vector{Decided<v1::Event>(std::move(event))};
}

// F083: by word while there is time, in writing to the department and a leader above it once the deadline is well past.
Decision<v1::Event> DecideUrge(const v1::Ticket& ticket, const v1::UrgeTicketRequest& request, const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  if (auto actor = ActorOf(context); !actor.ok()) return actor.status();
  if (auto status = RequireRunning(ticket); !status.ok()) return status;
  if (auto status = RequireText(request.reason(), "REASON_MISSING", "Say why the ticket is urged.", "请填写催办原因。");
      !status.ok()) {
    return status;
  }
  v1::Event event;
  auto& urged = *event.mutable_urged();
  urged.set_urge(ticket.urges() + 1);
  urged.set_form(v1::URGE_FORM_CALL);
  *urged.mutable_party() = RunningCustody(ticket)->party();
  const auto* department =
      urged.party().kind() == v1::PARTY_KIND_DEPARTMENT ? context.reference.department(urged.party().id()) : nullptr;
  if (urged.party().kind() == v1::PARTY_KIND_PERSON) {
    urged.set_responsible(urged.party().id());
  } else if (department) {
    urged.set_responsible(department->head());
  }
  if (const auto* handoff = ActiveHandoff(ticket)) {
    urged.set_handoff(handoff->number());
    if (!handoff->responsible().empty()) urged.set_responsible(handoff->responsible());
    *urged.mutable_deadline() = handoff->deadline();
    const absl::Time notice_from =
        FromProto(handoff->deadline()) + ToDuration(context.reference.policies().urge_notice_after());
    if (context.now >= notice_from) {
      urged.set_form(v1::URGE_FORM_NOTICE);
      const bool head_himself = !department || department->head() == urged.responsible();
      urged.set_copied_to(head_himself ? context.reference.HeadFor(ticket.owner()) : department->head());
      if (context.reference.enabled(kSupervisionFeature)) urged.set_notice(ticket.notices() + 1);
    }
  }
  urged.mutable_reason()->set_plain(request.reason());
  std::vector events = {Decided<v1::Event>(std::move(event))};
  FollowWithSupervision(ticket, context, &events);
  return events;
}

Decision<v1::Event> DecideNote(const v1::Ticket& ticket, const v1::AddNoteRequest& request, const Context& context) {
  if (auto status = RequireTicket(context); !status.ok()) return status;
  if (auto actor = ActorOf(context); !actor.ok()) return actor.status();
  // Nobody would read it here any more.
  if (IsMerged(ticket)) return RequireUnmerged(ticket);
  if (auto status = RequireText(request.text(), "TEXT_MISSING", "Write the note's text.", "请填写备注内容。");
      !status.ok()) {
    return status;
  }
  v1::Event event;
  event.mutable_note_added()->mutable_text()->set_plain(request.text());
  return std::vector{Decided<v1::Event>(std::move(event))};
}

std::vector<Timer> Timers(const v1::Ticket& ticket) {
  std::vector<Timer> timers;
  if (const auto* handoff = ActiveHandoff(ticket); handoff && !handoff->overdue()) {
    timers.push_back(
        {HandoffTimer(handoff->number()), FromProto(handoff->deadline()), 1 + DeadlinesGiven(ticket, *handoff)});
  }
  for (const auto& escalation : ticket.escalations()) {
    if (IsOpen(escalation, ticket)) {
      timers.push_back({EscalationTimer(escalation.number()), FromProto(escalation.deadline())});
    }
  }
  AddDisputeTimers(ticket, &timers);
  AddClockTimers(ticket, &timers);
  AddAssistTimers(ticket, &timers);
  AddSupervisionTimers(ticket, &timers);
  return timers;
}

Decision<v1::Event> DecideTimer(const v1::Ticket& ticket, const common::v1::TimerFired& fired, const Context& context) {
  std::vector<Decided<v1::Event>> events;
  const auto timers = Timers(ticket);
  const bool wanted = std::any_of(timers.begin(), timers.end(), [&](const Timer& timer) {
    return timer.name == fired.timer() && timer.attempt == fired.attempt() && timer.due <= context.now;
  });
  if (!wanted) return events;  // signed off, refused, closed … since it was set
  if (auto of_clock = DecideClockTimer(ticket, fired.timer(), context); !of_clock.empty()) {
    FollowWithSupervision(ticket, context, &of_clock);
    return of_clock;
  }
  if (auto of_dispute = DecideDisputeTimer(ticket, fired.timer()); !of_dispute.empty()) return of_dispute;
  if (auto of_assist = DecideAssistTimer(ticket, fired.timer()); !of_assist.empty()) return of_assist;
  if (auto of_supervision = DecideSupervisionTimer(ticket, fired.timer(), context); !of_supervision.empty()) {
    return of_supervision;
  }
  v1::Event event;
  const auto* handoff = ActiveHandoff(ticket);
  if (handoff && fired.timer() == HandoffTimer(handoff->number())) {
    auto& overdue = *event.mutable_handoff_overdue();
    overdue.set_handoff(handoff->number());
    overdue.set_department(handoff->department());
    *overdue.mutable_deadline() = handoff->deadline();
  }
  for (const auto& escalation : ticket.escalations()) {
    if (fired.timer() != EscalationTimer(escalation.number())) continue;
    auto& overdue = *event.mutable_escalation_overdue();
    overdue.set_escalation(escalation.number());
    overdue.set_to(escalation.to());
    *overdue.mutable_deadline() = escalation.deadline();
  }
  events.emplace_back(std::move(event));
  return events;
}

}  // namespace shoujie::router
