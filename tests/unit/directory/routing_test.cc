// Routing tables, rosters and chains of fallbacks: what is found before they are published. Each finding by one mistake
// in a directory that has none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "services/directory/domain/merge.h"
#include "services/directory/domain/validate.h"
#include "services/directory/domain/validate_rosters.h"
#include "services/directory/domain/validate_routing.h"
#include "services/directory/sample.h"
#include "services/runtime/base/error.h"
#include "services/runtime/calendar/routing_table.h"
#include "tests/unit/directory/found.h"

namespace shoujie::directory {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using D = v1::Directory;

constexpr int kTech = 2;                                                            // a department of the sample
constexpr int kShipping = 0, kGoods = 1, kClimate = 2, kFault = 3, kComplaint = 4;  // its table
constexpr int kLogistics = 0, kHangzhou = 1, kUrumqi = 2, kOnCall = 3;              // its rosters

TEST(RoutingValidationTest, TheSampleHasNoMistake) {
  const D sample = SampleDirectory();
  EXPECT_THAT(Found(sample), IsEmpty());
  ASSERT_EQ(sample.routing_rules_size(), 5);
  ASSERT_EQ(sample.rosters_size(), 4);
  ASSERT_EQ(sample.departments(kTech).id(), "tech");
  ASSERT_EQ(sample.policies().default_department(), "quality");
}

TEST(RoutingValidationTest, WhatIsNamedMustBeThere) {
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_policies()->set_default_department("gone"); }),
              ElementsAre("UNKNOWN_REFERENCE policies.default_department"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_departments(0)->set_fallback_department("gone"); }),
              ElementsAre("UNKNOWN_REFERENCE departments[0].fallback_department"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_departments(0)->set_on_call_role("nights"); }),
              ElementsAre("DUTY_ROLE_WITHOUT_ROSTER departments[0].on_call_role"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules(kFault)->set_department("gone"); }),
              ElementsAre("UNKNOWN_REFERENCE routing_rules[3].department"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules(kFault)->clear_department(); }),
              ElementsAre("UNKNOWN_REFERENCE routing_rules[3].department"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules(kFault)->set_duty_role("nights"); }),
              ElementsAre("DUTY_ROLE_WITHOUT_ROSTER routing_rules[3].duty_role"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules(kFault)->set_duty_role("on-call"); }), IsEmpty());
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules(kFault)->set_categories(1, "gone"); }),
              ElementsAre("UNKNOWN_REFERENCE routing_rules[3].categories[1]"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules(kFault)->add_sites("gone"); }),
              Contains("UNKNOWN_REFERENCE routing_rules[3].sites[0]"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules(kFault)->add_products("gone"); }),
              Contains("UNKNOWN_REFERENCE routing_rules[3].products[0]"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules(kFault)->set_calendar("gone"); }),
              ElementsAre("UNKNOWN_REFERENCE routing_rules[3].calendar"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_rosters(kLogistics)->set_department("gone"); }),
              ElementsAre("UNKNOWN_REFERENCE rosters[0].department"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_rosters(kLogistics)->set_site("gone"); }),
              ElementsAre("UNKNOWN_REFERENCE rosters[0].site"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_rosters(kLogistics)->set_calendar("gone"); }),
              ElementsAre("UNKNOWN_REFERENCE rosters[0].calendar"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_rosters(kLogistics)->set_people(1, "9999"); }),
              ElementsAre("UNKNOWN_REFERENCE rosters[0].people[1]"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules(kFault)->set_id("climate"); }),
              ElementsAre("DUPLICATE_ID routing_rules[3].id"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_rosters(kOnCall)->set_id("on call"); }),
              ElementsAre("BAD_ID rosters[3].id"));
}

TEST(RoutingValidationTest, MatchersNameWhatThereIsOnce) {
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules(kFault)->add_categories("fault"); }),
              ElementsAre("BAD_MATCHER routing_rules[3].categories"));
  EXPECT_THAT(
      FoundIf([](D& d) { d.mutable_routing_rules(kFault)->add_classes(profile::v1::CUSTOMER_CLASS_UNSPECIFIED); }),
      Contains("BAD_MATCHER routing_rules[3].classes"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules(kFault)->add_channels(interaction::v1::CHANNEL_IMPORT); }),
              Contains("BAD_MATCHER routing_rules[3].channels"));
  EXPECT_THAT(
      FoundIf([](D& d) { d.mutable_routing_rules(kFault)->add_channels(static_cast<interaction::v1::Channel>(99)); }),
      Contains("BAD_MATCHER routing_rules[3].channels"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules(kFault)->add_languages(""); }),
              Contains("BAD_MATCHER routing_rules[3].languages"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules(kClimate)->add_skills("climate"); }),
              ElementsAre("BAD_MATCHER routing_rules[2].skills"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules(kFault)->set_outside(true); }),
              ElementsAre("BAD_MATCHER routing_rules[3].outside"))
      << "outside of what?";
}

