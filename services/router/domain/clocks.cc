#include "services/router/domain/clocks.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/router/domain/evolve.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/sla.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"
#include "services/runtime/base/time.h"
#include "services/runtime/reference.h"

namespace shoujie::router {
namespace {

using directory::v1::ClockKind;
constexpr char kFeature[] = "clocks";

std::string TimerOf(const v1::Clock& clock) { return absl::StrCat("clock/", clock.number()); }

bool Runs(const v1::Clock& clock) { return !clock.has_ended(); }
bool IsJudged(const v1::Clock& clock) { return clock.judged() > 0; }

// What has passed by `at` of a clock that runs.
absl::Duration SpentBy(const v1::Clock& clock, absl::Time at, const Reference& reference) {
  absl::Duration spent = ToDuration(clock.spent());
  if (!IsCounting(clock)) return spent;
  const auto& run = *clock.runs().rbegin();
  return spent + CalendarOf(run.calendar(), reference).WorkBetween(FromProto(run.from()), at);
}

// The ticket as it will be, event by event, and what follows for its clocks.
class Follower {
 public:
  Follower(const v1::Ticket& before, const Context& context) : then_(before), context_(context), at_(context.now) {}

  std::vector<Decided<v1::Event>> Take() { return std::move(out_); }
  const v1::Ticket& ticket() const { return then_; }

  void Add(Decided<v1::Event> decided) {
    at_ = decided.effective_at.value_or(context_.now);
    Fold(decided.event);
    out_.push_back(std::move(decided));
  }

  // Clocks whose dates were counted on another version's calendar, as far as that makes a difference.
  void Redate() {
    const uint64_t version = context_.reference.version();
    for (int i = 0; i < then_.clocks_size(); ++i) {
      const v1::Clock& clock = then_.clocks(i);
      const v1::ClockDates dates = DatesNow(clock, context_.reference);
      if (dates.SerializeAsString() == clock.dates().SerializeAsString()) continue;
      v1::Event event;
      event.mutable_clock_redated()->set_clock(clock.number());
      *event.mutable_clock_redated()->mutable_dates() = dates;
      event.mutable_clock_redated()->set_directory_version(version);
      Emit(std::move(event));
    }
  }

  void Breach(const v1::Clock& clock) {
    v1::Event event;
    auto& breached = *event.mutable_clock_breached();
    breached.set_clock(clock.number());
    *breached.mutable_due() = clock.dates().due();
    const auto* held = CustodyAt(then_, FromProto(clock.dates().due()));
    *breached.mutable_party() = held == nullptr ? clock.party() : held->party();
    Emit(std::move(event));
  }
  // What was due before now, whether its timer has been heard or not.
  void BreachOverdue() {
    for (int i = 0; i < then_.clocks_size(); ++i) {
      const v1::Clock& clock = then_.clocks(i);
      if (clock.dates().has_due() && FromProto(clock.dates().due()) < context_.now) Breach(clock);
    }
  }

  void Warn(const v1::Clock& clock) {
    v1::Event event;
    auto& warned = *event.mutable_clock_warned();
    warned.set_clock(clock.number());
    warned.set_percent(clock.dates().warnings(0).percent());
    *warned.mutable_at() = clock.dates().warnings(0).at();
    Emit(std::move(event));
  }

