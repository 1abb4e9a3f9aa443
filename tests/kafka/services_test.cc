// One process for each service on one cluster: together they are what one process is, whichever of them is asked.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/support/refusal.h"
#include "tests/kafka/broker.h"
#include "tests/kafka/nodes.h"
#include "tests/support/process/readme.h"
#include "tests/support/process/server.h"

namespace shoujie::kafka {
namespace {

using e2e::kRefusedStart;
using e2e::Program;
using e2e::Ran;

NodePlace Of(const std::string& service) {
  NodePlace place;
  place.program = "shoujie-" + service;
  return place;
}

class ServicesTest : public testing::Test {
 protected:
  static Ran Cli(const Nodes& nodes, size_t node, std::vector<std::string> words) {
    std::vector<std::string> argv = {Program("shoujie"), "--server", nodes.address(node), "--token-file",
                                     nodes.secrets() + "/operator.token"};
    argv.insert(argv.end(), words.begin(), words.end());
    return e2e::Run(std::move(argv), nodes.Env());
  }
  static void ExpectWalk(const Nodes& nodes, size_t node) {
    SCOPED_TRACE(absl::StrCat("through node ", nodes.name(node)));
    const TempDir tokens;
    std::vector<std::string> env = nodes.Env();
    for (const std::string& one : {"SHOUJIE_SERVER=" + nodes.address(node),
                                   absl::StrCat("SHOUJIE_TOKEN_FILE=", nodes.secrets(), "/operator.token"),
                                   absl::StrCat("KEY=", nodes.secrets(), "/master.key"), "TRY=" + tokens.path()}) {
      env.push_back(one);
    }
    const Ran ran = e2e::RunReadmeWalk(std::move(env));
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_TRUE(absl::StrContains(ran.out, "proven from the journal alone")) << ran.out;
    EXPECT_TRUE(absl::StrContains(ran.out, "verified: nothing is wrong")) << ran.out;
  }
  static void ExpectVerified(const Nodes& nodes, size_t node) {
    const Ran ran = e2e::Run({Program("shoujie"), "verify", "all", "--data", nodes.data(node), "--master-key-file",
                              nodes.secrets() + "/master.key"},
                             nodes.Env(), absl::Minutes(10));
    EXPECT_EQ(ran.code, 0) << nodes.name(node) << "\n" << ran.out << ran.err;
  }
};

TEST_F(ServicesTest, ATicketLivesItsWholeLifeInFourProcessesWhicheverIsAsked) {
  const std::vector<std::string> services = {"directory", "interaction", "profile", "router"};
  std::vector<NodePlace> places;
  for (const std::string& service : services) places.push_back(Of(service));
  Nodes nodes({.bootstrap = Brokers::Shared().bootstrap(), .prefix = Brokers::NewName()}, std::move(places));
  ASSERT_EQ(nodes.MakeTopics(), "");
  ASSERT_TRUE(nodes.StartAll()) << nodes.Told();
  ASSERT_TRUE(nodes.Settle(absl::Minutes(1))) << nodes.Told();
  for (size_t n = 0; n < nodes.size(); ++n) {
    bool settled = false;
    const auto owners = nodes.Owners(n, nodes.size(), &settled);
    EXPECT_EQ(owners.size(), 3u * 64 + 1);
    for (const auto& [journal, owner] : owners) {
      EXPECT_EQ(services[static_cast<size_t>(owner[0] - 'a')], journal.first) << journal.second;
    }
    const Ran info = Cli(nodes, n, {"server", "info", "-o", "json"});
    EXPECT_TRUE(absl::StrContains(info.out, absl::StrCat("\"", services[n], "\""))) << info.out << info.err;
    const Ran shards = Cli(nodes, n, {"admin", "shards", "-o", "name"});
    for (const absl::string_view line : absl::StrSplit(shards.out, '\n', absl::SkipEmpty())) {
      EXPECT_TRUE(absl::StrContains(line, services[n] + "/")) << line;
    }
    EXPECT_EQ(Cli(nodes, n, {"admin", "lag"}).code, 0);
  }
  for (size_t n = 0; n < nodes.size(); ++n) ExpectWalk(nodes, n);
  const Ran made = Cli(nodes, 3, {"customer", "create", "13800138000", "--kind", "phone", "-o", "name"});
  EXPECT_EQ(made.code, 0) << made.err;
  // Every question has the same answer everywhere.
  for (const std::vector<std::string>& question : {std::vector<std::string>{"report", "contacts", "-o", "json"},
                                                   {"report", "handoffs", "-o", "json"},
                                                   {"ticket", "list", "-o", "json"},
                                                   {"customer", "list", "-o", "json"},
                                                   {"customer", "find", "13800138000", "--kind", "phone", "-o", "json"},
                                                   {"directory", "get", "-o", "json"}}) {
    const Ran first = Cli(nodes, 0, question);
    EXPECT_EQ(first.code, 0) << question[0] << " " << question[1] << ": " << first.err;
    for (size_t n = 1; n < nodes.size(); ++n) {
      EXPECT_EQ(Cli(nodes, n, question).out, first.out) << question[0] << " " << question[1];
    }
  }
  // A service whose only process is away is missed; the others go on.
  EXPECT_EQ(nodes.Stop(3), 0) << nodes.log(3);
  EXPECT_EQ(Cli(nodes, 0, {"report", "contacts", "-o", "json"}).code, 0);
  const Ran missed = Cli(nodes, 0, {"ticket", "list"});
  EXPECT_NE(missed.code, 0);
  EXPECT_TRUE(absl::StrContains(missed.err, "SERVICE_UNSERVED") ||
              absl::StrContains(missed.err, "SERVER_UNREACHABLE") || absl::StrContains(missed.err, "NOT_OWNER"))
      << missed.err;
  ASSERT_TRUE(nodes.Start(3)) << nodes.Told();
  ASSERT_TRUE(nodes.Settle(absl::Minutes(1))) << nodes.Told();
  ExpectWalk(nodes, 0);
  for (size_t n = nodes.size(); n-- > 0;) EXPECT_EQ(nodes.Stop(n), 0) << nodes.log(n);
  for (size_t n = 0; n < nodes.size(); ++n) ExpectVerified(nodes, n);
}

// Any mix: a whole node beside one that takes two services only.
TEST_F(ServicesTest, AWholeNodeSharesOnlyWhatTheOtherServes) {
  std::vector<NodePlace> places(2);
  places[1].flags = {"--services=router,profile"};
  Nodes nodes({.bootstrap = Brokers::Shared().bootstrap(), .prefix = Brokers::NewName()}, std::move(places));
  ASSERT_EQ(nodes.MakeTopics(), "");
  ASSERT_TRUE(nodes.StartAll()) << nodes.Told();
  ASSERT_TRUE(nodes.Settle(absl::Minutes(1))) << nodes.Told();
  bool settled = false;
  int of_b = 0;
  for (const auto& [journal, owner] : nodes.Owners(0, 2, &settled)) {
    if (journal.first == "directory" || journal.first == "interaction") {
      EXPECT_EQ(owner, "a") << journal.first;
    }
    of_b += owner == "b";
  }
  EXPECT_GT(of_b, 20) << "of 128";
  ExpectWalk(nodes, 1);
  // What both serve goes to the one that stays.
  EXPECT_EQ(nodes.Stop(1), 0) << nodes.log(1);
  ExpectWalk(nodes, 0);
  EXPECT_EQ(nodes.Stop(0), 0) << nodes.log(0);
  for (const size_t n : {0, 1}) ExpectVerified(nodes, n);
}

TEST_F(ServicesTest, SomeServicesAloneAreRefused) {
  struct Case {
    std::string program;
    std::vector<std::string> flags;
    std::string reason;
  };
  const std::vector<std::string> kafka = {"--journal", "kafka", "--kafka", "127.0.0.1:1"};
  const std::vector<Case> cases = {
      {"shoujied", {"--services=router"}, "SERVICES_ALONE"},
      {"shoujied", {"--services=router", kafka[0], kafka[1], kafka[2], kafka[3]}, "SERVICES_ALONE"},
      {"shoujied",
       {"--services=router,post", kafka[0], kafka[1], kafka[2], kafka[3], "--node", "a"},
       "SERVICE_UNKNOWN"},
      {"shoujie-router", {kafka[2], kafka[3]}, "SERVICES_ALONE"},
      {"shoujie-profile", {"--journal", "embedded", "--node", "a"}, "NODE_ALONE"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.reason);
    const TempDir dir;
    std::vector<std::string> argv = {Program(one.program), "--data", dir / "data"};
    argv.insert(argv.end(), one.flags.begin(), one.flags.end());
    const Ran ran = e2e::Run(std::move(argv));
    EXPECT_EQ(ran.code, kRefusedStart) << ran.err;
    const std::string begin = absl::StrCat(one.program, ": ", one.reason, ": ");
    ASSERT_TRUE(absl::StartsWith(ran.err, begin)) << ran.err;
    const std::string en = ran.err.substr(0, ran.err.find('\n'));
    EXPECT_TRUE(e2e::SaysWhatToDo(en, ran.err.substr(en.size() + 1)));
  }
}

}  // namespace
}  // namespace shoujie::kafka
