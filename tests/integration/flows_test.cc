// The flows of the domain page on a node in memory, with the real services: played, proven, and the same after the
// stores are lost. The same scripts on a real server (tests/e2e), on Kafka (tests/kafka) and under faults (tests/sim).
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "services/runtime/verify/verify.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/interaction/v1/commands.pb.h"
#include "tests/integration/memory_node.h"
#include "tests/support/flows/flow.h"
#include "tests/support/flows/play.h"

namespace shoujie {
namespace {

class MemoryStage : public flows::Stage {
 public:
  explicit MemoryStage(MemoryNode* node) : node_(*node) {}

  absl::StatusOr<common::v1::CommandReply> Do(const std::string& who,
                                              const google::protobuf::Message& request) override {
    std::unique_ptr<google::protobuf::Message> copy(request.New());
    copy->CopyFrom(request);
    copy->GetReflection()->SetString(copy.get(), copy->GetDescriptor()->FindFieldByName("request_id"), node_.NewId());
    return node_.Execute(flows::ServiceOf(request), who, std::move(copy));
  }
  absl::StatusOr<uint64_t> Publish(const directory::v1::Directory& content) override {
    const uint64_t over = node_.node().reference()->version();
    directory::v1::PublishVersionRequest publish;
    *publish.mutable_content() = content;
    publish.set_etag(absl::StrCat(over));
    if (auto reply = node_.Do("directory", "operators/first", publish); !reply.ok()) return reply.status();
    const auto adopted = [&] {
      const auto shards = node_.node().shards();
      return std::all_of(shards.begin(), shards.end(), [&](const Shard* shard) {
        return shard->id().service == "directory" || shard->adopted() > over;
      });
    };
    for (int i = 0; i < 4000 && !adopted(); ++i) absl::SleepFor(absl::Milliseconds(5));
    if (!adopted()) return absl::DeadlineExceededError("not adopted");
    return over + 1;
  }
  absl::StatusOr<router::v1::Ticket> Ticket(const common::v1::GetRequest& request) override {
    return node_.Get<router::v1::Ticket>("router", request);
  }
  absl::StatusOr<std::vector<common::v1::HistoryEntry>> History(const std::string& ticket) override {
    common::v1::ListHistoryRequest request;
    request.set_name(ticket);
    request.set_page_size(1000);
    auto page = node_.History("router", request);
    if (!page.ok()) return page.status();
    return std::vector<common::v1::HistoryEntry>(page->entries().begin(), page->entries().end());
  }
  absl::StatusOr<router::v1::ExplainClocksResponse> Explain(const std::string& ticket, uint64_t as_version) override {
    router::v1::ExplainClocksRequest request;
    request.set_name(ticket);
    request.set_as_version(as_version);
    return node_.Run<router::v1::ExplainClocksResponse>("router", "ExplainClocks", request, "agents/1005");
  }