TEST(RoutingValidationTest, RowsThatCanNeverMatch) {
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules()->SwapElements(kClimate, kFault); }),
              ElementsAre("RULE_NEVER_MATCHES routing_rules[3]"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules()->SwapElements(kGoods, kComplaint); }),
              ElementsAre("RULE_NEVER_MATCHES routing_rules[4]"))
      << "below a category whose row stands above";
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_routing_rules(kShipping)->clear_categories(); }),
              ElementsAre("RULE_NEVER_MATCHES routing_rules[1]", "RULE_NEVER_MATCHES routing_rules[2]",
                          "RULE_NEVER_MATCHES routing_rules[3]", "RULE_NEVER_MATCHES routing_rules[4]"));
  // Two rows above take a half each: within and outside the same hours.
  const auto halves = [](D& d, bool second_outside) {
    for (const bool outside : {false, true}) {
      auto* row = d.mutable_routing_rules(outside ? kGoods : kShipping);
      row->clear_categories();
      row->add_categories("fault");
      row->set_calendar("office-cn");
      row->set_outside(outside && second_outside);
    }
    d.mutable_routing_rules(kClimate)->clear_products();
  };
  EXPECT_THAT(FoundIf([&](D& d) { halves(d, true); }), ElementsAre("RULE_NEVER_MATCHES routing_rules[2]"))
      << "the row of faults has another category besides";
  EXPECT_THAT(FoundIf([&](D& d) { halves(d, false); }), ElementsAre("RULE_NEVER_MATCHES routing_rules[1]"));
  EXPECT_THAT(FoundIf([](D& d) {
                d.mutable_routing_rules(kClimate)->clear_products();
                d.mutable_routing_rules(kClimate)->add_languages("zh");
                d.mutable_routing_rules(kFault)->add_languages("zh-CN");
                d.mutable_routing_rules(kFault)->mutable_categories()->RemoveLast();
              }),
              ElementsAre("RULE_NEVER_MATCHES routing_rules[3]"))
      << "a kind of Chinese is Chinese";
}

TEST(RoutingValidationTest, AGapIsFoundAndNamed) {
  const auto gap = [](auto change) {
    D directory = SampleDirectory();
    directory.mutable_policies()->clear_default_department();
    change(directory);
    for (const Finding& finding : Validate(directory)) {
      if (finding.reason == "NO_RULE_FOR_ALL") return finding.value;
    }
    return std::string("none");
  };
  EXPECT_EQ(gap([](D&) {}), "") << "whatever is of no category";
  const auto last = [](D& d) {
    auto* row = d.add_routing_rules();
    row->set_id("other");
    row->set_department("quality");
    return row;
  };
  EXPECT_EQ(gap([&](D& d) { last(d); }), "none");
  EXPECT_EQ(gap([&](D& d) { last(d)->set_calendar("office-cn"); }), "outside office-cn");
  EXPECT_EQ(gap([&](D& d) {
              last(d)->set_calendar("office-cn");
              auto* night = last(d);
              night->set_id("night");
              night->set_calendar("office-cn");
              night->set_outside(true);
            }),
            "none");
  EXPECT_EQ(gap([&](D& d) {
              last(d)->add_sites("hangzhou");
              auto* south = last(d);
              south->set_id("south");
              south->add_sites("urumqi");
            }),
            "")
      << "a ticket may have no site";
  EXPECT_EQ(gap([](D& d) { d.clear_routing_rules(); }), "none") << "then offers name their department";
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_policies()->clear_default_department(); }),
              ElementsAre("NO_RULE_FOR_ALL routing_rules"));
}

