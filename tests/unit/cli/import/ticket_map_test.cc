// A map that is wrong: every mistake with its line, and what to do.
#include "services/cli/import/ticket_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "services/runtime/base/error.h"

namespace shoujie::importer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "line REASON key" of each mistake.
std::vector<std::string> Mistakes(const std::string& yaml) {
  std::vector<std::string> all;
  auto map = ReadTicketMap(yaml, [&all](uint64_t line, const absl::Status& why) {
    std::string text = std::to_string(line) + " " + ReasonOf(why);
    const auto detail = DetailOf(why);
    EXPECT_FALSE(detail.zh().empty());
    for (const auto& entry : detail.metadata()) {
      if (entry.key() == "key") text += " " + entry.value();
    }
    all.push_back(text);
  });
  EXPECT_EQ(map.ok(), all.empty());
  if (!map.ok()) {
    EXPECT_EQ(ReasonOf(map.status()), "MAP_INVALID");
  }
  return all;
}

const std::string kGood = R"(source: desk
zone: Asia/Shanghai
formats: "%Y-%m-%d"
case: id
time: at
activity: what
activities: {Create: new}
)";
std::string With(const std::string& from, const std::string& to) {
  EXPECT_NE(kGood.find(from), std::string::npos) << from;
  return absl::StrReplaceAll(kGood, {{from, to}});
}

TEST(TicketMapTest, TheSmallestMap) {
  ASSERT_THAT(Mistakes(kGood), IsEmpty());
  const auto map = ReadTicketMap(kGood, nullptr);
  ASSERT_TRUE(map.ok());
  EXPECT_EQ(map->source, "desk");
  EXPECT_EQ(map->name, "desk");
  EXPECT_EQ(map->zone.name(), "Asia/Shanghai");
  EXPECT_EQ(map->kind, TableKind::kCsv);
  EXPECT_EQ(map->facts.size(), 1u);
  EXPECT_EQ(map->activities.at("Create").state, router::v1::TICKET_STATE_NEW);
  EXPECT_FALSE(map->other.has_value());
}

TEST(TicketMapTest, AllMistakesAtOnce) {
  EXPECT_THAT(Mistakes("source: a b\n"
                       "zone: Mars/Olympus\n"
                       "formats: [\"%H:%M\", \"%Y-%m-%d\"]\n"
                       "colour: red\n"
                       "table: xml\n"
                       "case: {column: id, width: 3}\n"
                       "time: at\n"
                       "activity: what\n"
                       "activities:\n"
                       "  Create: born\n"
                       "  Assign: {group: perhaps}\n"
                       "group: {column: team, name: \"Team\"}\n"
                       "queue: {column: q, constant: main}\n"
                       "person: []\n"),
              ElementsAre("4 MAP_KEY_UNKNOWN colour", "1 MAP_VALUE source", "2 MAP_ZONE", "5 MAP_VALUE table",
                          "3 MAP_FORMAT", "6 MAP_KEY_UNKNOWN case.width", "11 MAP_KEY_MISSING activities.Assign.state",
                          "11 MAP_VALUE activities.Assign.group", "10 MAP_STATE activities.Create",
                          "12 MAP_VALUE group.name", "14 MAP_VALUE person", "13 MAP_VALUE queue"));
}

TEST(TicketMapTest, WhatAMapCannotDoWithout) {
  EXPECT_THAT(Mistakes("name: desk\n"),
              ElementsAre("1 MAP_KEY_MISSING source", "1 MAP_KEY_MISSING zone", "1 MAP_KEY_MISSING formats",
                          "1 MAP_KEY_MISSING case", "1 MAP_SHAPE"));
  EXPECT_THAT(Mistakes(With("activity: what\n", "")), ElementsAre("1 MAP_KEY_MISSING activity"));
  EXPECT_THAT(Mistakes(With("activities: {Create: new}\n", "")), ElementsAre("1 MAP_KEY_MISSING activities"));
  EXPECT_THAT(Mistakes(With("activities: {Create: new}\n", "other: active\n")), IsEmpty());
  EXPECT_THAT(Mistakes(With("Create: new", "Move: handed-off")), ElementsAre("7 MAP_KEY_MISSING group"));
  EXPECT_THAT(Mistakes(With("Create: new", "Move: handed-off") + "group: team\n"), IsEmpty());
}

