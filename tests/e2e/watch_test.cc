// A department's feed and the customer's address as a department gets them: by the command line, against a real server
// that dies in between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/e2e/support/desk.h"

namespace shoujie::e2e {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<json> Lines(const std::string& out) {
  std::vector<json> events;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) events.push_back(json::parse(line));
  return events;
}
std::vector<std::string> Types(const std::vector<json>& events) {
  std::vector<std::string> types;
  for (const json& event : events) types.push_back(event["type"]);
  return types;
}

TEST(TicketWatch, GoesOnByItselfAfterTheServerWasKilled) {
  TempDir dir;
  auto server = std::make_unique<Server>(dir / "data");
  ASSERT_FALSE(server->address().empty()) << server->process().err();
  const std::string address = server->address(), resume = dir / "tech.token";
  People people(server.get());
  const std::string ticket = NewTicket(people, "1005", "77", "13800138000").ticket;

  Process watch({Program("shoujie"), "--server", address, "--token-file", server->token_file(), "--lang", "en",
                 "ticket", "watch", "--department", "tech", "--resume-file", resume, "--count", "4"});
  ASSERT_TRUE(Eventually([&] { return !ReadFile(resume).empty(); })) << "it has begun: " << watch.err();
  const auto act = [&](const std::string& who, std::vector<std::string> args) {
    const Ran ran = people.Cli(who, std::move(args));
    EXPECT_EQ(ran.code, 0) << ran.err;
  };
  act("agents/1005",
      {"handoff", "offer", ticket.substr(8), "--department", "tech", "--deadline", "+4h", "--gist", "look"});
  act("agents/1035", {"handoff", "sign", ticket.substr(8)});
  server->Kill();
  server = std::make_unique<Server>(dir / "data", std::vector<std::string>{"--listen", address});
  ASSERT_EQ(server->address(), address) << server->process().err();
  people.Reconnect(server.get());
  act("agents/1035", {"handoff", "progress", ticket.substr(8), "parts ordered"});
  act("agents/1035", {"handoff", "done", ticket.substr(8), "--result", "replaced"});
  ASSERT_EQ(watch.Wait(absl::Seconds(60)), 0) << watch.err();
  const auto events = Lines(watch.out());
  EXPECT_THAT(Types(events), ElementsAre("shoujie.ticket.offered.v1", "shoujie.ticket.signed.v1",
                                         "shoujie.ticket.progress.v1", "shoujie.ticket.done.v1"))
      << "no gap, nothing twice";
  std::string last;
  for (const json& event : events) {
    EXPECT_EQ(event["specversion"], "1.0");
    EXPECT_EQ(event["source"], "/shoujie/router");
    EXPECT_EQ(event["subject"], ticket);
    EXPECT_GT(event["sequence"].get<std::string>(), last);
    last = event["sequence"];
    EXPECT_THAT(event.dump(), ::testing::Not(HasSubstr("parts ordered"))) << "no free text";
  }

  // Told again, it is told in the same words.
  const Ran again =
      people.Cli("agents/1036", {"ticket", "watch", "--department", "tech", "--since", "start", "--count", "4"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(Lines(again.out), events);
  const Ran others = people.Cli("agents/1032", {"ticket", "watch", "--department", "tech"});
  EXPECT_EQ(others.code, 4);
  EXPECT_THAT(others.err, HasSubstr("[NOT_OF_DEPARTMENT]"));
  // A stop is heard at once by those who listen.
  Process open({Program("shoujie"), "--server", address, "--token-file", server->token_file(), "ticket", "watch",
                "--department", "tech", "--resume-file", dir / "open.token"});
  ASSERT_TRUE(Eventually([&] { return !ReadFile(dir / "open.token").empty(); }));
  const absl::Time before = absl::Now();
  EXPECT_EQ(server->Stop(), 0);
  EXPECT_LT(absl::Now() - before, absl::Seconds(4)) << "open streams are not waited for";
}

TEST(ContactDetails, AreToldWithAPurposeToTheDepartmentThatHasTheTicket) {
  TempDir dir;
  Server server(dir / "data");
  ASSERT_FALSE(server.address().empty()) << server.process().err();
  People people(&server);
  const std::string ticket = NewTicket(people, "1005", "77", "13800138000").ticket.substr(8);
  const auto ask = [&](const std::string& who, std::vector<std::string> more) {
    std::vector<std::string> args = {"ticket", "contact-details", ticket};
    args.insert(args.end(), more.begin(), more.end());
    return people.Cli(who, args);
  };
  const std::vector<std::string> purpose = {"--purpose", "appointment for the repair"};
  EXPECT_THAT(ask("agents/1035", purpose).err, HasSubstr("[NOT_WITH_DEPARTMENT]"));
  ASSERT_EQ(people
                .Cli("agents/1005",
                     {"handoff", "offer", ticket, "--department", "tech", "--deadline", "+4h", "--gist", "look"})
                .code,
            0);
  EXPECT_THAT(ask("agents/1035", {}).err, HasSubstr("[PURPOSE_MISSING]"));
  EXPECT_THAT(ask("agents/1032", purpose).err, HasSubstr("[NOT_WITH_DEPARTMENT]"));
  const Ran told = ask("agents/1035", {"--purpose", "appointment for the repair", "-o", "json"});
  ASSERT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("13800138000"));
  EXPECT_THAT(told.out, HasSubstr("王女士"));
  const Ran history = people.Cli("agents/1005", {"ticket", "history", ticket, "-o", "wide"});
  EXPECT_THAT(history.out, HasSubstr("contact-details-read"));
  EXPECT_THAT(history.out, HasSubstr("appointment for the repair"));
  EXPECT_THAT(history.out, HasSubstr("agents/1035"));
}

}  // namespace
}  // namespace shoujie::e2e
