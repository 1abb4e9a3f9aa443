// Calendars and SLA policies: what is found before they are published. Each finding by one mistake in a directory that
// has none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/directory/domain/validate.h"
#include "services/directory/sample.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"
#include "services/runtime/calendar/calendar_data.h"
#include "services/runtime/calendar/sla_table.h"
#include "tests/unit/directory/found.h"

namespace shoujie::directory {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using D = v1::Directory;

constexpr int kOffice = 2;                                                               // calendars of the sample
constexpr int kStudy = 0, kVip = 1, kComplaintPolicy = 2, kFaultPolicy = 3, kOther = 4;  // its rows
constexpr int kDispatch = 0, kSign = 1, kCustody = 3, kResolve = 4;                      // targets of a row

TEST(SlaTest, TheSampleHasNoMistake) {
  EXPECT_THAT(Found(SampleDirectory()), IsEmpty());
  const D sample = SampleDirectory();
  ASSERT_EQ(sample.calendars(kOffice).id(), "office-cn");
  ASSERT_EQ(sample.sla_policies_size(), 5);
  // Holidays and make-up days of the sample, as its calendar has them: the year works as many days as it should.
  const Calendar office = *MakeCalendar(sample.calendars(kOffice));
  const absl::TimeZone zone = absl::FixedTimeZone(8 * 3600);
  int days = 0;
  for (absl::CivilDay day(2026, 1, 1); day <= absl::CivilDay(2026, 12, 31); ++day) {
    days += office.Works(absl::FromCivil(absl::CivilHour(day) + 10, zone));
  }
  EXPECT_EQ(days, 261 - 19 + 6) << "weekdays, less weekdays off, and six weekend days worked in exchange";
}

TEST(SlaTest, CalendarsThatNobodyCanWorkOn) {
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_calendars(kOffice)->set_time_zone("Asia/Nowhere"); }),
              ElementsAre("BAD_TIME_ZONE calendars[2].time_zone"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_calendars(kOffice)->clear_hours(); }),
              ElementsAre("CALENDAR_WITHOUT_WORK calendars[2].hours"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_calendars(kOffice)->mutable_hours(1)->set_open_minute(11 * 60); }),
              ElementsAre("BAD_SERVICE_HOURS calendars[2].hours[1]"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_calendars(kOffice)->mutable_days(0)->set_date("2026-02-30"); }),
              ElementsAre("BAD_CALENDAR_DAY calendars[2].days[0]"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_calendars(kOffice)->mutable_days(1)->set_date("2026-01-01"); }),
              ElementsAre("BAD_CALENDAR_DAY calendars[2].days[1]"));
  EXPECT_THAT(FoundIf([](D& d) {
                auto* day = d.mutable_calendars(kOffice)->mutable_days(0);
                day->add_hours()->set_close_minute(600);
                day->add_hours()->set_close_minute(700);
              }),
              ElementsAre("BAD_CALENDAR_DAY calendars[2].days[0]"));
  EXPECT_THAT(FoundIf([](D& d) {
                for (absl::CivilDay day(2100, 1, 1); d.calendars(kOffice).days_size() <= 1000; ++day) {
                  d.mutable_calendars(kOffice)->add_days()->set_date(absl::FormatCivilTime(day));
                }
              }),
              ElementsAre("CALENDAR_TOO_LONG calendars[2].days"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_sites(0)->set_calendar("gone"); }),
              ElementsAre("UNKNOWN_REFERENCE sites[0].calendar"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_departments(1)->set_calendar("gone"); }),
              ElementsAre("UNKNOWN_REFERENCE departments[1].calendar"));
}

