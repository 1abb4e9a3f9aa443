// Agents leave a whole node (R004, F067): nobody who has left owns an open ticket, whatever was under way; and which
// version each shard has adopted is known on every node.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/integration/cluster_nodes.h"
#include "tests/integration/new_ticket.h"

namespace shoujie {
namespace {

using router::v1::CheckLeaveResponse;
using router::v1::Ticket;

class LeavingANode : public testing::Test {
 protected:
  CheckLeaveResponse Check(const std::string& agent) {
    router::v1::CheckLeaveRequest request;
    request.set_agent(agent);
    auto response = node.Run<CheckLeaveResponse>("router", "CheckLeave", request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : CheckLeaveResponse();
  }
  absl::Status Announce(const std::string& agent) {
    directory::v1::DeactivateAgentRequest request;
    request.set_agent(agent);
    return node.Do("directory", "operators/first", request).status();
  }
  absl::Status Complete(const std::string& agent, const directory::v1::LeaveClearance& clearance) {
    directory::v1::CompleteLeaveRequest request;
    request.set_agent(agent);
    *request.mutable_clearance() = clearance;
    return node.Do("directory", "operators/first", request).status();
  }
  absl::Status Transfer(const std::string& ticket, const std::string& to) {
    router::v1::TransferOwnershipRequest request;
    request.set_name(ticket);
    request.set_to(to);
    request.set_reason(router::v1::OWNER_REASON_AGENT_LEFT);
    return node.Do("router", "operators/first", request).status();
  }
  absl::Status Close(const std::string& ticket) {
    router::v1::CloseTicketRequest request;
    request.set_name(ticket);
    request.set_code(router::v1::RESOLUTION_CODE_SOLVED);
    request.set_result("solved");
    return node.Do("router", "operators/first", request).status();
  }
  absl::Status Reopen(const std::string& ticket) {
    router::v1::ReopenTicketRequest request;
    request.set_name(ticket);
    request.set_reason(router::v1::REOPEN_REASON_NOT_SOLVED);
    return node.Do("router", "agents/1008", request).status();
  }
  template <typename Holds>
  static bool Until(const Holds& holds) {
    for (int i = 0; i < 4000; ++i) {
      if (holds()) return true;  // once: what holds may be an act
      absl::SleepFor(absl::Milliseconds(5));
    }
    return false;
  }
  bool HasLeft(const std::string& agent) {
    const auto* row = node.node().reference()->agent(agent);
    return row != nullptr && row->left();
  }

  Disk disk{true};
  MemoryNode node{&disk};
};

TEST_F(LeavingANode, ALeaveIsCompletedOnceItIsKnownAndNothingIsOpen) {
  ASSERT_TRUE(node.started().ok()) << node.started();
  const std::string open = NewTicket(node, "1005", "0001"), closed = NewTicket(node, "1005", "0002");
  ASSERT_TRUE(Close(closed).ok());
  EXPECT_FALSE(Check("1005").has_clearance()) << "nobody announced anything";
  EXPECT_EQ(Check("1005").adopted(), kTestPartitions);

  ASSERT_TRUE(Announce("1005").ok());
  ASSERT_TRUE(Until([&] { return Check("1005").has_leaving() && Check("1005").adopted() == kTestPartitions; }));
  auto found = Check("1005");
  EXPECT_EQ(found.leaving_version(), 2u);
  ASSERT_EQ(found.open_size(), 1);
  EXPECT_EQ(found.open(0).name(), open);
  EXPECT_FALSE(found.has_clearance());
  EXPECT_EQ(ReasonOf(Complete("1005", {})), "LEAVE_NOT_CLEARED");
  auto invented = found.clearance();
  invented.set_agent("1005");
  invented.set_leaving_version(2);
  invented.set_mark(std::string(32, 'x'));
  EXPECT_EQ(ReasonOf(Complete("1005", invented)), "LEAVE_NOT_CLEARED");

  EXPECT_EQ(ReasonOf(Transfer(open, "1005")), "AGENT_LEAVING");
  ASSERT_TRUE(Transfer(open, "1007").ok());
  found = Check("1005");
  ASSERT_TRUE(found.has_clearance()) << found.ShortDebugString();
  EXPECT_EQ(found.clearance().revisions_size(), static_cast<int>(kTestPartitions));
  ASSERT_TRUE(Complete("1005", found.clearance()).ok());
  ASSERT_TRUE(Until([&] { return HasLeft("1005"); }));

  // What he had closed is opened again by the customer's next call: it is the head's.
  ASSERT_TRUE(Reopen(closed).ok());
  EXPECT_EQ(node.Get<Ticket>("router", closed)->owner(), "1001");
  EXPECT_EQ(node.Get<Ticket>("router", closed)->ownership().rbegin()->reason(), router::v1::OWNER_REASON_OWNER_LEFT);
}

TEST_F(LeavingANode, WhoComesBackMayHaveGotSomethingSoTheOldClearanceIsVoid) {
  ASSERT_TRUE(node.started().ok()) << node.started();
  ASSERT_TRUE(Announce("1006").ok());
  ASSERT_TRUE(Until([&] { return Check("1006").has_clearance(); }));
  const auto old = Check("1006").clearance();
  directory::v1::ActivateAgentRequest back;
  back.set_agent("1006");
  ASSERT_TRUE(node.Do("directory", "operators/first", back).ok());
  ASSERT_TRUE(Until([&] { return !Check("1006").has_leaving(); }));
  EXPECT_EQ(ReasonOf(Complete("1006", old)), "LEAVE_NOT_ANNOUNCED");
  ASSERT_TRUE(node.node().AwaitAdoption(absl::Seconds(20)).ok());
  NewTicket(node, "1006", "0003");
  ASSERT_TRUE(Announce("1006").ok());
  ASSERT_TRUE(
      Until([&] { return Check("1006").leaving_version() == 4 && Check("1006").adopted() == kTestPartitions; }));
  EXPECT_EQ(ReasonOf(Complete("1006", old)), "LEAVE_NOT_CLEARED");
  EXPECT_FALSE(Check("1006").has_clearance());
}

// Calls become tickets, tickets are closed and opened again, while their owners leave one after the other.
TEST_F(LeavingANode, NobodyWhoHasLeftOwnsAnOpenTicketWhateverWasUnderWay) {
  ASSERT_TRUE(node.started().ok()) << node.started();
  const std::vector<std::string> leaving = {"1009", "1010", "1011", "1012"};
  std::vector<std::string> tickets;
  for (size_t i = 0; i < leaving.size(); ++i) {
    tickets.push_back(NewTicket(node, leaving[i], absl::StrCat("1", i, "00")));
    tickets.push_back(NewTicket(node, leaving[i], absl::StrCat("1", i, "01")));
    ASSERT_TRUE(Close(tickets.back()).ok());
  }
  std::atomic<bool> stop{false};
  std::atomic<int> calls{0};
  std::thread callers([&] {
    for (int n = 0; !stop; ++n) {  // what is refused is refused
      const std::string agent = leaving[static_cast<size_t>(n) % leaving.size()];
      interaction::v1::ReportContactFactRequest fact;
      fact.set_source("switch-1");
      fact.set_external_id(absl::StrCat("c", n));
      fact.set_identifier(absl::StrCat("1380000", 1000 + n));
      fact.set_site("hangzhou");
      *fact.mutable_occurred_at() =
          google::protobuf::util::TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(absl::Now() - absl::Seconds(1)));
      fact.mutable_fact()->mutable_answered()->set_agent(agent);
      auto contact = node.Do("interaction", "adapters/switch-1", fact);
      if (!contact.ok()) continue;
      fact.mutable_fact()->mutable_ended()->set_release_party(interaction::v1::RELEASE_PARTY_CUSTOMER);
      node.Do("interaction", "adapters/switch-1", fact).IgnoreError();
      interaction::v1::DisposeContactRequest dispose;
      dispose.set_name(contact->name());
      dispose.set_disposition("ticket");
      dispose.set_gist("again");
      dispose.mutable_record()->set_anonymous(true);
      dispose.mutable_record()->set_phone(fact.identifier());
      if (node.Do("interaction", "agents/" + agent, dispose).ok()) ++calls;
    }
  });
  std::thread returners([&] {
    for (size_t n = 0; !stop; ++n) {
      const std::string& ticket = tickets[n % tickets.size()];
      (n / tickets.size() % 2 == 0 ? Reopen(ticket) : Close(ticket)).IgnoreError();
    }
  });
  for (const std::string& agent : leaving) {
    absl::SleepFor(absl::Milliseconds(50));
    EXPECT_TRUE(Announce(agent).ok());
    const bool completed = Until([&] {
      const auto found = Check(agent);
      for (const auto& row : found.open()) Transfer(row.name(), "1007").IgnoreError();
      return found.has_clearance() && Complete(agent, found.clearance()).ok();
    });
    EXPECT_TRUE(completed) << agent;
  }
  absl::SleepFor(absl::Milliseconds(200));
  stop = true;
  callers.join();
  returners.join();
  EXPECT_GT(calls, 0);
  for (const std::string& agent : leaving) {
    EXPECT_TRUE(Until([&] { return HasLeft(agent); })) << agent;
    const auto found = Check(agent);
    EXPECT_EQ(found.open_tickets(), 0u) << found.ShortDebugString();
  }
}

TEST_F(ClusterTest, EveryNodeKnowsWhatEachShardHasAdopted) {
  members.Set({{"a", "a:1"}, {"b", "b:1"}});
  Member a(this, "a"), b(this, "b");
  ASSERT_TRUE(Within(absl::Seconds(20), [&] { return a.Serving() + b.Serving() == kShards; }));
  Member& owner = a.node->node().shard({"directory", 0})->owns() ? a : b;
  ASSERT_TRUE(owner.node->PublishSample().ok());
  const auto adopted = [](Member& member, uint64_t version) {
    const auto all = member.node->node().Adoptions();
    return all.size() == kShards - 1 && std::all_of(all.begin(), all.end(), [&](const Backend::Adoption& one) {
             return one.version == version && one.service != "directory";
           });
  };
  for (Member* member : {&a, &b}) EXPECT_TRUE(Within(absl::Seconds(10), [&] { return adopted(*member, 1); }));
  directory::v1::DeactivateAgentRequest leaves;
  leaves.set_agent("1005");
  ASSERT_TRUE(owner.node->Do("directory", "operators/first", leaves).ok());
  for (Member* member : {&a, &b}) EXPECT_TRUE(Within(absl::Seconds(10), [&] { return adopted(*member, 2); }));
  // Any of them clears a leave, and the directory's owner takes its word.
  Member& other = &owner == &a ? b : a;
  router::v1::CheckLeaveRequest check;
  check.set_agent("1005");
  auto found = other.node->Run<CheckLeaveResponse>("router", "CheckLeave", check);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_TRUE(found->has_clearance()) << found->ShortDebugString();
  directory::v1::CompleteLeaveRequest complete;
  complete.set_agent("1005");
  *complete.mutable_clearance() = found->clearance();
  const auto completed = owner.node->Do("directory", "operators/first", complete);
  EXPECT_TRUE(completed.ok()) << completed.status();
}

}  // namespace
}  // namespace shoujie