  // What an event means for clocks; `then_` shows it already.
  void Consequences(const v1::Event& event) {
    switch (event.event_case()) {
      case v1::Event::kTicketOpened:
      case v1::Event::kTicketReopened:
        Start(directory::v1::CLOCK_KIND_DISPATCH, Person(then_.owner()), 0);
        Start(directory::v1::CLOCK_KIND_RESOLVE, Person(then_.owner()), 0);
        break;
      case v1::Event::kHandoffOffered: {
        const v1::Party department = Department(event.handoff_offered().department());
        End(directory::v1::CLOCK_KIND_DISPATCH, v1::CLOCK_VERDICT_MET);
        Start(directory::v1::CLOCK_KIND_SIGN, department, event.handoff_offered().handoff());
        Start(directory::v1::CLOCK_KIND_CUSTODY, department, event.handoff_offered().handoff());
        break;
      }
      case v1::Event::kHandoffSigned:
        End(directory::v1::CLOCK_KIND_SIGN, v1::CLOCK_VERDICT_MET);
        Start(directory::v1::CLOCK_KIND_FIRST_REPLY, Department(event.handoff_signed().department()),
              event.handoff_signed().handoff());
        break;
      case v1::Event::kProgressReported:
        End(directory::v1::CLOCK_KIND_FIRST_REPLY, v1::CLOCK_VERDICT_MET);
        break;
      case v1::Event::kHandoffRefused:
        End(directory::v1::CLOCK_KIND_SIGN, v1::CLOCK_VERDICT_MET);
        End(directory::v1::CLOCK_KIND_CUSTODY, v1::CLOCK_VERDICT_CANCELLED);
        break;
      case v1::Event::kHandoffCompleted:
        End(directory::v1::CLOCK_KIND_FIRST_REPLY, v1::CLOCK_VERDICT_MET);
        End(directory::v1::CLOCK_KIND_CUSTODY, v1::CLOCK_VERDICT_MET);
        break;
      case v1::Event::kHandoffReturned:
        End(directory::v1::CLOCK_KIND_FIRST_REPLY, v1::CLOCK_VERDICT_MET);
        End(directory::v1::CLOCK_KIND_CUSTODY, v1::CLOCK_VERDICT_CANCELLED);
        break;
      case v1::Event::kHandoffWithdrawn:
        End(directory::v1::CLOCK_KIND_SIGN, v1::CLOCK_VERDICT_CANCELLED);
        End(directory::v1::CLOCK_KIND_CUSTODY, v1::CLOCK_VERDICT_CANCELLED);
        break;
      case v1::Event::kHandoffReassigned:
        End(directory::v1::CLOCK_KIND_SIGN, v1::CLOCK_VERDICT_CANCELLED);
        End(directory::v1::CLOCK_KIND_FIRST_REPLY, v1::CLOCK_VERDICT_CANCELLED);
        End(directory::v1::CLOCK_KIND_CUSTODY, v1::CLOCK_VERDICT_CANCELLED);
        break;
      case v1::Event::kAdjudicationRequested:
        // What a department that may not give the ticket back says instead; how long a leader takes is not its stall.
        if (!event.adjudication_requested().by_department()) break;
        End(directory::v1::CLOCK_KIND_SIGN, v1::CLOCK_VERDICT_MET);
        End(directory::v1::CLOCK_KIND_FIRST_REPLY, v1::CLOCK_VERDICT_MET);
        break;
      case v1::Event::kAdjudicationRuled: {
        // A hand-off that goes on unsigned: from the ruling on its signature is awaited.
        const auto* handoff = ActiveHandoff(then_);
        const bool goes_on = handoff != nullptr && handoff->number() == event.adjudication_ruled().handoff();
        if (!goes_on || handoff->state() != v1::HANDOFF_STATE_OFFERED) break;
        Start(directory::v1::CLOCK_KIND_SIGN, Department(handoff->department()), handoff->number());
        break;
      }
      case v1::Event::kTicketClosed: {
        const bool solved = event.ticket_closed().code() != v1::RESOLUTION_CODE_UNRESOLVED;
        const auto verdict = solved ? v1::CLOCK_VERDICT_MET : v1::CLOCK_VERDICT_CANCELLED;
        End(directory::v1::CLOCK_KIND_DISPATCH, verdict, true);
        End(directory::v1::CLOCK_KIND_RESOLVE, verdict, true);
        break;
      }
      case v1::Event::kTicketMerged:
        // The other ticket's clocks count from now on.
        End(directory::v1::CLOCK_KIND_DISPATCH, v1::CLOCK_VERDICT_CANCELLED, true);
        End(directory::v1::CLOCK_KIND_RESOLVE, v1::CLOCK_VERDICT_CANCELLED, true);
        break;
      case v1::Event::kCorrected:
        if (event.corrected().act() == v1::ACT_KIND_CLOSE) GoOn();
        break;
      case v1::Event::kTicketUnmerged:
        GoOn();
        break;
      case v1::Event::kCustomerAwaited:
        for (int i = 0; i < then_.clocks_size(); ++i) Pause(then_.clocks(i));
        break;
      case v1::Event::kWaitEnded:
        for (int i = 0; i < then_.clocks_size(); ++i) Resume(then_.clocks(i));
        break;
      default:
        break;
    }
  }

