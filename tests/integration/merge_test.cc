// Departments that assist and duplicates on a whole node: messages between partitions, lists, restarts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "services/runtime/base/error.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/integration/new_ticket.h"

namespace shoujie {
namespace {

using google::protobuf::util::TimeUtil;
using router::v1::Ticket;

Ticket Get(MemoryNode& node, const std::string& name) {
  auto ticket = node.Get<Ticket>("router", name);
  EXPECT_TRUE(ticket.ok()) << ticket.status();
  return ticket.ok() ? *ticket : Ticket();
}
bool Within10s(const std::function<bool()>& holds) {
  for (int i = 0; i < 2000; ++i) {
    if (holds()) return true;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return false;
}
absl::Status Merge(MemoryNode& node, const std::string& duplicate, const std::string& into) {
  router::v1::MergeTicketRequest merge;
  merge.set_into(into);
  return Act(node, "agents/1005", duplicate, merge);
}
std::vector<router::v1::TicketRow> List(MemoryNode& node, const router::v1::ListTicketsRequest& request) {
  auto list = node.Run<router::v1::ListTicketsResponse>("router", "ListTickets", request);
  EXPECT_TRUE(list.ok()) << list.status();
  if (!list.ok()) return {};
  return {list->tickets().begin(), list->tickets().end()};
}

TEST(MergeTest, TwoTicketsBecomeOneAndTwoAgainWhateverIsRestarted) {
  Disk disk(/*exclusive=*/true);
  std::string duplicate, other;
  {
    MemoryNode node(&disk);
    ASSERT_TRUE(node.started().ok()) << node.started();
    duplicate = NewTicket(node, "1005", "0001");
    other = NewTicket(node, "1005", "0002");
    ASSERT_TRUE(Merge(node, duplicate, "tickets/0413-999999-9-T1").ok());
    ASSERT_TRUE(Within10s([&] { return Get(node, duplicate).merge().state() == router::v1::MERGE_STATE_DECLINED; }));
    EXPECT_EQ(Get(node, duplicate).merge().reason(), "TICKET_NOT_FOUND");
    ASSERT_TRUE(Merge(node, duplicate, other).ok());
    node.Stop();  // with the question under way, perhaps
  }
  MemoryNode node(&disk);
  ASSERT_TRUE(node.started().ok()) << node.started();
  ASSERT_TRUE(Within10s([&] { return Get(node, duplicate).state() == router::v1::TICKET_STATE_MERGED; }));
  ASSERT_EQ(Get(node, other).duplicates_size(), 1);
  EXPECT_EQ(Get(node, other).duplicates(0).ticket(), duplicate);
  EXPECT_EQ(ReasonOf(Act(node, "agents/1005", duplicate, router::v1::UrgeTicketRequest())), "TICKET_MERGED");
  router::v1::CloseTicketRequest close;
  close.set_code(router::v1::RESOLUTION_CODE_SOLVED);
  close.set_result("told");
  ASSERT_TRUE(Act(node, "agents/1005", other, close).ok());
  router::v1::ListTicketsRequest merged;
  merged.set_state(router::v1::TICKET_STATE_MERGED);
  const auto rows = List(node, merged);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].merged_into(), other);
  EXPECT_EQ(rows[0].stage(), router::v1::CUSTOMER_STAGE_CLOSED) << "of the ticket that it goes on in";
  ASSERT_TRUE(Act(node, "agents/1005", duplicate, router::v1::UnmergeTicketRequest()).ok());
  EXPECT_EQ(Get(node, duplicate).state(), router::v1::TICKET_STATE_NEW);
  EXPECT_TRUE(Within10s([&] { return Get(node, other).duplicates().empty(); }));
  EXPECT_TRUE(List(node, merged).empty());
}

TEST(AssistTest, ADepartmentFindsWhatItAssistsOnInItsQueue) {
  Disk disk(/*exclusive=*/true);
  MemoryNode node(&disk);
  ASSERT_TRUE(node.started().ok()) << node.started();
  const std::string ticket = NewTicket(node, "1005", "0001");
  router::v1::RequestAssistRequest ask;
  ask.set_department("warehouse");
  *ask.mutable_deadline() = TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(absl::Now() + absl::Hours(4)));
  ask.set_gist("is the part in stock?");
  ASSERT_TRUE(Act(node, "agents/1005", ticket, ask).ok());
  router::v1::ListTicketsRequest queue;
  queue.set_department("warehouse");
  queue.set_order(router::v1::TICKET_ORDER_NEXT_DUE);
  ASSERT_EQ(List(node, queue).size(), 1u);
  EXPECT_EQ(List(node, queue)[0].name(), ticket);
  EXPECT_EQ(List(node, queue)[0].assists(0).department(), "warehouse");
  router::v1::CloseTicketRequest close;
  close.set_code(router::v1::RESOLUTION_CODE_SOLVED);
  close.set_result("told");
  EXPECT_EQ(ReasonOf(Act(node, "agents/1005", ticket, close)), "ASSISTS_OPEN");
  ASSERT_TRUE(Act<router::v1::SignAssistRequest>(node, "agents/1032", ticket).ok());
  router::v1::CompleteAssistRequest done;
  done.set_result("two in stock");
  ASSERT_TRUE(Act(node, "agents/1032", ticket, done).ok());
  EXPECT_TRUE(List(node, queue).empty());
  EXPECT_TRUE(Act(node, "agents/1005", ticket, close).ok());
}

}  // namespace
}  // namespace shoujie