TEST(RoutingValidationTest, ATableThatNobodyCouldLookThroughIsTooLarge) {
  EXPECT_THAT(FoundIf([](D& d) {
                const auto rule = d.routing_rules(kFault);
                for (int n = 0; n < 300; ++n) {
                  auto* row = d.add_routing_rules();
                  *row = rule;
                  row->set_id(absl::StrCat("r", n));
                }
              }),
              ElementsAre("ROUTING_TABLE_TOO_LARGE routing_rules"));
  // Each row looks at one thing, and at the hour: which one counts is not known before everything is.
  const auto every = [](D& d, bool with_channels) {
    d.clear_routing_rules();
    const auto add = [&d] {
      auto* row = d.add_routing_rules();
      row->set_id(absl::StrCat("r", d.routing_rules_size()));
      row->set_department("tech");
      row->add_languages("zh");
      row->set_calendar("office-cn");
      return row;
    };
    // What is below something stands behind it.
    for (int n = d.categories_size(); n-- > 0;) add()->add_categories(d.categories(n).id());
    for (int n = d.products_size(); n-- > 0;) add()->add_products(d.products(n).id());
    for (const auto& site : d.sites()) add()->add_sites(site.id());
    for (int n = 1; n < profile::v1::CustomerClass_ARRAYSIZE; ++n) {
      add()->add_classes(static_cast<profile::v1::CustomerClass>(n));
    }
    for (int n = 1; with_channels && n < interaction::v1::CHANNEL_IMPORT; ++n) {
      add()->add_channels(static_cast<interaction::v1::Channel>(n));
    }
  };
  EXPECT_THAT(FoundIf([&](D& d) { every(d, false); }), IsEmpty()) << "a table that nobody would write, and yet";
  EXPECT_THAT(FoundIf([&](D& d) { every(d, true); }), ElementsAre("ROUTING_TABLE_TOO_LARGE routing_rules"));
}

TEST(RoutingValidationTest, FallbacksLeadToSomebodyAndNeverBack) {
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_departments(kTech)->set_fallback_department("tech"); }),
              ElementsAre("FALLBACK_CYCLE departments[2].fallback_department"));
  EXPECT_THAT(FoundIf([](D& d) {
                d.mutable_departments(0)->set_fallback_department("tech");
                d.mutable_departments(kTech)->set_fallback_department("warehouse");  // which falls back to logistics
                d.mutable_departments(3)->set_fallback_department("tech");           // only leads into it
              }),
              ElementsAre("FALLBACK_CYCLE departments[0].fallback_department",
                          "FALLBACK_CYCLE departments[1].fallback_department",
                          "FALLBACK_CYCLE departments[2].fallback_department"));
  // A department of an import needs no head; nobody may be led to it.
  const auto imported = [](D& d) {
    auto* source = d.add_sources();
    source->set_id("old");
    source->set_time_zone("UTC");
    auto* department = d.add_departments();
    department->set_id("theirs");
    department->set_source("old");
    return department;
  };
  EXPECT_THAT(FoundIf([&](D& d) {
                imported(d);
                d.mutable_policies()->set_default_department("theirs");
              }),
              ElementsAre("ROUTE_TO_NOBODY policies.default_department"));
  EXPECT_THAT(FoundIf([&](D& d) {
                imported(d)->set_fallback_department("tech");
                d.mutable_policies()->set_default_department("theirs");
              }),
              IsEmpty());
  EXPECT_THAT(FoundIf([&](D& d) {
                imported(d);
                d.mutable_routing_rules(kFault)->set_department("theirs");
              }),
              IsEmpty())
      << "the default department is behind it";
  D sample = SampleDirectory();
  std::vector<std::string> chain;
  for (const auto* one : FallbacksOf(sample, "warehouse")) chain.push_back(one->id());
  EXPECT_THAT(chain, ElementsAre("warehouse", "logistics", "quality"));
}

TEST(RoutingValidationTest, RostersNamePeopleWhoMaySign) {
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_rosters(kLogistics)->clear_people(); }),
              ElementsAre("EMPTY_ROSTER rosters[0].people"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_rosters(kLogistics)->add_people("1030"); }),
              ElementsAre("ROSTER_PERSON_TWICE rosters[0].people[2]"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_rosters(kLogistics)->add_people("1035"); }),
              ElementsAre("ROSTER_PERSON_NOT_OF_DEPARTMENT rosters[0].people[2]"));
  EXPECT_THAT(
      FoundIf([](D& d) {
        for (auto& agent : *d.mutable_agents()) agent.set_left(agent.id() == "1036");
        auto* deputies = d.mutable_departments(kTech)->mutable_deputies();
        deputies->erase(deputies->begin());
      }),
      ElementsAre("POST_HELD_BY_LEFT_AGENT rosters[1].people[0]", "POST_HELD_BY_LEFT_AGENT rosters[2].people[1]",
                  "POST_HELD_BY_LEFT_AGENT rosters[3].people[0]"));
}