 private:
  void Fold(const v1::Event& event) { EvolveDecided(then_, event, at_, context_); }
  void Emit(v1::Event event) {
    Fold(event);
    out_.emplace_back(std::move(event), at_);
  }
  // The instant at which what is decided now takes effect.
  absl::Time now() const { return FromProto(then_.update_time()); }

  void Start(ClockKind kind, const v1::Party& party, uint32_t handoff, const v1::Clock* before = nullptr) {
    if (RunningClock(then_, kind) != nullptr || then_.clocks_size() >= kClocksMax) return;
    const Reference& reference = context_.reference;
    v1::Event event;
    auto& started = *event.mutable_clock_started();
    started.set_clock(static_cast<uint32_t>(then_.clocks_size()) + 1);
    started.set_kind(kind);
    *started.mutable_party() = party;
    started.set_handoff(handoff);
    started.set_directory_version(reference.version());
    absl::Duration target, spent;
    if (before != nullptr) {
      // Whatever was published since: it goes on as it began.
      started.set_continues(before->number());
      started.set_continues_met(before->verdict() == v1::CLOCK_VERDICT_MET);
      started.set_policy(before->policy());
      started.set_directory_version(before->directory_version());
      started.set_calendar(before->runs(0).calendar());
      started.set_runs_while_waiting(before->runs_while_waiting());
      started.set_customer_class(before->customer_class());
      started.set_priority(before->priority());
      started.set_same_day(before->same_day());
      *started.mutable_warn_percent() = before->warn_percent();
      target = ToDuration(before->target());
      spent = ToDuration(before->spent());
    } else {
      const SlaCase of = CaseOf(then_, reference);
      const auto* policy = FirstMatch(reference.directory(), of);
      const auto* row = policy == nullptr ? nullptr : TargetOf(*policy, kind);
      if (row == nullptr) return;
      started.set_policy(policy->id());
      started.set_calendar(CalendarIdFor(row->calendar(), then_, party, reference));
      started.set_runs_while_waiting(row->runs_while_waiting());
      started.set_customer_class(of.customer_class);
      started.set_priority(of.priority);
      started.set_same_day(row->same_day());
      *started.mutable_warn_percent() = row->warn_percent();
      target = LengthOf(*row, now(), CalendarOf(started.calendar(), reference));
      if (target <= absl::ZeroDuration()) return;
    }
    *started.mutable_target() = shoujie::ToProto(target);
    *started.mutable_spent() = shoujie::ToProto(spent);
    // A clock that goes on has given the warnings that it had reached.
    const uint32_t warned = before == nullptr ? 0 : before->warned_percent();
    *started.mutable_dates() =
        DatesFrom(now(), spent, target, started.warn_percent(), warned, CalendarOf(started.calendar(), reference));
    started.set_counted_by(reference.version());
    Emit(std::move(event));
    if (IsWaiting(then_)) Pause(*then_.clocks().rbegin());
  }

  void End(ClockKind kind, v1::ClockVerdict verdict, bool by_closing = false) {
    const v1::Clock* clock = RunningClock(then_, kind);
    if (clock == nullptr) return;
    v1::Event event;
    auto& ended = *event.mutable_clock_ended();
    ended.set_clock(clock->number());
    ended.set_verdict(IsJudged(*clock) ? clock->verdict() : verdict);
    *ended.mutable_spent() = shoujie::ToProto(SpentBy(*clock, now(), context_.reference));
    ended.set_directory_version(context_.reference.version());
    ended.set_by_closing(by_closing);
    Emit(std::move(event));
  }

  void Pause(const v1::Clock& clock) {
    if (!IsCounting(clock) || clock.runs_while_waiting()) return;
    v1::Event event;
    auto& paused = *event.mutable_clock_paused();
    paused.set_clock(clock.number());
    *paused.mutable_spent() = shoujie::ToProto(SpentBy(clock, now(), context_.reference));
    paused.set_directory_version(context_.reference.version());
    Emit(std::move(event));
  }

