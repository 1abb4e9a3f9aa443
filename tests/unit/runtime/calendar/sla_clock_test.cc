// Clocks on calendars, against computations that share nothing with the program's: cases.tsv, written by cases.py, and
// random clocks against a walk minute by minute.
#include "services/runtime/calendar/sla_clock.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "services/runtime/base/error.h"

namespace shoujie {
namespace {

using Hours = std::vector<Calendar::Hours>;
constexpr int kDay = Calendar::kMinutesPerDay;

const Hours& Office() {
  static const Hours hours = {{540, 720}, {780, 1080}};
  return hours;
}

Calendar::Spec Week(const std::string& zone, const Hours& workday, const Hours& saturday = {},
                    const Hours& sunday = {}) {
  Calendar::Spec spec;
  spec.zone = zone;
  for (int n = 0; n < 5; ++n) spec.week[n] = workday;
  spec.week[5] = saturday;
  spec.week[6] = sunday;
  return spec;
}

// The same as in cases.py.
const std::map<std::string, Calendar::Spec>& Specs() {
  static const auto* const kSpecs = [] {
    const Hours night = {{0, 360}, {1320, kDay}}, late = {{30, 240}, {1380, kDay}}, always = {{0, kDay}};
    auto* specs = new std::map<std::string, Calendar::Spec>;
    Calendar::Spec shanghai = Week("Asia/Shanghai", Office());
    for (int day = 15; day < 24; ++day) shanghai.days[absl::CivilDay(2026, 2, day)] = {};
    for (int day = 1; day < 8; ++day) shanghai.days[absl::CivilDay(2026, 10, day)] = {};
    for (const auto& day : {absl::CivilDay(2026, 2, 14), absl::CivilDay(2026, 2, 28), absl::CivilDay(2026, 9, 20),
                            absl::CivilDay(2026, 10, 10)}) {
      shanghai.days[day] = Office();
    }
    (*specs)["shanghai"] = shanghai;
    (*specs)["always"] = Week("Asia/Shanghai", always, always, always);
    (*specs)["night"] = Week("Europe/Berlin", night, night, night);
    (*specs)["berlin"] = Week("Europe/Berlin", Office(), {{600, 840}});
    (*specs)["berlin"].days[absl::CivilDay(2026, 12, 25)] = {};
    (*specs)["newyork"] = Week("America/New_York", {{480, 1200}}, late, late);
    (*specs)["lordhowe"] = Week("Australia/Lord_Howe", late, late, late);
    (*specs)["kathmandu"] = Week("Asia/Kathmandu", Office());
    (*specs)["saopaulo"] = Week("America/Sao_Paulo", late, late, late);
    (*specs)["beirut"] = Week("Asia/Beirut", always, always, {{60, 120}});
    return specs;
  }();
  return *kSpecs;
}

const Calendar& Named(const std::string& name) {
  static auto* const kMade = new std::map<std::string, Calendar>;
  auto it = kMade->find(name);
  if (it == kMade->end()) it = kMade->emplace(name, *Calendar::Make(Specs().at(name))).first;
  return it->second;
}

absl::Time At(absl::string_view text) {
  absl::Time time;
  std::string why;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &why)) << text << ": " << why;
  return time;
}

