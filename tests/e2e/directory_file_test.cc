// The directory as a file, by the command line against a real server: drawn, edited, looked at, published, adopted; and
// what stands in the way. And an agent's leave from its announcement to its end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "shoujie/router/v1/ticket.pb.h"
#include "tests/e2e/support/desk.h"

namespace shoujie::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class DirectoryFile : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_FALSE(server.address().empty()) << server.process().err(); }
  void TearDown() override { EXPECT_EQ(server.Stop(), 0); }

  Ran Cli(std::vector<std::string> args) { return server.Cli(std::move(args)); }
  std::string Path(const std::string& name) const { return dir / name; }
  // The version in force, edited, as a file.
  std::string Draft(const std::string& name, const std::string& text, const std::string& instead) {
    EXPECT_EQ(Cli({"directory", "export", "-o", Path(name)}).code, 0);
    return Edit(name, text, instead);
  }
  std::string Edit(const std::string& name, const std::string& text, const std::string& instead) {
    const std::string before = ReadFile(Path(name));
    const std::string after = absl::StrReplaceAll(before, {{text, instead}});
    EXPECT_NE(before, after) << text;
    std::ofstream(Path(name)) << after;
    return Path(name);
  }
  uint64_t Version() { return json::parse(Cli({"directory", "get", "-o", "json"}).out)["version"]; }

  TempDir dir;
  Server server{dir / "data"};
};