  void Resume(const v1::Clock& clock) {
    if (!Runs(clock) || IsCounting(clock)) return;
    v1::Event event;
    auto& resumed = *event.mutable_clock_resumed();
    resumed.set_clock(clock.number());
    resumed.set_directory_version(context_.reference.version());
    if (!IsJudged(clock)) {
      *resumed.mutable_dates() =
          DatesFrom(now(), ToDuration(clock.spent()), ToDuration(clock.target()), clock.warn_percent(),
                    clock.warned_percent(), CalendarOf(clock.runs(0).calendar(), context_.reference));
    }
    Emit(std::move(event));
  }

  // A closing or a merge is taken back: what it ended in time goes on. What had been breached stays so.
  void GoOn() {
    if (then_.state() == v1::TICKET_STATE_AWAITING_CUSTOMER && !then_.has_awaiting_since()) {
      v1::Event event;
      event.mutable_customer_awaited();
      Emit(std::move(event));
    }
    const int clocks = then_.clocks_size();
    for (int i = 0; i < clocks; ++i) {
      const v1::Clock clock = then_.clocks(i);
      const bool by_closing = clock.ended_by_closing() && clock.episode() == EpisodeOf(then_);
      if (!by_closing || clock.continued_by() != 0 || clock.verdict() == v1::CLOCK_VERDICT_BREACHED) continue;
      Start(clock.kind(), Person(then_.owner()), 0, &clock);
    }
  }

  v1::Ticket then_;
  const Context& context_;
  absl::Time at_;
  std::vector<Decided<v1::Event>> out_;
};

}  // namespace

bool IsWaiting(const v1::Ticket& ticket) {
  return ticket.has_awaiting_since() || ticket.state() == v1::TICKET_STATE_AWAITING_CUSTOMER;
}

const v1::Clock* FindClock(const v1::Ticket& ticket, uint32_t number) {
  if (number == 0 || number > static_cast<uint32_t>(ticket.clocks_size())) return nullptr;
  return &ticket.clocks(static_cast<int>(number) - 1);
}

const v1::Clock* RunningClock(const v1::Ticket& ticket, directory::v1::ClockKind kind) {
  for (const auto& clock : ticket.clocks()) {
    if (clock.kind() == kind && Runs(clock)) return &clock;
  }
  return nullptr;
}

bool IsCounting(const v1::Clock& clock) { return !clock.runs().empty() && !clock.runs().rbegin()->has_to(); }

void FollowWithClocks(const v1::Ticket& before, const Context& context, std::vector<Decided<v1::Event>>* events) {
  const auto& first = events->front().event;
  const bool clocked = first.has_ticket_opened() ? first.ticket_opened().clocks() : before.clocked();
  if (!clocked || !context.reference.enabled(kFeature)) return;
  Follower follower(before, context);
  follower.Redate();
  follower.BreachOverdue();
  for (auto& decided : *events) {
    const v1::Event event = decided.event;
    follower.Add(std::move(decided));
    follower.Consequences(event);
  }
  *events = follower.Take();
}

void AddClockTimers(const v1::Ticket& ticket, std::vector<Timer>* timers) {
  for (const auto& clock : ticket.clocks()) {
    const auto& dates = clock.dates();
    if (!dates.has_due() && dates.warnings().empty()) continue;
    const auto& next = dates.warnings().empty() ? dates.due() : dates.warnings(0).at();
    timers->push_back({TimerOf(clock), FromProto(next), clock.dated()});
  }
}

std::vector<Decided<v1::Event>> DecideClockTimer(const v1::Ticket& ticket, const std::string& timer,
                                                 const Context& context) {
  for (const auto& clock : ticket.clocks()) {
    if (timer != TimerOf(clock)) continue;
    Follower follower(ticket, context);
    follower.Redate();
    // Whatever this timer makes, it makes other dates or none: it does not ring twice.
    if (follower.ticket().clocks(static_cast<int>(clock.number()) - 1).dated() != clock.dated()) return follower.Take();
    if (clock.dates().has_due() && FromProto(clock.dates().due()) <= context.now) {
      follower.Breach(clock);
    } else if (!clock.dates().warnings().empty()) {
      follower.Warn(clock);
    }
    return follower.Take();
  }
  return {};
}

}  // namespace shoujie::router