 private:
  MemoryNode& node_;
};

class FlowsOnANode : public testing::Test {
 protected:
  static void ExpectVerified(Disk& disk) {
    std::vector<ServiceModule> modules;
    modules.push_back(directory::Service());
    modules.push_back(profile::Service());
    modules.push_back(interaction::Service());
    modules.push_back(router::Service());
    VerifyEnv env;
    env.modules = &modules;
    env.partitions = kTestPartitions;
    env.journal = [&](const JournalId& id) { return disk.journal(id); };
    env.store = [&](const JournalId& id) { return disk.store(id); };
    env.keys = disk.keys();
    env.until = absl::Now();
    for (const Finding& finding : Verify(env).findings) {
      ADD_FAILURE() << finding.kind << " " << finding.service << "/" << finding.partition << " " << finding.where << " "
                    << finding.what;
    }
  }
};

TEST_F(FlowsOnANode, RefusedSignedDoneDissatisfiedDoneAgain) {
  Disk disk(/*exclusive=*/true);
  const auto flow = flows::NewRework(1);
  flows::Played played;
  // The node stops in the middle, and in the end its stores are gone: nothing of the flow changes.
  for (const size_t steps : {flow->steps() / 2, flow->steps()}) {
    MemoryNode node(&disk);
    ASSERT_TRUE(node.started().ok()) << node.started();
    MemoryStage stage(&node);
    ASSERT_NO_FATAL_FAILURE(flows::Play(*flow, stage, &played, steps));
    flows::ExpectProven(*flow, stage);
    node.Stop();
  }
  EXPECT_TRUE(flow->over());
  ExpectVerified(disk);
  disk.LoseStores();
  MemoryNode node(&disk);
  ASSERT_TRUE(node.started().ok()) << node.started();
  MemoryStage stage(&node);
  flows::ExpectProven(*flow, stage);
  common::v1::GetRequest get;
  get.set_name(flow->ticket());
  const auto ticket = stage.Ticket(get);
  ASSERT_TRUE(ticket.ok()) << ticket.status();
  for (const std::string& what : flow->Check(*ticket, flow->done(), absl::Now())) ADD_FAILURE() << what;
}

TEST_F(FlowsOnANode, AClockThatStoodStillIsBreachedAndExplainedByBothVersions) {
  Disk disk(/*exclusive=*/true);
  {
    MemoryNode node(&disk);
    ASSERT_TRUE(node.started().ok()) << node.started();
    MemoryStage stage(&node);
    flows::Played played;
    const auto flow = flows::NewPausedClock(1, flows::kComplaintTarget - absl::Seconds(6));
    ASSERT_NO_FATAL_FAILURE(flows::Play(*flow, stage, &played));
    flows::ExpectProven(*flow, stage);
    flows::ExpectExplained(*flow, stage, played);
    node.Stop();
  }
  ExpectVerified(disk);
}

// R003: who asks may be a colleague.
TEST_F(FlowsOnANode, AColleaguesMatterHasTicketOwnerAndClocksToo) {
  Disk disk(/*exclusive=*/true);
  MemoryNode node(&disk);
  ASSERT_TRUE(node.started().ok()) << node.started();
  interaction::v1::CreateContactRequest create;
  create.set_channel(interaction::v1::CHANNEL_INTERNAL);
  create.set_received_by("1005");
  auto contact = node.Do("interaction", "agents/1005", create);
  ASSERT_TRUE(contact.ok()) << contact.status();
  interaction::v1::DisposeContactRequest dispose;
  dispose.set_name(contact->name());
  dispose.set_disposition("ticket");
  dispose.set_gist("the printer of the second floor");
  dispose.mutable_record()->set_customer_name("施佳怡");
  dispose.mutable_record()->set_phone("8006");
  auto disposed = node.Do("interaction", "agents/1005", dispose);
  ASSERT_TRUE(disposed.ok()) << disposed.status();
  const std::string name = absl::StrCat("tickets/", contact->name().substr(9), "-T1");
  auto ticket = node.Get<router::v1::Ticket>("router", name);
  for (int i = 0; i < 2000 && !ticket.ok(); ++i) {
    absl::SleepFor(absl::Milliseconds(5));
    ticket = node.Get<router::v1::Ticket>("router", name);
  }
  ASSERT_TRUE(ticket.ok()) << ticket.status();
  EXPECT_EQ(ticket->owner(), "1005");
  EXPECT_EQ(ticket->channel(), interaction::v1::CHANNEL_INTERNAL);
  EXPECT_EQ(ticket->clocks_size(), 2) << "dispatch and resolve";
}

// A checker that finds nothing proves nothing.
TEST(FlowChecks, FindWhatTheProofAloneWouldNot) {
  Disk disk(/*exclusive=*/true);
  MemoryNode node(&disk);
  ASSERT_TRUE(node.started().ok()) << node.started();
  MemoryStage stage(&node);
  flows::Played played;
  const auto flow = flows::NewRework(1);
  ASSERT_NO_FATAL_FAILURE(flows::Play(*flow, stage, &played));
  common::v1::GetRequest get;
  get.set_name(flow->ticket());
  const auto ticket = stage.Ticket(get);
  ASSERT_TRUE(ticket.ok()) << ticket.status();
  EXPECT_TRUE(flow->Check(*ticket, flow->done(), absl::Now()).empty());
  EXPECT_FALSE(flow->Check(*ticket, flow->done() - 1, absl::Now()).empty()) << "it was closed once more";
  router::v1::Ticket uncounted = *ticket;
  uncounted.set_refusals(0);
  EXPECT_EQ(flow->Check(uncounted, flow->done(), absl::Now()).size(), 1u);
  router::v1::Ticket other = *ticket;
  other.mutable_episodes(0)->mutable_resolution()->set_record("contacts/0001-000001-9");
  EXPECT_EQ(flow->Check(other, flow->done(), absl::Now()).size(), 1u) << "closed on another record";
}

}  // namespace
}  // namespace shoujie