TEST(RoutingValidationTest, RostersHaveOneKindOfHours) {
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_rosters(kUrumqi)->set_calendar("office-cn"); }),
              ElementsAre("BAD_ROSTER_HOURS rosters[2]"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_rosters(kOnCall)->set_time_zone("UTC"); }),
              ElementsAre("BAD_ROSTER_HOURS rosters[3]"))
      << "of which shifts?";
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_rosters(kUrumqi)->set_time_zone("Asia/Nowhere"); }),
              ElementsAre("BAD_TIME_ZONE rosters[2].time_zone"));
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_rosters(kUrumqi)->mutable_shifts(1)->set_weekday(1); }),
              ElementsAre("BAD_SERVICE_HOURS rosters[2].shifts"))
      << "twice at the same hours";
  EXPECT_THAT(FoundIf([](D& d) { d.mutable_rosters(kUrumqi)->mutable_shifts(1)->set_weekday(0); }),
              ElementsAre("BAD_SERVICE_HOURS rosters[2].shifts"));
}

TEST(RoutingValidationTest, RostersThatOverlapAreAmbiguous) {
  const auto add = [](D& d, int like) {
    auto* row = d.add_rosters();
    *row = d.rosters(like);
    row->set_id("second");
    return row;
  };
  EXPECT_THAT(FoundIf([&](D& d) { add(d, kUrumqi); }), ElementsAre("ROSTERS_OVERLAP rosters[4]"));
  EXPECT_THAT(FoundIf([&](D& d) { add(d, kUrumqi)->clear_site(); }), IsEmpty()) << "the site's own come first";
  EXPECT_THAT(FoundIf([&](D& d) { add(d, kUrumqi)->set_duty_role("other"); }), IsEmpty());
  EXPECT_THAT(FoundIf([&](D& d) { add(d, kOnCall); }), ElementsAre("ROSTERS_OVERLAP rosters[4]")) << "both always";
  EXPECT_THAT(FoundIf([&](D& d) { add(d, kHangzhou); }), ElementsAre("ROSTERS_OVERLAP rosters[4]"));
  EXPECT_THAT(FoundIf([&](D& d) { add(d, kHangzhou)->clear_calendar(); }), ElementsAre("ROSTERS_OVERLAP rosters[4]"));
  // One after the other, in two zones: the evening begins when the day of the other zone ends, to the minute.
  const auto evening = [&](D& d, uint32_t open_minute) {
    auto* row = add(d, kUrumqi);
    row->set_time_zone("Asia/Shanghai");
    for (auto& shift : *row->mutable_shifts()) {
      shift.set_open_minute(open_minute);
      shift.set_close_minute(23 * 60);
    }
  };
  EXPECT_THAT(FoundIf([&](D& d) { evening(d, 21 * 60); }), IsEmpty()) << "19:00 in Urumqi is 21:00 in Shanghai";
  EXPECT_THAT(FoundIf([&](D& d) { evening(d, 21 * 60 - 1); }), ElementsAre("ROSTERS_OVERLAP rosters[4]"));
  // Only while one of the two zones has summer time.
  EXPECT_THAT(FoundIf([&](D& d) {
                auto* day = d.mutable_rosters(kUrumqi);
                day->set_time_zone("Europe/Berlin");
                auto* row = add(d, kUrumqi);
                row->set_time_zone("UTC");
                for (auto& shift : *row->mutable_shifts()) {
                  shift.set_open_minute(18 * 60);  // 19:00 in winter, 20:00 in summer
                  shift.set_close_minute(20 * 60);
                }
                for (auto& shift : *day->mutable_shifts()) shift.set_close_minute(19 * 60 + 30);
              }),
              ElementsAre("ROSTERS_OVERLAP rosters[4]"))
      << "in winter the day lasts half an hour into the evening";
}

