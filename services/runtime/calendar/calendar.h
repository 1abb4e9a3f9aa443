// Working time: which instants count on a calendar, how many there are between two, and when so many will have passed.
// A local minute counts if it lies within the hours of its day; so an hour that a clock change repeats counts twice and
// one that it skips not at all. Pure and immutable, safe from any thread. Time zones come from the system's database;
// to measure what passes on every calendar alike, subtract instants.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace shoujie {

class Calendar {
 public:
  static constexpr int kMinutesPerDay = 24 * 60;
  // No clock looks further ahead: what is not due by then is due never.
  static constexpr absl::Duration kHorizon = absl::Hours(24 * 3660);

  // Minutes of the local day, [open, close) with close ≤ 1440: a night shift is two of them, on two days.
  struct Hours {
    int open = 0, close = 0;
    friend bool operator==(const Hours& a, const Hours& b) { return a.open == b.open && a.close == b.close; }
  };
  struct Spec {
    std::string zone;                                   // IANA
    std::array<std::vector<Hours>, 7> week;             // Monday first; a day may have several, ascending, or none
    std::map<absl::CivilDay, std::vector<Hours>> days;  // instead of the week's: holidays (none), make-up days 调休
  };
  // Errors: CALENDAR_ZONE (unknown), CALENDAR_HOURS (not ascending within one day), CALENDAR_EMPTY (a week without any
  // working time: every clock on it would stand still for ever). R060, F079.
  static absl::StatusOr<Calendar> Make(const Spec& spec);

  bool Works(absl::Time at) const;
  // `at` itself if it works, else the beginning of the next working time.
  absl::Time NextWork(absl::Time at) const;
  // Working time within [from, to); zero if that is empty.
  absl::Duration WorkBetween(absl::Time from, absl::Time to) const;
  // The earliest instant by which `work` has passed since `from`: at the end of a day rather than at the beginning of
  // the next. `from` itself if `work` is not positive; InfiniteFuture beyond the horizon.
  absl::Time After(absl::Time from, absl::Duration work) const;
  // The end of the working day that `at` lies in, or of the next one: of its last hours. InfiniteFuture beyond the
  // horizon.
  absl::Time DayEnd(absl::Time at) const;
  // Working hours [begin, end) from `from` on, in order, until `visit` says false or the horizon is reached. Two touch
  // where local time jumps within working hours, or at midnight.
  void VisitWork(absl::Time from, const std::function<bool(absl::Time begin, absl::Time end)>& visit) const;

 private:
  Calendar() = default;
  const std::vector<Hours>& HoursOf(int64_t local_day) const;

  absl::TimeZone zone_;
  std::array<std::vector<Hours>, 7> week_;
  std::map<int64_t, std::vector<Hours>> days_;  // by day since 1970-01-01
};

}  // namespace shoujie
