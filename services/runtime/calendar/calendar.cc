#include "services/runtime/calendar/calendar.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"

namespace shoujie {
namespace {

constexpr int64_t kSecondsPerDay = 24 * 60 * 60;

int64_t DayOf(absl::CivilDay day) { return day - absl::CivilDay(1970, 1, 1); }

int64_t FloorDay(int64_t seconds) {
  return (seconds - (((seconds % kSecondsPerDay) + kSecondsPerDay) % kSecondsPerDay)) / kSecondsPerDay;
}

// The instant at which local time next jumps after `at`; InfiniteFuture if it never does again.
absl::Time NextJump(absl::TimeZone zone, absl::Time at) {
  absl::TimeZone::CivilTransition jump;
  if (!zone.NextTransition(at, &jump)) return absl::InfiniteFuture();
  const absl::TimeZone::TimeInfo info = zone.At(jump.to);  // the first local second behind it
  return info.kind == absl::TimeZone::TimeInfo::UNIQUE ? info.pre : info.trans;
}

bool Ascending(const std::vector<Calendar::Hours>& hours) {
  int last = 0;
  for (const Calendar::Hours& each : hours) {
    if (each.open < last || each.close <= each.open || each.close > Calendar::kMinutesPerDay) return false;
    last = each.close;
  }
  return true;
}

absl::Status BadHours(absl::string_view day) {
  return Invalid(
      "CALENDAR_HOURS",
      absl::StrCat("The working hours of ", day,
                   " must lie within the day, in order and without overlap. Give a night shift as two parts."),
      absl::StrCat(day, " 的工作时段须在当日之内、按顺序且不重叠。夜班请拆成两段填写。"), {{"day", day}});
}

}  // namespace

absl::StatusOr<Calendar> Calendar::Make(const Spec& spec) {
  Calendar calendar;
  if (!absl::LoadTimeZone(spec.zone, &calendar.zone_)) {
    return Invalid("CALENDAR_ZONE",
                   absl::StrCat("The time zone ", spec.zone, " is not known. Use an IANA name such as Asia/Shanghai."),
                   absl::StrCat("未知的时区 ", spec.zone, "。请使用 IANA 名称，例如 Asia/Shanghai。"),
                   {{"zone", spec.zone}});
  }
  bool works = false;
  for (size_t n = 0; n < spec.week.size(); ++n) {
    if (!Ascending(spec.week[n])) return BadHours(absl::StrCat("weekday ", n + 1));
    works |= !spec.week[n].empty();
  }
  if (!works) {
    return Invalid("CALENDAR_EMPTY",
                   "The calendar's week has no working time: every clock on it would stand still. Give it some hours.",
                   "该日历的一周没有任何工作时间，时钟将永远停止。请填写工作时段。");
  }
  calendar.week_ = spec.week;
  for (const auto& [day, hours] : spec.days) {
    if (!Ascending(hours)) return BadHours(absl::FormatCivilTime(day));
    calendar.days_.emplace(DayOf(day), hours);
  }
  return calendar;
}

const std::vector<Calendar::Hours>& Calendar::HoursOf(int64_t local_day) const {
  if (const auto it = days_.find(local_day); it != days_.end()) return it->second;
  return week_[static_cast<size_t>(((local_day + 3) % 7 + 7) % 7)];  // 1970-01-01 was a Thursday
}

void Calendar::VisitWork(absl::Time from, const std::function<bool(absl::Time, absl::Time)>& visit) const {
  const absl::Time horizon = from + kHorizon;
  // Between two jumps of local time it is real time plus an offset.
  for (absl::Time at = from; at < horizon;) {
    const absl::Time until = std::min(horizon, NextJump(zone_, at));
    const absl::Duration offset = absl::Seconds(zone_.At(at).offset);
    for (int64_t day = FloorDay(absl::ToUnixSeconds(at + offset));; ++day) {
      const absl::Time midnight = absl::FromUnixSeconds(day * kSecondsPerDay) - offset;
      if (midnight >= until) break;
      for (const Hours& hours : HoursOf(day)) {
        const absl::Time begin = std::max(at, midnight + absl::Minutes(hours.open));
        const absl::Time end = std::min(until, midnight + absl::Minutes(hours.close));
        if (begin < end && !visit(begin, end)) return;
      }
    }
    at = until;
  }
}

bool Calendar::Works(absl::Time at) const { return NextWork(at) == at; }

absl::Time Calendar::NextWork(absl::Time at) const {
  absl::Time next = absl::InfiniteFuture();
  VisitWork(at, [&](absl::Time begin, absl::Time) {
    next = begin;
    return false;
  });
  return next;
}

absl::Duration Calendar::WorkBetween(absl::Time from, absl::Time to) const {
  absl::Duration work;
  if (to <= from) return work;
  VisitWork(from, [&](absl::Time begin, absl::Time end) {
    if (begin >= to) return false;
    work += std::min(end, to) - begin;
    return end < to;
  });
  return work;
}

absl::Time Calendar::After(absl::Time from, absl::Duration work) const {
  if (work <= absl::ZeroDuration()) return from;
  absl::Time after = absl::InfiniteFuture();
  VisitWork(from, [&](absl::Time begin, absl::Time end) {
    if (work > end - begin) {
      work -= end - begin;
      return true;
    }
    after = begin + work;
    return false;
  });
  return after;
}

absl::Time Calendar::DayEnd(absl::Time at) const {
  absl::Time last = absl::InfiniteFuture();
  absl::CivilDay day;
  VisitWork(at, [&](absl::Time begin, absl::Time end) {
    if (last == absl::InfiniteFuture()) day = absl::ToCivilDay(begin, zone_);
    if (absl::ToCivilDay(begin, zone_) != day) return false;
    last = end;
    return true;
  });
  return last;
}

}  // namespace shoujie
