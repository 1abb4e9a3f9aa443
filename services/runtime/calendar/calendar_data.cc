#include "services/runtime/calendar/calendar_data.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"

namespace shoujie {
namespace {

template <typename Row>
Calendar::Hours HoursOf(const Row& row) {
  // What is no minute of a day becomes one that is refused, not another that is taken.
  const auto minute = [](uint32_t m) { return static_cast<int>(std::min<uint32_t>(m, Calendar::kMinutesPerDay + 1)); };
  return {minute(row.open_minute()), minute(row.close_minute())};
}

void Sort(std::vector<Calendar::Hours>* hours) {
  std::sort(hours->begin(), hours->end(),
            [](const Calendar::Hours& a, const Calendar::Hours& b) { return a.open < b.open; });
}

}  // namespace

absl::StatusOr<Calendar> MakeCalendar(const directory::v1::Calendar& calendar) {
  Calendar::Spec spec;
  spec.zone = calendar.time_zone();
  for (const auto& hours : calendar.hours()) {
    if (hours.weekday() < 1 || hours.weekday() > 7) {
      return Invalid("CALENDAR_HOURS", "Weekdays are numbered from 1, Monday, to 7. Correct the calendar's hours.",
                     "星期须为 1（星期一）至 7。请改正日历的工作时段。", {{"calendar", calendar.id()}});
    }
    spec.week[hours.weekday() - 1].push_back(HoursOf(hours));
  }
  for (auto& day : spec.week) Sort(&day);
  for (const auto& exception : calendar.days()) {
    absl::CivilDay day;
    std::vector<Calendar::Hours> hours;
    for (const auto& each : exception.hours()) hours.push_back(HoursOf(each));
    Sort(&hours);
    if (!absl::ParseCivilTime(exception.date(), &day) || !spec.days.emplace(day, std::move(hours)).second) {
      return Invalid("CALENDAR_DAY",
                     "A day of a calendar needs a date such as 2026-10-01, and each date stands once. Correct it.",
                     "日历中的特殊日期须为 2026-10-01 的形式，且每个日期只出现一次。请改正。",
                     {{"calendar", calendar.id()}, {"date", exception.date()}});
    }
  }
  return Calendar::Make(spec);
}

absl::StatusOr<Calendar> MakeShifts(const directory::v1::Roster& roster) {
  directory::v1::Calendar week;
  week.set_id(roster.id());
  week.set_time_zone(roster.time_zone());
  *week.mutable_hours() = roster.shifts();
  return MakeCalendar(week);
}

const Calendar& RoundTheClock() {
  static const auto* const always = [] {
    Calendar::Spec spec;
    spec.zone = "UTC";
    for (auto& day : spec.week) day.push_back({0, Calendar::kMinutesPerDay});
    return new Calendar(Calendar::Make(spec).value());
  }();
  return *always;
}

}  // namespace shoujie
