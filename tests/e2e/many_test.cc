// An owner goes on leave: all that he owns goes to somebody else by one act, each ticket answered by itself, and comes
// back as one where nothing else has happened since.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shoujie/router/v1/ticket.pb.h"
#include "tests/e2e/support/desk.h"

namespace shoujie::e2e {
namespace {

using nlohmann::json;
using router::v1::Ticket;

constexpr int kMatters = 7;
constexpr char kLeader[] = "agents/1003";

Ticket TicketOf(People& people, const std::string& name) {
  auto ticket = Get<Ticket>(people.As(kOperator), absl::StrCat(kTickets, "GetTicket"), name);
  EXPECT_TRUE(ticket.ok()) << ticket.status();
  return ticket.value_or(Ticket());
}

TEST(ManyTest, AHandoverOfAllIsOneActAndIsTakenBackAsOne) {
  TempDir dir;
  Server server(dir / "data");
  ASSERT_FALSE(server.address().empty()) << server.process().err();
  People people(&server);
  std::set<std::string> open;
  for (int n = 0; n < kMatters; ++n) {
    open.insert(NewTicket(people, "1005", absl::StrCat("many-", n), absl::StrCat("1380013800", n)).ticket);
  }
  const std::string closed = NewTicket(people, "1005", "many-closed", "13900139000").ticket;
  ASSERT_EQ(people.Cli("agents/1005", {"ticket", "close", closed, "--code", "solved", "--result", "told"}).code, 0);
  const std::string others = NewTicket(people, "1006", "many-other", "13900139001").ticket;

  const Ran named = people.Cli(kLeader, {"ticket", "handover", "1005", "1007", "--reason", "leave", "--dry-run"});
  ASSERT_EQ(named.code, 0) << named.err;
  const std::vector<std::string> lines = absl::StrSplit(named.out, '\n', absl::SkipEmpty());
  EXPECT_EQ(std::set<std::string>(lines.begin(), lines.end()), open);
  EXPECT_EQ(TicketOf(people, *open.begin()).owner(), "1005");
  EXPECT_EQ(people.Cli(kLeader, {"ticket", "handover", "1005", "1007"}).code, 2) << "without a reason";

  // Not his to give away: each is refused by itself, for its reason.
  const Ran refused = people.Cli("agents/1006", {"ticket", "handover", "1005", "1007", "--reason", "leave", "-o", "json"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_EQ(json::parse(refused.out)["done"], 0);
  EXPECT_EQ(json::parse(refused.out)["refused"].size(), open.size());

  const Ran moved = people.Cli(kLeader, {"ticket", "handover", "1005", "1007", "--reason", "leave", "--note",
                                         "on leave until Monday", "-o", "json"});
  ASSERT_EQ(moved.code, 0) << moved.out << moved.err;
  const json sum = json::parse(moved.out);
  EXPECT_EQ(sum["tickets"], kMatters);
  EXPECT_EQ(sum["done"], kMatters);
  const std::string bulk = sum["bulk"];
  for (const std::string& name : open) {
    const Ticket ticket = TicketOf(people, name);
    EXPECT_EQ(ticket.owner(), "1007");
    EXPECT_EQ(ticket.ownership().rbegin()->reason(), router::v1::OWNER_REASON_LEAVE);
    EXPECT_EQ(ticket.last_act().bulk(), bulk);
  }
  EXPECT_EQ(TicketOf(people, closed).owner(), "1005");
  EXPECT_EQ(TicketOf(people, others).owner(), "1006");
  // Nothing is left of his: the same again does nothing.
  EXPECT_EQ(people.Cli(kLeader, {"ticket", "handover", "1005", "1007", "--reason", "leave"}).code, 0);

  const std::string worked_on = *open.rbegin();
  ASSERT_EQ(people.Cli("agents/1007", {"handoff", "offer", worked_on, "--department", "tech", "--deadline", "+4h",
                                       "--gist", "look at the board"})
                .code,
            0);
  const Ran undone = people.Cli(kLeader, {"ticket", "undo-many", bulk, "--note", "he came after all", "-o", "json"});
  EXPECT_EQ(undone.code, 1) << undone.out;
  EXPECT_EQ(json::parse(undone.out)["done"], kMatters - 1) << undone.out;
  EXPECT_EQ(json::parse(undone.out)["refused"],
            json::array({{{"name", worked_on}, {"reason", "NOTHING_TO_UNDO"}}}));
  for (const std::string& name : open) {
    EXPECT_EQ(TicketOf(people, name).owner(), name == worked_on ? "1007" : "1005") << name;
  }
  const Ran verified = server.Cli({"verify", "all", "--master-key-file", server.data() + "/master.key"});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  EXPECT_EQ(server.Stop(), 0);
}

}  // namespace
}  // namespace shoujie::e2e