TEST(SlaClockCases, AreDueWhenTheIndependentComputationSays) {
  std::ifstream file(SHOUJIE_SOURCE_DIR "/tests/unit/runtime/calendar/cases.tsv");
  ASSERT_TRUE(file) << "cases.tsv is missing";
  int cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    const std::vector<std::string> columns = absl::StrSplit(line, '\t');
    ASSERT_EQ(columns.size(), 6u) << line;
    SCOPED_TRACE(columns[0]);
    int target = 0;
    ASSERT_TRUE(absl::SimpleAtoi(columns[2], &target));
    const Calendar* calendar = &Named(columns[3]);
    SlaStretches clock = {{At(columns[1]), true, calendar}};
    for (const auto step : absl::StrSplit(columns[4], ' ', absl::SkipEmpty())) {
      const std::pair<std::string, std::string> at_what = absl::StrSplit(step, '=');
      if (at_what.second == "pause") {
        clock.push_back({At(at_what.first), false, nullptr});
        continue;
      }
      if (at_what.second != "resume") calendar = &Named(at_what.second);
      clock.push_back({At(at_what.first), true, calendar});
    }
    const absl::Time due = columns[5] == "never" ? absl::InfiniteFuture() : At(columns[5]);
    EXPECT_EQ(DueAt(clock, absl::Minutes(target)), due);
    if (due == absl::InfiniteFuture()) continue;
    EXPECT_EQ(WorkSpent(clock, due), absl::Minutes(target));
    EXPECT_EQ(WorkSpent(clock, due - absl::Minutes(1)), absl::Minutes(target - 1));
  }
  EXPECT_GE(cases, 200);
}

// Which minutes of a stretch of time work, each looked up by itself.
class Minutes {
 public:
  Minutes(const Calendar::Spec& spec, absl::Time begin, int minutes) : begin_(begin) {
    absl::TimeZone zone;
    EXPECT_TRUE(absl::LoadTimeZone(spec.zone, &zone));
    for (int n = 0; n < minutes; ++n) {
      const absl::CivilMinute local = absl::ToCivilMinute(begin + absl::Minutes(n), zone);
      const absl::CivilDay day(local);
      const auto other = spec.days.find(day);
      const Hours& hours =
          other != spec.days.end() ? other->second : spec.week[static_cast<int>(absl::GetWeekday(day))];
      const int minute = local.hour() * 60 + local.minute();
      bool works = false;
      for (const Calendar::Hours& each : hours) works |= each.open <= minute && minute < each.close;
      works_.push_back(works);
    }
  }
  bool works(int n) const { return works_[n]; }
  int size() const { return static_cast<int>(works_.size()); }
  absl::Time at(int n) const { return begin_ + absl::Minutes(n); }

 private:
  const absl::Time begin_;
  std::vector<char> works_;
};

TEST(SlaClockRandom, AgreesWithAWalkMinuteByMinute) {
  struct Place {
    const Calendar* calendar;
    Minutes minutes;
  };
  std::vector<Place> places;
  for (const auto& [name, spec] : Specs()) {
    const absl::Time begin = At(name == "saopaulo" ? "2018-01-20T00:00:00Z" : "2026-01-20T00:00:00Z");
    places.push_back({&Named(name), Minutes(spec, begin, 300 * kDay)});
  }
  std::mt19937_64 random(20261125);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<uint64_t>(n)); };
  for (int n = 0; n < 100'000; ++n) {
    const Place* place = &places[below(static_cast<int>(places.size()))];
    const int start = below(place->minutes.size() - 20 * kDay), target = 1 + below(n % 10 == 0 ? 3000 : 600);
    int at = start, spent = 0;
    SlaStretches clock = {{place->minutes.at(start), true, place->calendar}};
    bool running = true;
    int next = below(3) == 0 ? start + below(600) : -1;
    while (at < place->minutes.size() && spent < target) {
      if (at == next) {
        running = !running;
        clock.push_back({place->minutes.at(at), running, place->calendar});
        next = running && below(2) == 0 ? -1 : at + below(900);
        continue;  // a change that begins at once replaces this one
      }
      spent += running && place->minutes.works(at);
      ++at;
    }
    if (spent < target) continue;  // beyond what was looked up
    // Later changes that the walk had not come to do not move it.
    ASSERT_EQ(DueAt(clock, absl::Minutes(target)), place->minutes.at(at)) << "case " << n;
    ASSERT_EQ(WorkSpent(clock, place->minutes.at(at)), absl::Minutes(target)) << "case " << n;
    absl::Duration explained;
    for (const SlaPiece& piece : Explain(clock, place->minutes.at(at), 1000)) explained += piece.to - piece.from;
    ASSERT_EQ(explained, absl::Minutes(target)) << "case " << n;
  }
}

