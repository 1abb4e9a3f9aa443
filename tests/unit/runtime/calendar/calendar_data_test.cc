// Calendars of the directory: what they are made into, and what sites do with them.
#include "services/runtime/calendar/calendar_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/runtime/base/error.h"
#include "services/runtime/reference.h"

namespace shoujie {
namespace {

absl::Time Local(const char* text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M %Ez", std::string(text) + " +08:00", &time, &error)) << error;
  return time;
}

template <typename Row>
void Open(Row* row, uint32_t open_hour, uint32_t close_hour) {
  row->set_open_minute(open_hour * 60);
  row->set_close_minute(close_hour * 60);
}

// Mondays to Fridays 9–12 and 13–18; 1 to 3 October off, Saturday the 10th worked in exchange.
directory::v1::Calendar OfficeData() {
  directory::v1::Calendar calendar;
  calendar.set_id("office");
  calendar.set_time_zone("Asia/Shanghai");
  for (uint32_t weekday = 5; weekday >= 1; --weekday) {  // in any order
    for (const uint32_t open : {13u, 9u}) {
      auto* hours = calendar.add_hours();
      hours->set_weekday(weekday);
      Open(hours, open, open == 9 ? 12 : 18);
    }
  }
  for (const char* date : {"2026-10-01", "2026-10-02", "2026-10-03"}) calendar.add_days()->set_date(date);
  auto* make_up = calendar.add_days();
  make_up->set_date("2026-10-10");
  Open(make_up->add_hours(), 13, 18);
  Open(make_up->add_hours(), 9, 12);
  return calendar;
}

TEST(CalendarDataTest, HolidaysAndMakeUpDaysTakeThePlaceOfTheWeek) {
  auto made = MakeCalendar(OfficeData());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(made->Works(Local("2026-09-30 10:00")));
  EXPECT_FALSE(made->Works(Local("2026-09-30 12:30"))) << "noon";
  EXPECT_FALSE(made->Works(Local("2026-10-01 10:00"))) << "a holiday on a Thursday";
  EXPECT_TRUE(made->Works(Local("2026-10-10 10:00"))) << "a Saturday in exchange";
  EXPECT_FALSE(made->Works(Local("2026-10-11 10:00")));
  EXPECT_EQ(made->After(Local("2026-09-30 17:00"), absl::Hours(2)), Local("2026-10-05 10:00"));
}

TEST(CalendarDataTest, TheDayEndsWithItsLastHours) {
  const Calendar office = *MakeCalendar(OfficeData());
  EXPECT_EQ(office.DayEnd(Local("2026-09-30 09:00")), Local("2026-09-30 18:00"));
  EXPECT_EQ(office.DayEnd(Local("2026-09-30 12:30")), Local("2026-09-30 18:00"));
  EXPECT_EQ(office.DayEnd(Local("2026-09-30 17:59")), Local("2026-09-30 18:00"));
  EXPECT_EQ(office.DayEnd(Local("2026-09-30 18:00")), Local("2026-10-05 18:00")) << "the next working day";
  EXPECT_EQ(office.DayEnd(Local("2026-10-09 20:00")), Local("2026-10-10 18:00")) << "the make-up day";
}

TEST(CalendarDataTest, RoundTheClockEveryInstantCounts) {
  const absl::Time from = Local("2026-10-01 03:17");
  EXPECT_EQ(RoundTheClock().WorkBetween(from, from + absl::Hours(100)), absl::Hours(100));
  EXPECT_EQ(RoundTheClock().After(from, absl::Hours(55)), from + absl::Hours(55));
}

TEST(CalendarDataTest, WhatIsNoCalendarIsRefused) {
  const auto reason = [](auto change) {
    directory::v1::Calendar calendar = OfficeData();
    change(calendar);
    return ReasonOf(MakeCalendar(calendar).status());
  };
  using C = directory::v1::Calendar;
  EXPECT_EQ(reason([](C& c) { c.set_time_zone("Asia/Nowhere"); }), "CALENDAR_ZONE");
  EXPECT_EQ(reason([](C& c) { c.clear_hours(); }), "CALENDAR_EMPTY");
  EXPECT_EQ(reason([](C& c) { c.mutable_hours(0)->set_weekday(8); }), "CALENDAR_HOURS");
  EXPECT_EQ(reason([](C& c) { c.mutable_hours(0)->set_open_minute(11 * 60); }), "CALENDAR_HOURS") << "overlap";
  EXPECT_EQ(reason([](C& c) { c.mutable_hours(0)->set_close_minute(1441); }), "CALENDAR_HOURS");
  EXPECT_EQ(reason([](C& c) { c.mutable_days(0)->set_date("1 October"); }), "CALENDAR_DAY");
  EXPECT_EQ(reason([](C& c) { c.mutable_days(0)->set_date("2026-10-02"); }), "CALENDAR_DAY") << "twice";
}

TEST(CalendarDataTest, ASiteServesByItsCalendarIfItNamesOne) {
  directory::v1::Directory directory;
  *directory.add_calendars() = OfficeData();
  auto* site = directory.add_sites();
  site->set_id("north");
  site->set_time_zone("Asia/Shanghai");
  auto* hours = site->add_service_hours();  // what it had before: Thursdays 8–22
  hours->set_weekday(4);
  Open(hours, 8, 22);
  *directory.add_sites() = *site;
  directory.mutable_sites(1)->set_id("south");
  directory.mutable_sites(0)->set_calendar("office");
  const Reference reference(directory);
  EXPECT_FALSE(reference.IsOpen("north", Local("2026-10-01 10:00"))) << "a holiday";
  EXPECT_TRUE(reference.IsOpen("south", Local("2026-10-01 10:00")));
  EXPECT_TRUE(reference.IsOpen("north", Local("2026-10-10 10:00")));
  EXPECT_FALSE(reference.IsOpen("south", Local("2026-10-10 10:00")));
  EXPECT_EQ(reference.ClosesAt("north", Local("2026-09-30 10:00")), Local("2026-09-30 12:00"));
  EXPECT_EQ(reference.ClosesAt("north", Local("2026-09-30 12:10")), Local("2026-09-30 18:00"));
  EXPECT_EQ(reference.ClosesAt("south", Local("2026-09-30 12:10")), Local("2026-10-01 22:00"));
  EXPECT_TRUE(reference.IsOpen("elsewhere", Local("2026-10-01 10:00")));
  EXPECT_EQ(reference.calendar("nowhere"), nullptr);
}

}  // namespace
}  // namespace shoujie
