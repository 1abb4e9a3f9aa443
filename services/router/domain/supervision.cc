#include "services/router/domain/supervision.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/router/domain/disputes.h"
#include "services/router/domain/evolve.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/merge.h"
#include "services/router/domain/sla.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"
#include "services/runtime/base/time.h"

namespace shoujie::router {
namespace {

std::string DeadlineTimer(uint32_t number) { return absl::StrCat("supervision/", number); }
std::string NoticeTimer(uint32_t number) { return absl::StrCat("public-notice/", number); }

// The department that has the ticket, as somebody's impartiality is judged by it.
std::vector<std::string> HolderOf(const v1::Ticket& ticket) {
  const auto* handoff = ActiveHandoff(ticket);
  return handoff ? std::vector<std::string>{handoff->department()} : std::vector<std::string>{};
}

// Clocks of the episode that were not met, of those that were due since its last supervision began.
uint32_t BreachesOf(const v1::Ticket& ticket) {
  absl::Time since = absl::InfinitePast();
  for (const auto& one : ticket.supervisions()) {
    if (one.episode() == EpisodeOf(ticket)) since = FromProto(one.begun());
  }
  const auto& clocks = ticket.clocks();
  return static_cast<uint32_t>(std::count_if(clocks.begin(), clocks.end(), [&](const v1::Clock& clock) {
    return clock.episode() == EpisodeOf(ticket) && clock.verdict() == v1::CLOCK_VERDICT_BREACHED &&
           FromProto(clock.breached()) > since;
  }));
}

// The cause for which one begins now; UNSPECIFIED: none.
v1::SupervisionCause CauseNow(const v1::Ticket& ticket, const directory::v1::Policies& policies, uint32_t* count) {
  const auto reached = [count](uint32_t has, uint32_t wanted) {
    *count = has;
    return wanted != 0 && has >= wanted;
  };
  if (reached(ticket.notices(), policies.supervise_after_notices())) return v1::SUPERVISION_CAUSE_NOTICES;
  if (reached(BreachesOf(ticket), policies.supervise_after_breaches())) return v1::SUPERVISION_CAUSE_BREACHES;
  return v1::SUPERVISION_CAUSE_UNSPECIFIED;
}

bool MayCount(const v1::Event& event) { return event.has_clock_breached() || event.urged().notice() > 0; }

// The supervision that begins by itself on a ticket that stands like this.
std::vector<Decided<v1::Event>> BeginByItself(const v1::Ticket& ticket, const Context& context) {
  const Reference& reference = context.reference;
  const absl::Duration within = ToDuration(reference.policies().supervision_answer_within());
  const bool free = !IsOver(ticket) && RequireUnmerged(ticket).ok() && StandingSupervision(ticket) == nullptr &&
                    ticket.supervisions_size() < kSupervisionsMax;
  if (!free || within <= absl::ZeroDuration()) return {};
  uint32_t count = 0;
  const v1::SupervisionCause cause = CauseNow(ticket, reference.policies(), &count);
  if (cause == v1::SUPERVISION_CAUSE_UNSPECIFIED) return {};
  const std::string supervisor = SuperiorOf(ticket.owner(), reference, [&](const directory::v1::Agent& agent) {
    return MaySupervise(agent, ticket, reference);
  });
  if (supervisor.empty()) return {};
  const Answerable answerable = AnswerableFor(ticket);
  v1::Event event;
  auto& begun = *event.mutable_supervision_begun();
  begun.set_supervision(static_cast<uint32_t>(ticket.supervisions_size()) + 1);
  begun.set_cause(cause);
  begun.set_count(count);
  begun.set_supervisor(supervisor);
  begun.set_owner(ticket.owner());
  begun.set_department(answerable.department);
  begun.set_responsible(answerable.responsible);
  *begun.mutable_deadline() = ToProto(context.now + within);
  begun.set_directory_version(reference.version());
  return One(std::move(event));
}

v1::SupervisionOverdue OverdueOf(const v1::Ticket& ticket, const v1::Supervision& one, const Reference& reference) {
  const Answerable answerable = AnswerableFor(ticket);
  v1::SupervisionOverdue overdue;
  overdue.set_supervision(one.number());
  overdue.set_supervisor(one.supervisor());
  overdue.set_department(answerable.department);
  overdue.set_responsible(answerable.responsible);
  *overdue.mutable_deadline() = one.deadline();
  overdue.set_told(SuperiorOf(one.supervisor(), reference,
                              [&](const directory::v1::Agent& agent) { return agent.id() != ticket.owner(); }));
  overdue.set_directory_version(reference.version());
  const uint32_t days = reference.policies().public_notice_after_days();
  if (days == 0 || answerable.department.empty()) return overdue;
  overdue.set_calendar(
      CalendarIdFor(directory::v1::CLOCK_CALENDAR_DEPARTMENT, ticket, Department(answerable.department), reference));
  const absl::Time at = PublicNoticeAt(FromProto(one.deadline()), days, CalendarOf(overdue.calendar(), reference));
  if (at != absl::InfiniteFuture() && IsInstant(ToProto(at))) *overdue.mutable_notice_due() = ToProto(at);
  return overdue;
}

}  // namespace

const v1::Supervision* StandingSupervision(const v1::Ticket& ticket) {
  if (ticket.supervisions().empty() || IsOver(ticket) || IsMerged(ticket)) return nullptr;
  const auto& last = *ticket.supervisions().rbegin();
  return last.has_ended() || last.episode() != EpisodeOf(ticket) ? nullptr : &last;
}

bool MayLift(const Actor& actor, const v1::Supervision& supervision, const v1::Ticket& ticket,
             const Reference& reference) {
  if (actor.operates) return true;
  const bool stands = Is(actor, supervision.supervisor()) || (actor.agent && IsHead(*actor.agent, reference));
  return stands && IsImpartial(*actor.agent, ticket, HolderOf(ticket), reference);
}

absl::Status RequireSupervisor(const v1::Ticket& ticket, const Actor& actor, const Reference& reference) {
  const auto* standing = StandingSupervision(ticket);
  if (standing == nullptr || MayLift(actor, *standing, ticket, reference)) return absl::OkStatus();
  return Denied("SUPERVISED",
                "The ticket is under supervision: only the supervisor, a centre head who neither owns it nor works for "
                "the department that has it, or an operator does this. Ask the supervisor.",
                "工单正在督办中：只有督办人、与本工单无关的中心负责人或管理员可以执行此操作，请联系督办人。",
                {{"supervision", absl::StrCat(standing->number())}, {"supervisor", standing->supervisor()}});
}

bool MaySupervise(const directory::v1::Agent& agent, const v1::Ticket& ticket, const Reference& reference) {
  Actor actor;
  actor.agent = &agent;
  return Leads(actor, ticket.owner(), reference) && IsImpartial(agent, ticket, HolderOf(ticket), reference);
}

Answerable AnswerableFor(const v1::Ticket& ticket) {
  const auto* handoff = ActiveHandoff(ticket);
  if (handoff == nullptr) return {"", ticket.owner()};
  return {handoff->department(), handoff->handler().empty() ? handoff->responsible() : handoff->handler()};
}

void FollowWithSupervision(const v1::Ticket& before, const Context& context, std::vector<Decided<v1::Event>>* events) {
  const bool counts = std::any_of(events->begin(), events->end(), [](const auto& one) { return MayCount(one.event); });
  if (!counts || !context.reference.enabled(kSupervisionFeature)) return;
  v1::Ticket then = before;
  for (const auto& decided : *events) {
    EvolveDecided(then, decided.event, decided.effective_at.value_or(context.now), context);
  }
  for (auto& begun : BeginByItself(then, context)) events->push_back(std::move(begun));
}

absl::Time PublicNoticeAt(absl::Time deadline, uint32_t days, const Calendar& calendar) {
  absl::Time end = calendar.DayEnd(deadline);
  // Work of the same day before the deadline: it is not a whole day any more.
  bool begun = false;
  calendar.VisitWork(deadline - absl::Hours(24), [&](absl::Time begin, absl::Time) {
    if (begin >= deadline) return false;
    begun = calendar.DayEnd(begin) == end;
    return true;
  });
  for (uint32_t whole = begun ? 0 : 1; whole < days && end != absl::InfiniteFuture(); ++whole) {
    end = calendar.DayEnd(end);
  }
  return end;
}

std::string NoticeName(absl::string_view ticket, uint32_t supervision) {
  return absl::StrCat(ticket, "/notices/", supervision);
}

void AddSupervisionTimers(const v1::Ticket& ticket, std::vector<Timer>* timers) {
  const auto* one = StandingSupervision(ticket);
  if (one == nullptr || one->answers() > 0) return;
  if (!one->overdue()) {
    timers->push_back({DeadlineTimer(one->number()), FromProto(one->deadline())});
  } else if (one->has_notice_due() && !one->has_noticed()) {
    timers->push_back({NoticeTimer(one->number()), FromProto(one->notice_due())});
  }
}

std::vector<Decided<v1::Event>> DecideSupervisionTimer(const v1::Ticket& ticket, const std::string& timer,
                                                       const Context& context) {
  const auto* one = StandingSupervision(ticket);
  if (one == nullptr) return {};
  v1::Event event;
  if (timer == DeadlineTimer(one->number())) {
    *event.mutable_supervision_overdue() = OverdueOf(ticket, *one, context.reference);
  } else if (timer == NoticeTimer(one->number())) {
    auto& made = *event.mutable_public_notice_made();
    made.set_supervision(one->number());
    made.set_department(one->overdue_department());
    made.set_responsible(one->overdue_responsible());
    *made.mutable_deadline() = one->deadline();
  } else {
    return {};
  }
  return One(std::move(event));
}

}  // namespace shoujie::router