TEST(SlaClock, IsDueToTheMillisecond) {
  const SlaStretches clock = {{At("2026-03-06T09:59:59.750Z"), true, &Named("shanghai")}};  // Friday, 17:59:59.75
  EXPECT_EQ(DueAt(clock, absl::Milliseconds(250)), At("2026-03-06T10:00:00Z"));
  EXPECT_EQ(DueAt(clock, absl::Milliseconds(251)), At("2026-03-09T01:00:00.001Z"));
}

TEST(SlaClock, AnExplanationNamesThePiecesAndStopsAtNights) {
  const Calendar& shanghai = Named("shanghai");
  const SlaStretches clock = {{At("2026-03-05T09:30:00Z"), true, &shanghai},
                              {At("2026-03-06T01:10:00Z"), false, nullptr},
                              {At("2026-03-06T02:00:00Z"), true, &shanghai}};
  const auto pieces = Explain(clock, At("2026-03-06T02:05:00Z"), 10);
  ASSERT_EQ(pieces.size(), 3u);
  EXPECT_EQ(pieces[0].from, At("2026-03-05T09:30:00Z"));
  EXPECT_EQ(pieces[0].to, At("2026-03-05T10:00:00Z"));
  EXPECT_EQ(pieces[1].to, At("2026-03-06T01:10:00Z"));
  EXPECT_EQ(pieces[2].from, At("2026-03-06T02:00:00Z"));
  EXPECT_EQ(pieces[2].to, At("2026-03-06T02:05:00Z"));
  EXPECT_EQ(Explain(clock, At("2026-03-06T02:05:00Z"), 1).front().from, At("2026-03-06T02:00:00Z"));
}

TEST(SlaClock, ATargetBeyondTheHorizonIsNeverDue) {
  const SlaStretches clock = {{At("2026-03-05T02:00:00Z"), true, &Named("beirut")}};
  EXPECT_EQ(DueAt(clock, Calendar::kHorizon), absl::InfiniteFuture());
}

TEST(Calendar, RefusesWhatNoClockCouldRunOn) {
  const auto reason = [](const Calendar::Spec& spec) { return ReasonOf(Calendar::Make(spec).status()); };
  EXPECT_EQ(reason(Week("Asia/Shangri-La", Office())), "CALENDAR_ZONE");
  EXPECT_EQ(reason(Week("Asia/Shanghai", {})), "CALENDAR_EMPTY");
  EXPECT_EQ(reason(Week("Asia/Shanghai", {{540, 540}})), "CALENDAR_HOURS");
  EXPECT_EQ(reason(Week("Asia/Shanghai", {{540, 720}, {700, 800}})), "CALENDAR_HOURS");
  EXPECT_EQ(reason(Week("Asia/Shanghai", {{1320, 1800}})), "CALENDAR_HOURS");
  Calendar::Spec holiday = Week("Asia/Shanghai", Office());
  holiday.days[absl::CivilDay(2026, 5, 1)] = {{60, 30}};
  EXPECT_EQ(reason(holiday), "CALENDAR_HOURS");
}

TEST(Calendar, NextWorkIsNowOrTheNextOpening) {
  const Calendar& shanghai = Named("shanghai");
  EXPECT_TRUE(shanghai.Works(At("2026-02-14T01:00:00Z"))) << "a make-up Saturday";
  EXPECT_FALSE(shanghai.Works(At("2026-02-16T02:00:00Z"))) << "Spring Festival";
  EXPECT_EQ(shanghai.NextWork(At("2026-02-14T10:00:00Z")), At("2026-02-24T01:00:00Z"));
  EXPECT_EQ(shanghai.NextWork(At("2026-03-03T04:30:00Z")), At("2026-03-03T05:00:00Z"));
  EXPECT_EQ(shanghai.NextWork(At("2026-03-03T05:30:00Z")), At("2026-03-03T05:30:00Z"));
}

}  // namespace
}  // namespace shoujie