TEST_F(DirectoryFile, IsEditedLookedAtAndPublished) {
  const Ran exported = Cli({"directory", "export", "-o", Path("directory.yaml")});
  ASSERT_EQ(exported.code, 0) << exported.err;
  const std::string first = ReadFile(Path("directory.yaml"));
  EXPECT_THAT(first, StartsWith("# Shoujie: the reference data of the centre"));
  EXPECT_THAT(first, HasSubstr("\n# etag: 1\n"));
  EXPECT_EQ(Cli({"directory", "export"}).out, first);
  const Ran same = Cli({"directory", "import", Path("directory.yaml"), "--yes"});
  EXPECT_EQ(same.code, 0) << same.err;
  EXPECT_THAT(same.err, HasSubstr("nothing to publish"));

  const std::string draft = Draft("draft.yaml", "    display_name: Hangzhou\n", "    display_name: Hangzhou West\n");
  const Ran looked = Cli({"directory", "import", draft, "--dry-run"});
  EXPECT_EQ(looked.code, 0) << looked.err;
  EXPECT_THAT(looked.out, HasSubstr("~ changed  sites  hangzhou  display_name  Hangzhou  Hangzhou West"));
  const Ran unasked = Cli({"directory", "import", draft});
  EXPECT_EQ(unasked.code, 2) << "there is nobody to ask";
  EXPECT_THAT(unasked.err, HasSubstr("--yes"));
  EXPECT_EQ(Version(), 1u);

  const Ran published = Cli({"directory", "import", draft, "--yes", "--note", "they moved", "--wait", "-o", "json"});
  ASSERT_EQ(published.code, 0) << published.err;
  const json sum = json::parse(published.out);
  EXPECT_EQ(sum["drawn_from"], "1");
  EXPECT_EQ(sum["published"], "2");
  EXPECT_EQ(sum["changes"], json::array({{{"change", "changed"},
                                          {"table", "sites"},
                                          {"id", "hangzhou"},
                                          {"field", "display_name"},
                                          {"before", "Hangzhou"},
                                          {"after", "Hangzhou West"}}}));
  EXPECT_THAT(published.err, HasSubstr("version 2 is adopted by all 192 shards"));
  EXPECT_EQ(Version(), 2u);

  const json adoption = json::parse(Cli({"directory", "adoption", "-o", "json"}).out);
  EXPECT_EQ(adoption["version"], 2);
  EXPECT_EQ(adoption["everywhere"], true);
  EXPECT_EQ(adoption["shards"].size(), 192u);
  const Ran early = Cli({"directory", "adoption", "--version", "3"});
  EXPECT_EQ(early.code, 0);
  EXPECT_THAT(early.err, HasSubstr("version 3 is not adopted yet by interaction/0 (2)"));
  EXPECT_EQ(Cli({"directory", "adoption", "--version", "3", "--wait", "--wait-timeout", "1s"}).code, 5);

  const Ran difference = Cli({"directory", "diff", "1", "2"});
  EXPECT_EQ(difference.code, 0);
  EXPECT_THAT(difference.out, HasSubstr("Hangzhou West"));
  EXPECT_EQ(Cli({"directory", "diff", "2", "1", "-o", "name"}).out, "sites/hangzhou\n");
  EXPECT_EQ(json::parse(Cli({"directory", "diff", draft, "-o", "json"}).out)["changes"].size(), 0u);
  EXPECT_EQ(Cli({"directory", "diff", "1", "99"}).code, 3);
  EXPECT_EQ(Cli({"directory", "export", "--version", "1"}).out, first) << "what was published stays readable";
  EXPECT_EQ(Cli({"directory", "export", "--version", "7"}).code, 3);

  // The same file once more, as after an answer that was lost.
  const Ran again = Cli({"directory", "import", draft, "--yes"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(Version(), 2u);
}

TEST_F(DirectoryFile, NeverOverwritesWhatOthersPublishedSinceItWasDrawn) {
  const std::string theirs = Draft("theirs.yaml", "    display_name: Hangzhou\n", "    display_name: Hangzhou West\n");
  const std::string mine = Draft("mine.yaml", "    display_name: Hangzhou\n", "    display_name: Hangzhou East\n");
  Edit("mine.yaml", "    leader: \"1003\"\n", "    leader: \"1004\"\n");
  ASSERT_EQ(Cli({"directory", "import", theirs, "--yes"}).code, 0);
  const Ran refused = Cli({"directory", "import", mine, "--yes", "-o", "json"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("DIRECTORY_CHANGED"));
  const json three = json::parse(refused.out);
  EXPECT_EQ(three["theirs"].size(), 1u);
  EXPECT_EQ(three["yours"].size(), 2u);
  ASSERT_EQ(three["collisions"].size(), 1u);
  EXPECT_EQ(three["collisions"][0]["field"], "display_name");
  EXPECT_EQ(Version(), 2u);
  const Ran told = Cli({"directory", "import", mine, "--yes"});
  EXPECT_THAT(told.err, HasSubstr("changed by others since your file was drawn"));
  EXPECT_THAT(told.out, HasSubstr("Hangzhou West"));
  Edit("mine.yaml", "# etag: 1\n", "");
  EXPECT_THAT(Cli({"directory", "import", mine, "--yes"}).err, HasSubstr("[ETAG_REQUIRED]"));
  EXPECT_EQ(Cli({"directory", "import", mine, "--yes", "--etag", "2"}).code, 0) << "whoever says so has looked";
  EXPECT_EQ(Version(), 3u);
}

TEST_F(DirectoryFile, EveryMistakeIsToldWhereItStandsAndNothingIsPublished) {
  std::string draft = Draft("draft.yaml", "\nteams:\n", "\nteems:\n");
  Edit("draft.yaml", "role: AGENT_ROLE_HEAD", "role: AGENT_ROLE_HEED");
  Ran wrong = Cli({"directory", "import", draft, "--yes"});
  EXPECT_EQ(wrong.code, 7);
  EXPECT_THAT(wrong.err, HasSubstr("[YAML_FIELD_UNKNOWN]"));
  EXPECT_THAT(wrong.err, HasSubstr("nearest: teams"));
  EXPECT_THAT(wrong.err, HasSubstr("perhaps AGENT_ROLE_HEAD"));
  EXPECT_THAT(wrong.err, HasSubstr("line "));
  EXPECT_THAT(wrong.err, HasSubstr("[YAML_INVALID]"));

  draft = Draft("draft.yaml", "    leader: \"1003\"\n", "    leader: \"1333\"\n");
  Edit("draft.yaml", "time_zone: Asia/Urumqi", "time_zone: Asia/Urumchi");
  wrong = Cli({"directory", "import", draft, "--yes"});
  EXPECT_EQ(wrong.code, 7);
  EXPECT_THAT(wrong.err, HasSubstr("[BAD_TIME_ZONE]"));
  EXPECT_THAT(wrong.err, HasSubstr("path: teams[0].leader"));
  const std::string text = ReadFile(draft);
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(text.find("\"1333\"")), '\n');
  EXPECT_THAT(wrong.err, HasSubstr(absl::StrCat("line ", line, ", column 5: ")));
  EXPECT_EQ(Cli({"directory", "import", Path("nowhere.yaml"), "--yes"}).code, 3);

  // Who leaves is announced, and nobody disappears.
  draft = Draft("draft.yaml", "  - id: \"1017\"\n", "  - id: \"9017\"\n");
  EXPECT_THAT(Cli({"directory", "import", draft, "--yes"}).err, HasSubstr("[AGENT_NOT_LEFT]"));
  EXPECT_EQ(Version(), 1u);
  EXPECT_EQ(Cli({"directory", "import", draft, "--yes", "--removes-agents"}).code, 0);
  EXPECT_EQ(Version(), 2u);
}

TEST_F(DirectoryFile, AnAgentLeavesOnceWhatIsHisIsHandedOver) {
  People people(&server);
  const std::string ticket = NewTicket(people, "1005", "leave-1", "13800138000").ticket;
  const Ran open = people.Cli(kOperator, {"directory", "leave", "1005", "--reason", "moved away"});
  EXPECT_EQ(open.code, 1) << open.out;
  EXPECT_THAT(open.err, HasSubstr("[LEAVE_OPEN]"));
  EXPECT_THAT(open.err, HasSubstr("shoujie ticket handover 1005"));
  EXPECT_THAT(open.out, HasSubstr(ticket));
  EXPECT_THAT(open.out, HasSubstr("64/64"));
  const json agent = json::parse(people.Cli(kOperator, {"agent", "get", "1005", "-o", "json"}).out);
  EXPECT_EQ(agent["left"], false);
  EXPECT_EQ(agent["leaving_version"], 2);

  // He still works on what he has, and gives it away himself.
  EXPECT_EQ(people.Cli("agents/1005", {"ticket", "note", ticket, "call back at noon"}).code, 0);
  EXPECT_THAT(people.Cli("agents/1006", {"ticket", "handover", "1006", "1005", "--reason", "leave"}).err,
              Not(HasSubstr("[AGENT_LEFT]")));
  EXPECT_EQ(people.Cli("agents/1005", {"ticket", "handover", "1005", "1007", "--reason", "agent-left"}).code, 0);
  const Ran left = people.Cli(kOperator, {"directory", "leave", "1005", "-o", "json"});
  ASSERT_EQ(left.code, 0) << left.out << left.err;
  EXPECT_EQ(json::parse(left.out)["left"], true);
  EXPECT_TRUE(Eventually([&] {
    return people.Cli("agents/1005", {"ticket", "note", ticket, "x"}).err.find("[AGENT_LEFT]") != std::string::npos;
  }));
  EXPECT_EQ(people.Cli(kOperator, {"directory", "leave", "1005"}).code, 0) << "it is over already";
  EXPECT_EQ(people.Cli(kOperator, {"directory", "leave", "4711"}).code, 3);
  EXPECT_THAT(people.Cli(kOperator, {"directory", "leave", "1001"}).err, HasSubstr("[AGENT_IS_HEAD]"));

  const Ran history = people.Cli(kOperator, {"directory", "history", "-o", "jsonl"});
  EXPECT_THAT(history.out, HasSubstr("leave_announced"));
  EXPECT_THAT(history.out, HasSubstr("leave_completed"));
  EXPECT_THAT(history.out, HasSubstr("moved away"));
  const Ran verified = server.Cli({"verify", "all", "--master-key-file", server.data() + "/master.key"});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
}

}  // namespace
}  // namespace shoujie::e2e