TEST(SlaTest, TargetsThatCannotBeKept) {
  const auto target = [](D& d, int row, int n) { return d.mutable_sla_policies(row)->mutable_targets(n); };
  const auto set = [](v1::ClockTarget* of, absl::Duration length) { *of->mutable_target() = ToProto(length); };
  EXPECT_THAT(FoundIf([&](D& d) { target(d, kOther, kSign)->clear_target(); }),
              ElementsAre("BAD_TARGET sla_policies[4].targets[1]"));
  EXPECT_THAT(FoundIf([&](D& d) { target(d, kOther, kSign)->set_same_day(true); }),
              ElementsAre("BAD_TARGET sla_policies[4].targets[1]"))
      << "either a length or the same day";
  EXPECT_THAT(FoundIf([&](D& d) { target(d, kStudy, kResolve)->set_calendar(v1::CLOCK_CALENDAR_ALWAYS); }),
              ElementsAre("BAD_TARGET sla_policies[0].targets[4]"))
      << "round the clock no day ends";
  EXPECT_THAT(FoundIf([&](D& d) { target(d, kOther, kSign)->clear_calendar(); }),
              ElementsAre("BAD_TARGET sla_policies[4].targets[1]"));
  EXPECT_THAT(FoundIf([&](D& d) { target(d, kOther, kResolve)->set_kind(v1::CLOCK_KIND_SIGN); }),
              ElementsAre("BAD_TARGET sla_policies[4].targets[4]"))
      << "a kind twice";
  // Five days a week of eight hours, ten years long: some 20 000 hours.
  EXPECT_THAT(FoundIf([&](D& d) { set(target(d, kOther, kCustody), absl::Hours(30'000)); }),
              ElementsAre("POLICY_UNMEETABLE sla_policies[4].targets[3]"))
      << "so much working time is beyond any calendar";
  EXPECT_THAT(FoundIf([&](D& d) { set(target(d, kOther, kCustody), absl::Hours(9)); }),
              ElementsAre("POLICY_UNMEETABLE sla_policies[4].targets"))
      << "two hours to sign and eight to reply are more than nine for the whole";
  EXPECT_THAT(FoundIf([&](D& d) {
                target(d, kOther, kDispatch)->set_calendar(v1::CLOCK_CALENDAR_ALWAYS);
                target(d, kOther, kCustody)->set_calendar(v1::CLOCK_CALENDAR_ALWAYS);
                set(target(d, kOther, kResolve), absl::Hours(16));
              }),
              ElementsAre("POLICY_UNMEETABLE sla_policies[4].targets"));
  EXPECT_THAT(FoundIf([&](D& d) { target(d, kOther, kSign)->add_warn_percent(90); }),
              ElementsAre("BAD_WARNING sla_policies[4].targets[1].warn_percent"));
  EXPECT_THAT(FoundIf([&](D& d) { target(d, kOther, kSign)->add_warn_percent(100); }),
              ElementsAre("BAD_WARNING sla_policies[4].targets[1].warn_percent"));
  EXPECT_THAT(FoundIf([&](D& d) { d.mutable_sla_policies(kOther)->clear_targets(); }),
              ElementsAre("POLICY_WITHOUT_TARGET sla_policies[4].targets"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_departments(1)->clear_calendar(); }),
              ElementsAre("POLICY_CALENDAR_MISSING departments[1].calendar"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_sites(1)->clear_calendar(); }),
              ElementsAre("POLICY_CALENDAR_MISSING sites[1].calendar"));
}

TEST(SlaTest, RowsThatCanNeverMatch) {
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_sla_policies()->SwapElements(kFaultPolicy, kOther); }),
              ElementsAre("POLICY_NEVER_MATCHES sla_policies[4]"))
      << "behind the row that matches everything";
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_sla_policies()->SwapElements(kVip, kComplaintPolicy); }),
              ElementsAre("POLICY_NEVER_MATCHES sla_policies[2]"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_sla_policies(kVip)->set_categories(0, "complaint-dealer"); }), IsEmpty());
  EXPECT_THAT(FoundIf([](D& d) {
                auto* row = d.mutable_sla_policies(kFaultPolicy);
                row->set_categories(0, "complaint-damaged");  // below "complaint", whose row stands above
              }),
              ElementsAre("POLICY_NEVER_MATCHES sla_policies[3]"));
  EXPECT_THAT(FoundIf([](D& d) {
                *d.add_sla_policies() = d.sla_policies(kFaultPolicy);
                d.mutable_sla_policies()->SwapElements(kOther, 5);
                d.mutable_sla_policies(kOther)->set_id("both");
                d.mutable_sla_policies(kOther)->add_categories("complaint");
              }),
              ElementsAre("POLICY_NEVER_MATCHES sla_policies[4]"))
      << "each of two rows above takes a half";
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_sla_policies(kOther)->add_reasons("ticket"); }),
              ElementsAre("NO_POLICY_FOR_ALL sla_policies"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_sla_policies(kVip)->add_classes(profile::v1::CUSTOMER_CLASS_VIP); }),
              ElementsAre("BAD_MATCHER sla_policies[1].classes"));
  EXPECT_THAT(
      FoundIf([](D& d) { d.mutable_sla_policies(kFaultPolicy)->add_channels(interaction::v1::CHANNEL_IMPORT); }),
      Contains("BAD_MATCHER sla_policies[3].channels"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_sla_policies(kStudy)->add_reasons(""); }),
              Contains("BAD_MATCHER sla_policies[0].reasons"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_sla_policies(kFaultPolicy)->set_categories(0, "gone"); }),
              Contains("UNKNOWN_REFERENCE sla_policies[3].categories[0]"));
  EXPECT_THAT(FoundIf([](D& d) {
                for (uint32_t n = 0; n < 2000; ++n) d.mutable_sla_policies(kStudy)->add_priorities(n);
                for (uint32_t n = 0; n < 20; ++n) d.mutable_sla_policies(kStudy)->add_reasons(absl::StrCat("r", n));
              }),
              ElementsAre("POLICY_TABLE_TOO_LARGE sla_policies"));
}

TEST(SlaTest, TheFirstRowThatMatchesCounts) {
  const D sample = SampleDirectory();
  const auto row = [&](std::vector<std::string> categories, profile::v1::CustomerClass customer_class,
                       std::string reason = "ticket") {
    return FirstMatch(sample, {.categories = std::move(categories), .customer_class = customer_class, .reason = reason})
        ->id();
  };
  const std::vector<std::string> damaged = {"complaint-damaged", "complaint"};
  EXPECT_EQ(row(damaged, profile::v1::CUSTOMER_CLASS_VIP), "complaint-vip");
  EXPECT_EQ(row(damaged, profile::v1::CUSTOMER_CLASS_NORMAL), "complaint");
  EXPECT_EQ(row(damaged, profile::v1::CUSTOMER_CLASS_VIP, "NO_AUTHORITY"), "study");
  EXPECT_EQ(row({}, profile::v1::CUSTOMER_CLASS_VIP), "other");
  EXPECT_EQ(FirstMatch(D(), SlaCase{}), nullptr);
}

}  // namespace
}  // namespace shoujie::directory
