// Departments that assist and duplicates, as people work with them on the command line: children before their parent,
// two tickets that become one and two again; whoever owns more than he can bear hands over what is open, not what is
// merged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tests/e2e/support/desk.h"

namespace shoujie::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kOwner[] = "agents/1005", kWarehouse[] = "agents/1032";

TEST(TogetherTest, AssistsAndDuplicatesOnTheCommandLine) {
  TempDir dir;
  Server server(dir / "data");
  ASSERT_FALSE(server.address().empty()) << server.process().err();
  People people(&server);
  const std::string ticket = NewTicket(people, "1005", "77", "13800138000").ticket;
  const std::string other = NewTicket(people, "1005", "78", "13900139000").ticket;
  const auto act = [&](const std::string& who, std::vector<std::string> args) {
    const Ran ran = people.Cli(who, std::move(args));
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.out;
  };
  const auto refused = [&](const std::string& who, std::vector<std::string> args) {
    const Ran ran = people.Cli(who, std::move(args));
    EXPECT_EQ(ran.code, 1) << ran.out;
    return ran.err;
  };
  const auto state = [&](const std::string& name) {
    return json::parse(act(kOwner, {"ticket", "get", name, "-o", "json"}))["state"].get<std::string>();
  };

  act(kOwner, {"assist", "request", ticket, "--department", "warehouse", "--deadline", "+4h", "--gist", "in stock?"});
  const std::vector<std::string> close = {"ticket", "close", ticket, "--code", "solved", "--result", "told"};
  EXPECT_THAT(refused(kOwner, close), AllOf(HasSubstr("[ASSISTS_OPEN]"), HasSubstr("1 warehouse")));
  const std::vector<std::string> queue = {"ticket", "list",      "--department", "warehouse",
                                          "--part", "assisting", "-o",           "name"};
  EXPECT_THAT(act(kWarehouse, queue), HasSubstr(ticket));
  act(kWarehouse, {"assist", "sign", ticket});
  EXPECT_THAT(act(kWarehouse, {"ticket", "contact-details", ticket, "--purpose", "delivery", "-o", "json"}),
              HasSubstr("13800138000"));
  act(kWarehouse, {"assist", "done", ticket, "--result", "two in stock"});
  EXPECT_EQ(act(kWarehouse, queue), "");

  EXPECT_THAT(refused(kOwner, {"ticket", "merge", ticket, ticket}), HasSubstr("[MERGE_SELF]"));
  act(kOwner, {"ticket", "merge", ticket, other, "--note", "same leak, same flat"});
  ASSERT_TRUE(Eventually([&] { return state(ticket) == "TICKET_STATE_MERGED"; }));
  EXPECT_THAT(refused(kOwner, {"ticket", "note", ticket, "called again"}),
              AllOf(HasSubstr("[TICKET_MERGED]"), HasSubstr(other)));
  EXPECT_THAT(refused(kOwner, {"ticket", "merge", ticket, other}), HasSubstr("[MERGE_MERGED]"));
  const std::string open = act("agents/1003", {"ticket", "handover", "1005", "1007", "--reason", "leave", "--dry-run"});
  EXPECT_THAT(open, HasSubstr(other));
  EXPECT_THAT(open, ::testing::Not(HasSubstr(ticket))) << "what is merged is not open";
  act(kOwner, {"ticket", "close", other, "--code", "solved", "--result", "told"});
  EXPECT_THAT(act(kOwner, {"ticket", "list", "--state", "merged", "-o", "json"}), HasSubstr("CUSTOMER_STAGE_CLOSED"));
  act(kOwner, {"ticket", "unmerge", ticket, "--note", "another flat"});
  EXPECT_EQ(state(ticket), "TICKET_STATE_NEW") << "where it stood";
  const Ran verified = server.Cli({"verify", "all", "--master-key-file", server.data() + "/master.key"});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  EXPECT_EQ(server.Stop(), 0);
}

}  // namespace
}  // namespace shoujie::e2e
