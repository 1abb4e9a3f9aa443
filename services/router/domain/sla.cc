#include "services/router/domain/sla.h"

#include <algorithm>

#include "services/router/domain/times.h"
#include "services/runtime/base/time.h"
#include "services/runtime/calendar/calendar_data.h"

namespace shoujie::router {

SlaCase CaseOf(const v1::Ticket& ticket, const Reference& reference) {
  SlaCase of;
  for (const auto* row = reference.category(ticket.category()); row != nullptr;
       row = reference.category(row->parent())) {
    if (std::find(of.categories.begin(), of.categories.end(), row->id()) != of.categories.end()) break;
    of.categories.push_back(row->id());
  }
  of.customer_class = ticket.card().class_();
  of.priority = ticket.priority();
  of.channel = ticket.channel();
  of.reason = ticket.opening_reason();
  return of;
}

std::string CalendarIdFor(directory::v1::ClockCalendar which, const v1::Ticket& ticket, const v1::Party& party,
                          const Reference& reference) {
  if (which == directory::v1::CLOCK_CALENDAR_ALWAYS) return "";
  if (which == directory::v1::CLOCK_CALENDAR_DEPARTMENT && party.kind() == v1::PARTY_KIND_DEPARTMENT) {
    const auto* department = reference.department(party.id());
    return department == nullptr ? "" : department->calendar();
  }
  const auto* site = reference.site(ticket.site());
  if (site == nullptr) {
    const auto* owner = reference.agent(ticket.owner());
    site = owner == nullptr ? nullptr : reference.site(owner->site());
  }
  return site == nullptr ? "" : site->calendar();
}

const Calendar& CalendarOf(const std::string& id, const Reference& reference) {
  const Calendar* calendar = id.empty() ? nullptr : reference.calendar(id);
  return calendar == nullptr ? RoundTheClock() : *calendar;
}

absl::Duration LengthOf(const directory::v1::ClockTarget& target, absl::Time from, const Calendar& calendar) {
  if (!target.same_day()) return ToDuration(target.target());
  const absl::Time end = calendar.DayEnd(from);
  return end == absl::InfiniteFuture() ? absl::ZeroDuration() : calendar.WorkBetween(from, end);
}

v1::ClockDates DatesFrom(absl::Time from, absl::Duration spent, absl::Duration target,
                         const google::protobuf::RepeatedField<uint32_t>& warn_percent, uint32_t warned_percent,
                         const Calendar& calendar) {
  v1::ClockDates dates;
  const auto set = [&](absl::Duration share, google::protobuf::Timestamp* to) {
    const absl::Time at = calendar.After(from, share - spent);
    if (at != absl::InfiniteFuture()) *to = ToProto(at);
    return at != absl::InfiniteFuture();
  };
  google::protobuf::Timestamp at;
  if (set(target, &at)) *dates.mutable_due() = at;
  for (const uint32_t percent : warn_percent) {
    if (percent <= warned_percent || !set(target * static_cast<int64_t>(percent) / 100, &at)) continue;
    auto& warning = *dates.add_warnings();
    warning.set_percent(percent);
    *warning.mutable_at() = at;
  }
  return dates;
}

v1::ClockDates DatesOf(const v1::Clock& clock, absl::Duration target, const Reference& reference) {
  const auto& run = *clock.runs().rbegin();
  return DatesFrom(FromProto(run.from()), ToDuration(clock.spent()), target, clock.warn_percent(),
                   clock.warned_percent(), CalendarOf(run.calendar(), reference));
}

v1::ClockDates DatesNow(const v1::Clock& clock, const Reference& reference) {
  const bool counts = !clock.runs().empty() && !clock.runs().rbegin()->has_to() && clock.judged() == 0;
  const bool older = counts && clock.runs().rbegin()->directory_version() < reference.version();
  return older ? DatesOf(clock, ToDuration(clock.target()), reference) : clock.dates();
}

}  // namespace shoujie::router
