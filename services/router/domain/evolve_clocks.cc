#include "services/router/domain/evolve_clocks.h"

#include "services/router/domain/ticket.h"
#include "services/runtime/base/time.h"

namespace shoujie::router {
namespace {

class ClockFold {
 public:
  ClockFold(v1::Ticket& ticket, const google::protobuf::Timestamp& now, const std::string& principal)
      : ticket_(ticket), now_(now), principal_(principal) {}

  void Apply(const v1::ClockStarted& e) {
    auto& clock = *ticket_.add_clocks();
    if (v1::Clock* before = ClockOf(e.continues())) {
      before->set_continued_by(e.clock());
      clock.set_warned_percent(before->warned_percent());
    }
    clock.set_number(e.clock());
    clock.set_kind(e.kind());
    clock.set_episode(EpisodeOf(ticket_));
    *clock.mutable_party() = e.party();
    clock.set_handoff(e.handoff());
    clock.set_policy(e.policy());
    clock.set_directory_version(e.directory_version());
    clock.set_customer_class(e.customer_class());
    clock.set_priority(e.priority());
    *clock.mutable_target() = e.target();
    *clock.mutable_warn_percent() = e.warn_percent();
    clock.set_runs_while_waiting(e.runs_while_waiting());
    *clock.mutable_started() = now_;
    *clock.mutable_spent() = e.spent();
    clock.set_continues(e.continues());
    clock.set_same_day(e.same_day());
    BeginRun(clock, e.calendar(), e.counted_by());
    Date(clock, e.dates());
  }

  void Apply(const v1::ClockWarned& e) {
    v1::Clock* clock = ClockOf(e.clock());
    if (clock == nullptr) return;
    auto& warned = *clock->add_warned();
    warned.set_percent(e.percent());
    *warned.mutable_at() = e.at();
    clock->set_warned_percent(e.percent());
    auto& ahead = *clock->mutable_dates()->mutable_warnings();
    while (!ahead.empty() && ahead[0].percent() <= e.percent()) ahead.DeleteSubrange(0, 1);
    clock->set_dated(clock->dated() + 1);
  }

  void Apply(const v1::ClockPaused& e) {
    if (v1::Clock* clock = ClockOf(e.clock())) Stop(*clock, e.spent(), e.directory_version());
  }

  void Apply(const v1::ClockResumed& e) {
    v1::Clock* clock = ClockOf(e.clock());
    if (clock == nullptr || clock->runs().empty()) return;
    BeginRun(*clock, clock->runs(0).calendar(), e.directory_version());
    Date(*clock, e.dates());
  }

  void Apply(const v1::ClockRedated& e) {
    v1::Clock* clock = ClockOf(e.clock());
    if (clock == nullptr || clock->runs().empty()) return;
    clock->mutable_runs()->rbegin()->set_directory_version(e.directory_version());
    Date(*clock, e.dates());
  }

  void Apply(const v1::ClockBreached& e) {
    v1::Clock* clock = ClockOf(e.clock());
    if (clock == nullptr) return;
    clock->set_verdict(v1::CLOCK_VERDICT_BREACHED);
    clock->set_judged(clock->judged() + 1);
    *clock->mutable_breached() = e.due();
    *clock->mutable_breached_by() = e.party();
    Date(*clock, v1::ClockDates());
  }

  void Apply(const v1::ClockEnded& e) {
    v1::Clock* clock = ClockOf(e.clock());
    if (clock == nullptr) return;
    Stop(*clock, e.spent(), e.directory_version());
    *clock->mutable_ended() = now_;
    clock->set_ended_by_closing(e.by_closing());
    clock->set_verdict(e.verdict());
    if (e.verdict() == v1::CLOCK_VERDICT_MET) clock->set_judged(clock->judged() + 1);
  }

  void Apply(const v1::ExtensionRequested& e) {
    v1::Clock* clock = ClockOf(e.clock());
    if (clock == nullptr) return;
    auto& extension = *clock->add_extensions();
    *extension.mutable_time() = e.time();
    extension.set_requested_by(principal_);
    *extension.mutable_requested() = now_;
    if (e.has_reason()) *extension.mutable_reason() = e.reason();
  }

  void Apply(const v1::ExtensionAnswered& e) {
    v1::Clock* clock = ClockOf(e.clock());
    if (clock == nullptr || clock->extensions().empty()) return;
    auto& extension = *clock->mutable_extensions()->rbegin();
    extension.set_answered_by(principal_);
    *extension.mutable_answered() = now_;
    extension.set_approved(e.approved());
    if (e.has_note()) *extension.mutable_note() = e.note();
    if (!e.approved()) return;
    *clock->mutable_target() = shoujie::ToProto(ToDuration(clock->target()) + ToDuration(e.time()));
    if (!e.has_dates() || clock->runs().empty()) return;
    clock->mutable_runs()->rbegin()->set_directory_version(e.directory_version());
    Date(*clock, e.dates());
  }

 private:
  v1::Clock* ClockOf(uint32_t number) {
    if (number == 0 || number > static_cast<uint32_t>(ticket_.clocks_size())) return nullptr;
    return ticket_.mutable_clocks(static_cast<int>(number) - 1);
  }
  void BeginRun(v1::Clock& clock, const std::string& calendar, uint64_t directory_version) {
    auto& run = *clock.add_runs();
    *run.mutable_from() = now_;
    run.set_calendar(calendar);
    run.set_directory_version(directory_version);
  }
  void Date(v1::Clock& clock, const v1::ClockDates& dates) {
    *clock.mutable_dates() = dates;
    clock.set_dated(clock.dated() + 1);
  }
  // No time counts for it from now on.
  void Stop(v1::Clock& clock, const google::protobuf::Duration& spent, uint64_t directory_version) {
    if (!clock.runs().empty() && !clock.runs().rbegin()->has_to()) {
      auto& run = *clock.mutable_runs()->rbegin();
      *run.mutable_to() = now_;
      run.set_directory_version(directory_version);
    }
    *clock.mutable_spent() = spent;
    Date(clock, v1::ClockDates());
  }

  v1::Ticket& ticket_;
  const google::protobuf::Timestamp& now_;
  const std::string& principal_;
};

}  // namespace

void EvolveClock(v1::Ticket& ticket, const v1::Event& event, const google::protobuf::Timestamp& now,
                 const std::string& principal) {
  ClockFold fold(ticket, now, principal);
  switch (event.event_case()) {
    case v1::Event::kClockStarted:
      return fold.Apply(event.clock_started());
    case v1::Event::kClockWarned:
      return fold.Apply(event.clock_warned());
    case v1::Event::kClockPaused:
      return fold.Apply(event.clock_paused());
    case v1::Event::kClockResumed:
      return fold.Apply(event.clock_resumed());
    case v1::Event::kClockRedated:
      return fold.Apply(event.clock_redated());
    case v1::Event::kClockBreached:
      return fold.Apply(event.clock_breached());
    case v1::Event::kClockEnded:
      return fold.Apply(event.clock_ended());
    case v1::Event::kExtensionRequested:
      return fold.Apply(event.extension_requested());
    case v1::Event::kExtensionAnswered:
      return fold.Apply(event.extension_answered());
    default:
      return;
  }
}

}  // namespace shoujie::router
