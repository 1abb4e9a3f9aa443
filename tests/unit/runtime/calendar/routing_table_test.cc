#include "services/runtime/calendar/routing_table.h"

#include <gtest/gtest.h>

#include "services/runtime/base/error.h"
#include "services/runtime/calendar/calendar_data.h"

namespace shoujie {
namespace {

using directory::v1::RoutingRule;

// A case that fits each row below as long as nothing is changed.
RouteCase Usual() {
  RouteCase of;
  of.categories = {"fault-offline", "fault"};
  of.site = "north";
  of.products = {"robot", "climate"};
  of.customer_class = profile::v1::CUSTOMER_CLASS_VIP;
  of.channel = interaction::v1::CHANNEL_PHONE;
  of.language = "zh-CN";
  of.calendars = {"office"};
  return of;
}
RoutingRule All() {
  RoutingRule row;
  row.add_categories("complaint");
  row.add_categories("fault");
  row.add_sites("north");
  row.add_products("climate");
  row.add_classes(profile::v1::CUSTOMER_CLASS_VIP);
  row.add_channels(interaction::v1::CHANNEL_PHONE);
  row.add_languages("zh");
  row.set_calendar("office");
  return row;
}

TEST(RoutingTableTest, ARowWithoutConditionsMatchesEverything) {
  EXPECT_EQ(MisfitOf(RoutingRule(), RouteCase()), std::nullopt);
  EXPECT_EQ(MisfitOf(RoutingRule(), Usual()), std::nullopt);
}

TEST(RoutingTableTest, EachConditionMustHold) {
  EXPECT_EQ(MisfitOf(All(), Usual()), std::nullopt);
  const auto misfit = [](auto change) {
    RouteCase of = Usual();
    change(of);
    return MisfitOf(All(), of);
  };
  EXPECT_EQ(misfit([](RouteCase& of) { of.categories = {"praise"}; }), RouteMatcher::kCategories);
  EXPECT_EQ(misfit([](RouteCase& of) { of.categories.clear(); }), RouteMatcher::kCategories) << "not known";
  EXPECT_EQ(misfit([](RouteCase& of) { of.site = "south"; }), RouteMatcher::kSites);
  EXPECT_EQ(misfit([](RouteCase& of) { of.products = {"kitchen"}; }), RouteMatcher::kProducts);
  EXPECT_EQ(misfit([](RouteCase& of) { of.customer_class = profile::v1::CUSTOMER_CLASS_NORMAL; }),
            RouteMatcher::kClasses);
  EXPECT_EQ(misfit([](RouteCase& of) { of.channel = interaction::v1::CHANNEL_CHAT; }), RouteMatcher::kChannels);
  EXPECT_EQ(misfit([](RouteCase& of) { of.language = "yue"; }), RouteMatcher::kLanguages);
  EXPECT_EQ(misfit([](RouteCase& of) { of.calendars.clear(); }), RouteMatcher::kHours);
  EXPECT_EQ(misfit([](RouteCase& of) { of.categories = {"complaint"}; }), std::nullopt) << "one of them is enough";
}

TEST(RoutingTableTest, HoursAreWithinACalendarOrOutsideOfIt) {
  RoutingRule row;
  row.set_calendar("office");
  row.set_outside(true);
  EXPECT_EQ(MisfitOf(row, Usual()), RouteMatcher::kHours);
  EXPECT_EQ(MisfitOf(row, RouteCase()), std::nullopt);
}

TEST(RoutingTableTest, TheFirstRowThatMatchesCounts) {
  directory::v1::Directory directory;
  EXPECT_EQ(FirstMatch(directory, Usual()), nullptr);
  *directory.add_routing_rules() = All();
  directory.mutable_routing_rules(0)->set_sites(0, "south");
  *directory.add_routing_rules() = All();
  directory.add_routing_rules();
  EXPECT_EQ(FirstMatch(directory, Usual()), &directory.routing_rules(1));
  EXPECT_EQ(FirstMatch(directory, RouteCase()), &directory.routing_rules(2));
}

TEST(RoutingTableTest, ALanguageIsWhatItIsAKindOf) {
  EXPECT_TRUE(IsLanguage("zh", "zh"));
  EXPECT_TRUE(IsLanguage("zh", "zh-CN"));
  EXPECT_FALSE(IsLanguage("zh-CN", "zh"));
  EXPECT_FALSE(IsLanguage("zh", "zha")) << "Zhuang";
  EXPECT_FALSE(IsLanguage("", "zh"));
  EXPECT_FALSE(IsLanguage("zh", ""));
}

TEST(RoutingTableTest, ShiftsOfARosterAreItsOwnCalendar) {
  directory::v1::Roster roster;
  roster.set_time_zone("Asia/Urumqi");
  auto* shift = roster.add_shifts();
  shift->set_weekday(1);
  shift->set_open_minute(22 * 60);
  shift->set_close_minute(24 * 60);
  const auto made = MakeShifts(roster);
  ASSERT_TRUE(made.ok()) << made.status();
  const absl::Time monday = absl::FromCivil(absl::CivilHour(2026, 3, 2, 16), absl::UTCTimeZone());  // 22:00 there
  EXPECT_TRUE(made->Works(monday));
  EXPECT_FALSE(made->Works(monday + absl::Hours(2)));
  shift->set_close_minute(24 * 60 + 1);
  EXPECT_EQ(ReasonOf(MakeShifts(roster).status()), "CALENDAR_HOURS");
}

}  // namespace
}  // namespace shoujie
