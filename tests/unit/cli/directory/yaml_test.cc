// Messages as YAML and back: nothing is lost or becomes something else, and every mistake is told where it stands.
#include "services/cli/directory/yaml.h"

#include <yaml-cpp/yaml.h>

#include <random>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/directory/file.h"
#include "services/directory/sample.h"
#include "services/runtime/base/error.h"
#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie::cli {
namespace {

using directory::v1::Directory;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Read {
  absl::Status status;
  Directory directory;
  std::vector<std::string> mistakes;  // "2:3 REASON field=…"
  Places places;
};
Read From(absl::string_view yaml) {
  Read read;
  read.status = FromYaml(
      yaml, &read.directory,
      [&](const YamlMistake& mistake) {
        const auto detail = DetailOf(mistake.why);
        std::string text = absl::StrCat(mistake.at.line, ":", mistake.at.column, " ", detail.reason());
        for (const auto& entry : detail.metadata()) {
          if (entry.key() == "known" || entry.key() == "value") continue;
          absl::StrAppend(&text, " ", entry.key(), "=", entry.value());
        }
        read.mistakes.push_back(text);
        EXPECT_FALSE(detail.zh().empty());
      },
      &read.places);
  return read;
}
void ExpectSame(const Directory& directory) {
  const std::string yaml = ToYaml(directory);
  const Read read = From(yaml);
  ASSERT_TRUE(read.status.ok()) << read.status << testing::PrintToString(read.mistakes) << "\n" << yaml;
  ASSERT_EQ(read.directory.SerializeAsString(), directory.SerializeAsString()) << yaml;
  EXPECT_EQ(ToYaml(read.directory), yaml);
}

TEST(Yaml, TheSampleReadsBackAsItWas) {
  ExpectSame(directory::SampleDirectory());
  ExpectSame(Directory());
}

TEST(Yaml, ItIsWhatPeopleWouldWrite) {
  Directory directory;
  auto* agent = directory.add_agents();
  agent->set_id("1005");
  agent->set_display_name("章文静");
  agent->set_role(directory::v1::AGENT_ROLE_AGENT);
  for (const char* skill : {"lighting", "0571"}) agent->add_skills(skill);
  agent->set_left(true);
  directory.add_teams()->set_id("hz-day");
  directory.mutable_policies()->mutable_undo_window()->set_seconds(600);
  auto* hours = directory.add_sites()->add_service_hours();
  hours->set_weekday(1);
  hours->set_close_minute(1440);
  EXPECT_EQ(ToYaml(directory), R"(sites:
  - service_hours:
      - weekday: 1
        close_minute: 1440

teams:
  - id: hz-day

agents:
  - id: "1005"
    display_name: 章文静
    role: AGENT_ROLE_AGENT
    skills: [lighting, "0571"]
    left: true

policies:
  undo_window: 600s
)");
}

TEST(Yaml, TextsThatLookLikeSomethingElseStayTexts) {
  const std::vector<std::string> texts = {"true",
                                          "False",
                                          "YES",
                                          "no",
                                          "on",
                                          "Off",
                                          "y",
                                          "N",
                                          "null",
                                          "Null",
                                          "~",
                                          "",
                                          " ",
                                          " a",
                                          "a ",
                                          "1005",
                                          "0017",
                                          "-1",
                                          "+1",
                                          "1.5",
                                          "1e5",
                                          ".5",
                                          ".inf",
                                          ".nan",
                                          "0x1F",
                                          "0o17",
                                          "1_000",
                                          "6:30",
                                          "12:30:45",
                                          "2026-10-01",
                                          "2026-10-01T08:00:00Z",
                                          "600s",
                                          "s",
                                          "1.2.3s",
                                          "- a",
                                          "a: b",
                                          "a:",
                                          ":a",
                                          "# a",
                                          "a # b",
                                          "a#b",
                                          "{a}",
                                          "[a]",
                                          "a, b",
                                          "&a",
                                          "*a",
                                          "!a",
                                          "|",
                                          ">",
                                          "%a",
                                          "@a",
                                          "`a`",
                                          "'",
                                          "\"",
                                          "\\",
                                          "a'b\"c\\d",
                                          "line\nline\n",
                                          "\n",
                                          "\t",
                                          "tab\there",
                                          "a\r\nb",
                                          std::string("nul\0nul", 7),
                                          "\x01\x7f",
                                          "\xc2\x85",
                                          "\xc2\xa0",
                                          "\xe2\x80\xa8",
                                          "\xef\xbb\xbf"
                                          "bom",
                                          "\xef\xbf\xbe",
                                          "é",
                                          "章：文，静",
                                          "　",
                                          "😀",
                                          "---",
                                          "...",
                                          "--- a",
                                          "? a",
                                          "?",
                                          "-",
                                          "=",
                                          "<<",
                                          "key",
                                          "a  b",
                                          "http://a/b?c#d",
                                          "50%",
                                          "(0571) 8800-1234",
                                          "a]",
                                          "a}",
                                          "[",
                                          "yes please",
                                          "NaN",
                                          "Inf"};
  for (const std::string& text : texts) {
    SCOPED_TRACE(text);
    Directory directory;
    auto* agent = directory.add_agents();
    agent->set_id(text);
    agent->set_display_name(text);
    agent->add_skills(text);
    agent->add_skills("b");
    agent->add_languages(text);
    ExpectSame(directory);
    // Other readers of YAML look at the quotes: whatever is plain must be a text to all of them.
    const auto node = YAML::Load(ToYaml(directory))["agents"][0]["id"];
    ASSERT_TRUE(text.empty() || node) << ToYaml(directory);
    if (!text.empty() && node.Tag() == "?") {
      double number = 0;
      bool flag = false;
      EXPECT_FALSE(YAML::convert<double>::decode(node, number));
      EXPECT_FALSE(YAML::convert<bool>::decode(node, flag));
      EXPECT_FALSE(node.IsNull());
    }
  }
}

TEST(Yaml, AnyTextReadsBack) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces = {"a",    "Z",    "0",    " ",        "\n",       "\t",
                                           ":",    "#",    "-",    "'",        "\"",       "\\",
                                           ",",    "[",    "]",    "{",        "}",        "&",
                                           "*",    "!",    "|",    ">",        "%",        "@",
                                           "`",    "~",    "?",    "=",        ".",        "_",
                                           "\x01", "\x1b", "\x7f", "\xc2\x85", "\xc2\xa0", "\xe2\x80\xa9",
                                           "é",    "章",   "。",   "　",       "😀",        "\xef\xbf\xbf",
                                           "true", "null", "1",    "e"};
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (uint32_t n = random() % 8; n > 0; --n) text += pieces[random() % pieces.size()];
    Directory directory;
    directory.add_sites()->set_id(text);
    directory.mutable_sites(0)->set_display_name(text + text);
    directory.add_agents()->add_skills(text);
    ExpectSame(directory);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(Yaml, EveryKindOfFieldReadsBack) {
  Directory directory;
  directory.set_version(18'446'744'073'709'551'615u);
  directory.mutable_policies();  // there, and empty
  auto* site = directory.add_sites();
  site->mutable_answer_window()->mutable_alarm_after()->set_seconds(-1);
  site->mutable_answer_window()->mutable_alarm_after()->set_nanos(-500'000'000);
  site->mutable_answer_window()->set_rings_max(4'294'967'295u);
  auto* policy = directory.add_sla_policies();
  policy->add_priorities(0);
  policy->add_priorities(3);
  policy->add_classes(profile::v1::CUSTOMER_CLASS_VIP);
  policy->add_channels(static_cast<interaction::v1::Channel>(99));  // of a newer build
  policy->add_targets();
  policy->add_reasons("");
  auto* agent = directory.add_agents();
  agent->mutable_leaving()->set_seconds(1'790'000'000);
  agent->mutable_leaving()->set_nanos(123'000'000);
  agent->set_leaving_version(12);
  for (int i = 0; i < 60; ++i) agent->add_skills(absl::StrCat("skill-", i));  // too long for a line
  ExpectSame(directory);
}

TEST(Yaml, CapacitiesReadBackAndAreNeitherNegativeNorParts) {
  Directory directory = directory::SampleDirectory();
  directory.mutable_departments(2)->set_member_capacity(4);
  directory.mutable_agents(0)->set_capacity(500);
  ExpectSame(directory);
  EXPECT_THAT(ToYaml(directory), HasSubstr("    member_capacity: 4\n"));
  const Read read = From(R"(agents:
  - {id: a, capacity: -1}
  - {id: b, capacity: 2.5}
  - {id: c, capacity: 4294967296}
departments:
  - {id: d, member_capacity: many}
  - {id: e, member_capacity: 0}
)");
  EXPECT_EQ(ReasonOf(read.status), "YAML_INVALID");
  const auto mistake = [](absl::string_view at, absl::string_view field) {
    return absl::StrCat(at, " YAML_VALUE field=", field, " wanted=a whole number that is not negative");
  };
  EXPECT_THAT(read.mistakes,
              ElementsAre(mistake("2:23", "agents[0].capacity"), mistake("3:23", "agents[1].capacity"),
                          mistake("4:23", "agents[2].capacity"), mistake("6:30", "departments[0].member_capacity")));
}

TEST(Yaml, WordsDurationsAndJsonAreTakenToo) {
  const Read read = From(R"(
agents:
  - {id: 1005, role: leader, displayName: x}
  - {"id": "1006", "role": 2, "left": no}
policies: {undo_window: 10m, order_lease: "30s", wrap_up_limit: 1.5s}
sites: []
)");
  ASSERT_TRUE(read.status.ok()) << testing::PrintToString(read.mistakes);
  EXPECT_EQ(read.directory.agents(0).id(), "1005");
  EXPECT_EQ(read.directory.agents(0).display_name(), "x");
  EXPECT_EQ(read.directory.agents(0).role(), directory::v1::AGENT_ROLE_LEADER);
  EXPECT_EQ(read.directory.agents(1).role(), directory::v1::AGENT_ROLE_LEADER);
  EXPECT_EQ(read.directory.policies().undo_window().seconds(), 600);
  EXPECT_EQ(read.directory.policies().wrap_up_limit().nanos(), 500'000'000);
}

TEST(Yaml, EveryMistakeIsToldWithItsPlaceAndWhatWouldBeRight) {
  const Read read = From(R"(sites:
  - id: hangzhou
    answer_windw: {rings_min: 1}
    answer_window: 3
agents:
  - id: "1005"
    role: AGENT_ROLE_LEDER
    left: perhaps
    skills: lighting
    id: "1006"
  - leaving: yesterday
  - nonsense
policies:
  undo_window: soon
teams:
  id: hz
calendars:
  - hours: [{weekday: -1, open_minute: x}]
    display_name: null
    id:
completely_unlike_anything: 1
[a]: b
)");
  EXPECT_EQ(ReasonOf(read.status), "YAML_INVALID");
  EXPECT_THAT(
      read.mistakes,
      ElementsAre(
          "3:5 YAML_FIELD_UNKNOWN field=sites[0].answer_windw nearest=answer_window",
          "4:20 YAML_VALUE field=sites[0].answer_window wanted=fields and their values, each on a line of its own",
          AllOf(HasSubstr("7:11 YAML_VALUE field=agents[0].role wanted=perhaps AGENT_ROLE_LEADER; one of "),
                HasSubstr("AGENT_ROLE_HEAD")),
          "8:11 YAML_VALUE field=agents[0].left wanted=true or false",
          "9:13 YAML_VALUE field=agents[0].skills wanted=a list, each element begun by a dash, or [] for none",
          "10:5 YAML_FIELD_TWICE field=agents[0].id",
          "11:14 YAML_VALUE field=agents[1].leaving wanted=an instant such as \"2026-10-01T08:00:00Z\"",
          "12:5 YAML_VALUE field=agents[2] wanted=fields and their values, each on a line of its own",
          "14:16 YAML_VALUE field=policies.undo_window wanted=a duration such as 600s or 10m",
          "16:3 YAML_VALUE field=teams wanted=a list, each element begun by a dash, or [] for none",
          "18:23 YAML_VALUE field=calendars[0].hours[0].weekday wanted=a whole number that is not negative",
          "18:40 YAML_VALUE field=calendars[0].hours[0].open_minute wanted=a whole number that is not negative",
          HasSubstr("19:19 YAML_VALUE field=calendars[0].display_name wanted=text; for none"),
          HasSubstr("YAML_VALUE field=calendars[0].id wanted=text; for none"),
          "21:1 YAML_FIELD_UNKNOWN field=completely_unlike_anything nearest=", HasSubstr("YAML_FIELD_UNKNOWN")));
}

TEST(Yaml, WhatIsNoYamlIsToldWithItsPlace) {
  EXPECT_THAT(From("sites:\n  - id: [\n").mistakes, ElementsAre(HasSubstr("YAML_SYNTAX problem=")));
  EXPECT_THAT(From("sites:\n\t- id: a\n").mistakes, ElementsAre(HasSubstr("2:")));
  EXPECT_THAT(From("").mistakes, ElementsAre(HasSubstr("YAML_VALUE")));
  EXPECT_THAT(From("- a\n").mistakes, ElementsAre(HasSubstr("1:1 YAML_VALUE")));
  EXPECT_THAT(From("sites: []\n---\nsites: []\n").mistakes, ElementsAre(HasSubstr("YAML_SYNTAX")));
  EXPECT_THAT(From("sites: [\xff]").mistakes, ElementsAre(HasSubstr("YAML_SYNTAX")));
  EXPECT_THAT(From(std::string(kYamlBytesMax + 1, '#')).mistakes, ElementsAre(HasSubstr("YAML_TOO_LARGE")));
  EXPECT_THAT(From(std::string(100'000, '[')).mistakes, ElementsAre(HasSubstr("YAML_SYNTAX")));
}

TEST(Yaml, AliasesOfAliasesAreNotFollowedForEver) {
  std::string yaml = "agents: &a0 [{skills: &s [" + std::string(2000, ' ');
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&yaml, "x, ");
  absl::StrAppend(&yaml, "x]}");
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&yaml, ", {skills: *s}");
  const Read read = From(yaml + "]\n");
  EXPECT_EQ(ReasonOf(read.status), "YAML_INVALID");
  EXPECT_THAT(read.mistakes, ElementsAre(HasSubstr("YAML_TOO_LARGE")));
  EXPECT_THAT(From("agents: &a [*a]\n").mistakes, ElementsAre(HasSubstr("YAML_VALUE")));
}

TEST(Yaml, WhatThisBuildDoesNotKnowIsNoticed) {
  Directory directory = directory::SampleDirectory();
  EXPECT_FALSE(HasUnknown(directory));
  auto* agent = directory.mutable_agents(3);
  agent->GetReflection()->MutableUnknownFields(agent)->AddVarint(15'000, 1);
  EXPECT_TRUE(HasUnknown(directory));
}

TEST(DirectoryFile, SaysWhereItWasDrawnFromAndHoldsTheContentAlone) {
  Directory directory = directory::SampleDirectory();
  directory.set_name("directories/main");
  directory.set_version(12);
  directory.set_etag("12");
  directory.add_features()->set_name("urging");
  const std::string text = WriteDirectoryFile(directory);
  EXPECT_THAT(text, HasSubstr("# version: 12\n# etag: 12\n"));
  const auto ignore = [](const YamlMistake&) {};
  auto file = ReadDirectoryFile(text, ignore);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->etag, "12");
  EXPECT_EQ(file->content.SerializeAsString(), directory::SampleDirectory().SerializeAsString());

  // An editor of Windows; comments that are gone; JSON as `directory get` writes it.
  file = ReadDirectoryFile("\xef\xbb\xbf# etag: 7\r\nsites: []\r\n", ignore);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->etag, "7");
  EXPECT_EQ(ReadDirectoryFile("sites: []\n# etag: 7\n", ignore)->etag, "");
  EXPECT_EQ(ReadDirectoryFile(R"({"name": "directories/main", "etag": "9", "version": 9, "sites": []})", ignore)->etag,
            "9");
}

TEST(DirectoryFile, AMistakeOfTheContentStandsWhereItsFieldIs) {
  const Read read = From("teams:\n  - id: a\n    site: b\n  - id: c\n");
  const auto at = [&](const std::string& path) {
    const Place place = PlaceOf(read.places, path);
    return absl::StrCat(place.line, ":", place.column);
  };
  EXPECT_EQ(at("teams[0].site"), "3:5");
  EXPECT_EQ(at("teams[1].site"), "4:5") << "left out: its row";
  EXPECT_EQ(at("teams[9].site"), "1:1") << "its table";
  EXPECT_EQ(at("sites"), "1:1");
}

}  // namespace
}  // namespace shoujie::cli