TEST(TicketMapTest, OneShapeOfRows) {
  const std::string several = With("time: at\nactivity: what\nactivities: {Create: new}\n",
                                   "facts:\n  - {time: a, state: new}\n  - {time: b, state: closed}\n");
  EXPECT_THAT(Mistakes(several), IsEmpty());
  EXPECT_THAT(Mistakes(several + "time: c\n"), ElementsAre("6 MAP_SHAPE", "1 MAP_KEY_MISSING activity"));
  EXPECT_THAT(Mistakes(With("time: at\nactivity: what\nactivities: {Create: new}\n", "facts: []\n")),
              ElementsAre("5 MAP_VALUE facts"));
  EXPECT_THAT(Mistakes(With("time: at\nactivity: what\nactivities: {Create: new}\n", "facts: [{time: a}, b]\n")),
              ElementsAre("5 MAP_KEY_MISSING facts.state", "5 MAP_VALUE facts"));
  EXPECT_THAT(Mistakes(With("time: at\nactivity: what\nactivities: {Create: new}\n",
                            "facts: [{state: new}]\nactivities: {Create: new}\n")),
              ElementsAre("5 MAP_KEY_MISSING facts.time", "1 MAP_KEY_MISSING activity"));
}

TEST(TicketMapTest, ValuesOfTheWrongKind) {
  EXPECT_THAT(Mistakes(With("case: id", "case: {constant: 7}")), ElementsAre("4 MAP_VALUE case"));
  EXPECT_THAT(Mistakes(With("time: at", "time: {constant: now}")), ElementsAre("5 MAP_VALUE time"));
  EXPECT_THAT(Mistakes(kGood + "due: {constant: 2024-01-01}\n"), ElementsAre("8 MAP_VALUE due"));
  EXPECT_THAT(Mistakes(kGood + "queue: {constant: " + std::string(65, 'q') + "}\n"),
              ElementsAre("8 MAP_VALUE queue.constant"));
  EXPECT_THAT(Mistakes(With("time: at", "time: {column: []}")),
              ElementsAre("5 MAP_VALUE time.column", "5 MAP_VALUE time"));
  EXPECT_THAT(Mistakes(With("activities: {Create: new}", "activities: new")),
              ElementsAre("7 MAP_VALUE activities", "1 MAP_KEY_MISSING activities"));
  EXPECT_THAT(Mistakes(kGood + "priority: {column: p, words: {High: one}}\n"),
              ElementsAre("8 MAP_VALUE priority.words.High"));
  EXPECT_THAT(Mistakes(kGood + "person: {column: p, kind: \"of the shop\"}\n"), ElementsAre("8 MAP_VALUE person.kind"));
  EXPECT_THAT(Mistakes(kGood + "[1, 2]: x\n"), ElementsAre("8 MAP_KEY_UNKNOWN "));
  EXPECT_THAT(Mistakes(kGood + "case: again\n"), ElementsAre("8 MAP_KEY_TWICE case"));
  EXPECT_THAT(Mistakes(With("source: desk", "source: " + std::string(25, 's'))), ElementsAre("1 MAP_VALUE source"));
}

TEST(TicketMapTest, WhatIsNoMapAtAll) {
  EXPECT_THAT(Mistakes(""), ElementsAre("1 MAP_VALUE"));
  EXPECT_THAT(Mistakes("- a\n- b\n"), ElementsAre("1 MAP_VALUE"));
  EXPECT_THAT(Mistakes("source: desk\nzone: [\n"), ::testing::SizeIs(1));
  EXPECT_THAT(Mistakes("source: \"desk\n"), ::testing::Not(IsEmpty()));
  EXPECT_THAT(Mistakes("source: \xC4\xE3\n"), ElementsAre("1 MAP_SYNTAX"));
  EXPECT_EQ(ReasonOf(ReadTicketMap(std::string(kMapBytesMax + 1, '#'), nullptr).status()), "MAP_TOO_LONG");
  std::string deep = "source: ";
  for (int i = 0; i < 20'000; ++i) deep += "[";
  EXPECT_THAT(Mistakes(deep), ::testing::SizeIs(1));
}

}  // namespace
}  // namespace shoujie::importer