TEST(RoutingValidationTest, WhoLeavesComesOffTheRosters) {
  D d = SampleDirectory();
  HandPostsOver("1036", "", &d);
  EXPECT_THAT(d.rosters(kHangzhou).people(), ElementsAre("1035"));
  EXPECT_THAT(d.rosters(kOnCall).people(), ElementsAre("1037"));
  d = SampleDirectory();
  HandPostsOver("1036", "1035", &d);
  EXPECT_THAT(d.rosters(kHangzhou).people(), ElementsAre("1035")) << "he stands there already";
  EXPECT_THAT(d.rosters(kUrumqi).people(), ElementsAre("1037", "1035"));
  d = SampleDirectory();
  HandPostsOver("1036", "1005", &d);
  EXPECT_THAT(d.rosters(kHangzhou).people(), ElementsAre("1005", "1035")) << "he is a deputy now";
  d = SampleDirectory();
  d.mutable_departments(kTech)->clear_deputies();
  HandPostsOver("1036", "1005", &d);
  EXPECT_THAT(d.rosters(kHangzhou).people(), ElementsAre("1035")) << "an agent of the hotline may not sign";
}

// The search for rows that never match and for gaps, against trying every ticket.
TEST(RoutingValidationRandomTest, FindsWhatTryingEverythingFinds) {
  std::mt19937 random(7);
  const auto chance = [&](uint32_t of_100) { return random() % 100 < of_100; };
  size_t gaps = 0, never = 0;
  for (int round = 0; round < 300; ++round) {
    D d = SampleDirectory();
    d.clear_routing_rules();
    d.mutable_policies()->clear_default_department();
    const char* some_categories[] = {"fault", "fault-offline", "complaint"};
    const char* some_languages[] = {"zh", "zh-CN", "ug"};
    const int rows = 1 + static_cast<int>(random() % 5);
    for (int n = 0; n < rows; ++n) {
      auto* row = d.add_routing_rules();
      row->set_id(absl::StrCat("r", n));
      row->set_department("tech");
      if (chance(50)) row->add_categories(some_categories[random() % 3]);
      if (chance(30)) row->add_sites(chance(50) ? "hangzhou" : "urumqi");
      if (chance(20)) row->add_products(chance(50) ? "climate" : "climate-robot");
      if (chance(20)) row->add_classes(profile::v1::CUSTOMER_CLASS_VIP);
      if (chance(20)) row->add_channels(interaction::v1::CHANNEL_PHONE);
      if (chance(30)) row->add_languages(some_languages[random() % 3]);
      if (chance(40)) row->set_calendar(chance(50) ? "office-cn" : "hotline-urumqi");
      row->set_outside(!row->calendar().empty() && chance(50));
    }
    bool gap = false;
    std::vector<bool> first(static_cast<size_t>(rows), false);
    using Texts = std::vector<std::string>;
    for (const Texts& categories : {Texts{}, Texts{"fault"}, Texts{"fault-offline", "fault"}, Texts{"complaint"}}) {
      for (const char* site : {"", "hangzhou", "urumqi"}) {
        for (const Texts& products : {Texts{}, Texts{"climate"}, Texts{"climate-robot", "climate"}}) {
          for (const auto customer_class : {profile::v1::CUSTOMER_CLASS_UNSPECIFIED, profile::v1::CUSTOMER_CLASS_VIP}) {
            for (const auto channel : {interaction::v1::CHANNEL_UNSPECIFIED, interaction::v1::CHANNEL_PHONE}) {
              for (const char* language : {"", "zh", "zh-CN", "zh-TW", "ug"}) {
                for (int calendars = 0; calendars < 4; ++calendars) {
                  RouteCase of{categories, site, products, customer_class, channel, language, {}};
                  if (calendars & 1) of.calendars.push_back("office-cn");
                  if (calendars & 2) of.calendars.push_back("hotline-urumqi");
                  const auto* row = FirstMatch(d, of);
                  gap = gap || row == nullptr;
                  if (row != nullptr) first[static_cast<size_t>(row->id()[1] - '0')] = true;
                }
              }
            }
          }
        }
      }
    }
    std::vector<Finding> findings;
    ValidateRouting(d, &findings);
    bool found_gap = false;
    std::vector<bool> found_never(static_cast<size_t>(rows), false);
    for (const Finding& finding : findings) {
      if (finding.reason == "NO_RULE_FOR_ALL") found_gap = true;
      if (finding.reason == "RULE_NEVER_MATCHES") found_never[static_cast<size_t>(finding.value[1] - '0')] = true;
    }
    EXPECT_EQ(found_gap, gap) << d.DebugString();
    for (size_t n = 0; n < first.size(); ++n) EXPECT_EQ(found_never[n], !first[n]) << n << "\n" << d.DebugString();
    gaps += gap;
    for (const bool is_first : first) never += !is_first;
  }
  EXPECT_GT(gaps, 50u);
  EXPECT_GT(never, 20u);
}

}  // namespace
}  // namespace shoujie::directory
