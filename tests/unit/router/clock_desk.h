// A desk whose directory has a calendar and a table of SLA policies: offices in UTC, Mondays to Fridays 9–12 and 13–18;
// 2026-03-02, the desk's first day, is a Monday.
#pragma once

#include "services/router/domain/clocks.h"
#include "services/router/domain/explain.h"
#include "services/runtime/base/time.h"
#include "tests/unit/router/desk.h"

namespace shoujie::router {

using directory::v1::CLOCK_KIND_CUSTODY;
using directory::v1::CLOCK_KIND_DISPATCH;
using directory::v1::CLOCK_KIND_FIRST_REPLY;
using directory::v1::CLOCK_KIND_RESOLVE;
using directory::v1::CLOCK_KIND_SIGN;

inline directory::v1::ClockTarget* AddTarget(directory::v1::SlaPolicy* policy, directory::v1::ClockKind kind,
                                             absl::Duration target, directory::v1::ClockCalendar calendar) {
  auto* row = policy->add_targets();
  row->set_kind(kind);
  *row->mutable_target() = shoujie::ToProto(target);
  row->set_calendar(calendar);
  row->add_warn_percent(75);
  row->add_warn_percent(90);
  return row;
}

// dispatch 30 min, sign 1 h, reply 2 h, custody 4 h of office hours; resolve 10 h of office hours.
inline directory::v1::Directory ClockDirectory(uint64_t version = 7) {
  directory::v1::Directory d = SampleDirectory();
  d.set_version(version);
  d.add_features()->set_name("clocks");
  auto* office = d.add_calendars();
  office->set_id("office");
  office->set_time_zone("UTC");
  for (uint32_t weekday = 1; weekday <= 5; ++weekday) {
    for (const auto& [open, close] : {std::pair{9u, 12u}, std::pair{13u, 18u}}) {
      auto* hours = office->add_hours();
      hours->set_weekday(weekday);
      hours->set_open_minute(open * 60);
      hours->set_close_minute(close * 60);
    }
  }
  for (auto& site : *d.mutable_sites()) site.set_calendar("office");
  for (auto& department : *d.mutable_departments()) department.set_calendar("office");
  auto* policy = d.add_sla_policies();
  policy->set_id("usual");
  using namespace directory::v1;
  AddTarget(policy, CLOCK_KIND_DISPATCH, absl::Minutes(30), CLOCK_CALENDAR_SITE);
  AddTarget(policy, CLOCK_KIND_SIGN, absl::Hours(1), CLOCK_CALENDAR_DEPARTMENT);
  AddTarget(policy, CLOCK_KIND_FIRST_REPLY, absl::Hours(2), CLOCK_CALENDAR_DEPARTMENT);
  AddTarget(policy, CLOCK_KIND_CUSTODY, absl::Hours(4), CLOCK_CALENDAR_DEPARTMENT);
  AddTarget(policy, CLOCK_KIND_RESOLVE, absl::Hours(10), CLOCK_CALENDAR_SITE);
  return d;
}
inline directory::v1::ClockTarget* TargetIn(directory::v1::Directory* d, directory::v1::ClockKind kind) {
  for (auto& target : *d->mutable_sla_policies(0)->mutable_targets()) {
    if (target.kind() == kind) return &target;
  }
  return nullptr;
}

class ClockDesk : public Desk {
 public:
  explicit ClockDesk(directory::v1::Directory directory = ClockDirectory(), std::string name = kName)
      : Desk(std::move(directory), std::move(name)) {}

  ClockDesk& at(absl::Duration since_nine) {
    Desk::at(since_nine);
    return *this;
  }
  ClockDesk& by(std::string agent) {
    Desk::by(std::move(agent));
    return *this;
  }
  ClockDesk& Open() {
    Desk::Open();
    return *this;
  }
  // The last clock of this kind.
  const v1::Clock& clock(directory::v1::ClockKind kind) const {
    const v1::Clock* found = nullptr;
    for (const auto& one : ticket().clocks()) {
      if (one.kind() == kind) found = &one;
    }
    if (found == nullptr) {
      ADD_FAILURE() << "no such clock";
      return v1::Clock::default_instance();
    }
    return *found;
  }
  absl::Duration Spent(directory::v1::ClockKind kind) const { return ToDuration(clock(kind).spent()); }
  absl::Status Await() {
    v1::AwaitCustomerRequest request;
    request.set_reason("asked for a photo");
    return Do(request);
  }
  absl::Status EndWait() { return Do(v1::EndWaitRequest()); }
  absl::Status Progress() {
    v1::ReportProgressRequest request;
    request.set_text("part ordered");
    return Do(request);
  }
  // Fires what is due, again and again, until nothing is.
  void FireAll() {
    for (int i = 0; i < 20; ++i) FireTimers();
  }
};

// When it is due, since nine; a long time if nothing is.
inline absl::Duration Due(const v1::Clock& clock) {
  return clock.dates().has_due() ? FromProto(clock.dates().due()) - At(absl::ZeroDuration()) : absl::Hours(9999);
}

}  // namespace shoujie::router
