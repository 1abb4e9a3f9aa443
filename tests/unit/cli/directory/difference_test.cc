#include "services/cli/directory/difference.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/directory/file.h"
#include "services/directory/sample.h"

namespace shoujie::cli {
namespace {

using directory::v1::Directory;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "changed agents/1005.site: hangzhou → urumqi", a line each.
std::vector<std::string> Lines(const std::vector<Change>& changes) {
  std::vector<std::string> lines;
  for (const Change& change : changes) {
    lines.push_back(absl::StrCat(KindWord(change.kind), " ", change.table, "/", change.id, ".", change.field, ": ",
                                 ValueText(change.before), " → ", ValueText(change.after)));
  }
  return lines;
}
template <typename Edit>
std::vector<Change> After(Edit edit) {
  const Directory before = directory::SampleDirectory();
  Directory after = before;
  edit(&after);
  return Difference(before, after);
}
template <typename Edit>
std::vector<std::string> LinesAfter(Edit edit) {
  return Lines(After(edit));
}

TEST(Difference, NothingAndWhatIsNoContent) {
  EXPECT_THAT(LinesAfter([](Directory*) {}), IsEmpty());
  EXPECT_THAT(LinesAfter([](Directory* d) {
                d->set_version(9);
                d->set_etag("9");
                d->add_features()->set_name("urging");
              }),
              IsEmpty());
}

TEST(Difference, ShowsCapacities) {
  EXPECT_THAT(LinesAfter([](Directory* d) {
                d->mutable_departments(2)->set_member_capacity(4);
                d->mutable_agents(4)->set_capacity(2);
              }),
              ElementsAre("changed agents/1005.capacity:  → 2", "changed departments/tech.member_capacity:  → 4"));
}

TEST(Difference, IsFieldByFieldInRowsByTheirId) {
  EXPECT_THAT(LinesAfter([](Directory* d) {
                d->mutable_agents(4)->set_site("urumqi");
                d->mutable_agents(4)->clear_team();
                d->mutable_agents(4)->add_skills("order");
                d->mutable_sites(0)->mutable_answer_window()->set_rings_max(4);
                d->mutable_sites(0)->mutable_answer_window()->clear_alarm_after();
                d->mutable_policies()->mutable_undo_window()->set_seconds(60);
                d->mutable_agents(5)->set_left(true);
              }),
              ElementsAre("changed sites/hangzhou.answer_window.rings_max: 3 → 4",
                          "changed sites/hangzhou.answer_window.alarm_after: 17s → ",
                          "changed agents/1005.site: hangzhou → urumqi", "changed agents/1005.team: hz-day → ",
                          "changed agents/1005.skills: [\"lighting\"] → [\"lighting\",\"order\"]",
                          "changed agents/1006.left:  → true", "changed policies/.undo_window: 600s → 60s"));
}

TEST(Difference, RowsComeGoAndMove) {
  EXPECT_THAT(LinesAfter([](Directory* d) {
                d->mutable_teams()->DeleteSubrange(1, 1);
                d->add_teams()->set_id("night");
              }),
              ElementsAre("removed teams/hz-late.: {\"id\":\"hz-late\",\"display_name\":\"Hangzhou late "
                          "team\",\"display_name_zh\":\"杭州晚班组\",\"site\":\"hangzhou\",\"leader\":\"1004\"} → ",
                          "added teams/night.:  → {\"id\":\"night\"}"));
  // The order of policies says which one matches: one row that goes to the front has moved, not all others.
  EXPECT_THAT(LinesAfter([](Directory* d) {
                auto* rows = d->mutable_sla_policies();
                for (int i = 3; i > 0; --i) rows->SwapElements(i, i - 1);
              }),
              ElementsAre("moved sla_policies/fault.: 4 → 1"));
  // Without rows before, and without any afterwards.
  Directory empty, one;
  one.add_products()->set_id("lamp");
  EXPECT_THAT(Lines(Difference(empty, one)), ElementsAre("added products/lamp.:  → {\"id\":\"lamp\"}"));
  EXPECT_THAT(Lines(Difference(one, empty)), ElementsAre("removed products/lamp.: {\"id\":\"lamp\"} → "));
}

TEST(Difference, ListsWithoutIdsAreComparedElementByElement) {
  EXPECT_THAT(LinesAfter([](Directory* d) {
                auto* days = d->mutable_calendars(2)->mutable_days();
                days->DeleteSubrange(0, 1);
                days->Mutable(5)->set_display_name("x");
                days->Add()->set_date("2027-01-01");
              }),
              ElementsAre("removed calendars/office-cn.days[0]: "
                          "{\"date\":\"2026-01-01\",\"display_name\":\"New Year\",\"display_name_zh\":\"元旦\"} → ",
                          "changed calendars/office-cn.days[5].display_name: Spring Festival → x",
                          "added calendars/office-cn.days[38]:  → {\"date\":\"2027-01-01\"}"));
}

TEST(Difference, AnIdThatStandsTwiceIsAnotherRow) {
  EXPECT_THAT(LinesAfter([](Directory* d) {
                *d->add_teams() = d->teams(0);
                d->mutable_teams(3)->set_site("urumqi");
              }),
              ElementsAre(testing::HasSubstr("added teams/hz-day.")));
}

TEST(Collisions, AreWhatBothTouched) {
  const auto theirs = After([](Directory* d) {
    d->mutable_agents(4)->set_site("urumqi");
    d->mutable_teams()->DeleteSubrange(1, 1);
    d->mutable_sites(0)->mutable_answer_window()->set_rings_max(4);
    d->mutable_sla_policies()->SwapElements(0, 1);
    d->mutable_calendars(2)->mutable_days()->DeleteSubrange(0, 1);
  });
  const auto mine = After([](Directory* d) {
    d->mutable_agents(4)->set_site("elsewhere");    // the same field
    d->mutable_agents(4)->set_display_name("x");    // another one
    d->mutable_agents(5)->set_site("urumqi");       // another row
    d->mutable_teams(1)->set_site("urumqi");        // of a row that is gone
    d->mutable_sites(0)->clear_answer_window();     // of which that is a part
    d->mutable_sla_policies()->SwapElements(2, 3);  // another order
    d->mutable_calendars(2)->mutable_days(7)->set_display_name("x");
  });
  std::vector<std::string> names;
  for (const Change& change : Collisions(mine, theirs)) {
    names.push_back(absl::StrCat(change.table, "/", change.id, ".", change.field));
  }
  EXPECT_THAT(names, ElementsAre("sites/hangzhou.answer_window", "teams/hz-late.site", "agents/1005.site",
                                 "calendars/office-cn.days[7].display_name", testing::HasSubstr("sla_policies/")));
  EXPECT_THAT(Collisions(mine, {}), IsEmpty());
}

// What a difference says, done to the one, makes the other: counted, for random edits.
TEST(Difference, IsThereExactlyWhenTwoDiffer) {
  std::mt19937 random(11);
  const Directory base = directory::SampleDirectory();
  for (int i = 0; i < 200; ++i) {
    Directory one = base;
    size_t edits = 0;
    for (uint32_t n = random() % 4; n > 0; --n) {
      auto* agent = one.mutable_agents(static_cast<int>(random() % static_cast<uint32_t>(one.agents_size())));
      if (agent->display_name() == absl::StrCat("edit ", i)) continue;
      agent->set_display_name(absl::StrCat("edit ", i));
      ++edits;
    }
    EXPECT_EQ(Difference(base, one).size(), edits);
    EXPECT_EQ(Difference(one, base).size(), edits);
  }
}

}  // namespace
}  // namespace shoujie::cli
