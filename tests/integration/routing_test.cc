// Routed offers on a whole node: nothing before the feature is enabled; then to whom the adopted version's table and
// rosters say, with the account of it by another version. No result depends on the hour: the people asked for are a
// department's head, or on duty always.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/directory/sample.h"
#include "services/runtime/base/error.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/integration/memory_node.h"
#include "tests/integration/new_ticket.h"

namespace shoujie {
namespace {

class RoutingOnANode : public testing::Test {
 protected:
  static void Until(const std::function<bool()>& holds) {
    for (int i = 0; i < 4000 && !holds(); ++i) absl::SleepFor(absl::Milliseconds(5));
    EXPECT_TRUE(holds());
  }
  // Once every shard has adopted the version after `over`.
  template <typename Request>
  void Change(const Request& request, uint64_t over) {
    const auto reply = node->Do("directory", "operators/first", request);
    ASSERT_TRUE(reply.ok()) << reply.status();
    Until([&] {
      const auto shards = node->node().shards();
      return std::all_of(shards.begin(), shards.end(), [&](const Shard* shard) {
        return shard->id().service == "directory" || shard->adopted() > over;
      });
    });
  }
  absl::Status Offer(const std::string& ticket, const std::string& department = "", const std::string& role = "") {
    router::v1::OfferHandoffRequest request;
    request.set_name(ticket);
    request.set_department(department);
    request.set_duty_role(role);
    *request.mutable_deadline() =
        google::protobuf::util::TimeUtil::SecondsToTimestamp(absl::ToUnixSeconds(absl::Now() + absl::Hours(1000)));
    request.set_gist("the screen stays black");
    return node->Do("router", "agents/1005", request).status();
  }
  router::v1::Handoff HandoffOf(const std::string& name) {
    auto ticket = node->Get<router::v1::Ticket>("router", name);
    EXPECT_TRUE(ticket.ok()) << ticket.status();
    if (!ticket.ok() || ticket->handoffs().empty()) return {};
    return *ticket->handoffs().rbegin();
  }
  absl::StatusOr<router::v1::RouteLine> RouteBy(const std::string& ticket, uint64_t version) {
    router::v1::ExplainRoutingRequest request;
    request.set_name(ticket);
    request.set_as_version(version);
    auto explained = node->Run<router::v1::ExplainRoutingResponse>("router", "ExplainRouting", request, "agents/1005");
    if (!explained.ok()) return explained.status();
    for (const auto& line : explained->lines()) {
      if (line.what() == router::v1::ROUTE_LINE_KIND_CHOSEN) return line;
    }
    return absl::NotFoundError("nobody is chosen");
  }

  Disk disk{true};
  std::unique_ptr<MemoryNode> node;
};

TEST_F(RoutingOnANode, NothingIsRoutedBeforeTheFeatureIsEnabled) {
  disk.PublishAsBeforeFeatures();
  node = std::make_unique<MemoryNode>(&disk);
  ASSERT_TRUE(node->started().ok()) << node->started();
  const std::string ticket = NewTicket(*node, "1005", "0001"), named = NewTicket(*node, "1005", "0002");
  EXPECT_EQ(ReasonOf(Offer(ticket)), "FEATURE_OFF");
  EXPECT_EQ(HandoffOf(ticket).number(), 0u);
  ASSERT_TRUE(Offer(named, "tech", "on-call").ok()) << "a duty role is a name";
  EXPECT_EQ(HandoffOf(named).responsible(), "1035");
  EXPECT_FALSE(HandoffOf(named).has_routing());

  directory::v1::EnableFeatureRequest enable;
  enable.set_feature("routing");
  Change(enable, 1);
  ASSERT_TRUE(Offer(ticket).ok());
  EXPECT_EQ(HandoffOf(ticket).department(), "quality") << "its category is not known: the default department";
  EXPECT_EQ(HandoffOf(ticket).responsible(), "1038");
  EXPECT_EQ(HandoffOf(ticket).routing().directory_version(), 2u);
  node->Stop();
}

TEST_F(RoutingOnANode, EachOfferGoesByTheVersionThatItsShardHadAdopted) {
  node = std::make_unique<MemoryNode>(&disk);
  ASSERT_TRUE(node->started().ok()) << node->started();
  const std::string first = NewTicket(*node, "1005", "0003"), second = NewTicket(*node, "1005", "0004");
  ASSERT_TRUE(Offer(first).ok());
  EXPECT_EQ(HandoffOf(first).department(), "quality");

  auto content = directory::SampleDirectory();
  auto* all = content.add_routing_rules();
  all->set_id("all");
  all->set_department("tech");
  all->set_duty_role("on-call");
  directory::v1::PublishVersionRequest publish;
  *publish.mutable_content() = content;
  publish.set_etag("1");
  Change(publish, 1);
  ASSERT_TRUE(Offer(second).ok());
  const auto handoff = HandoffOf(second);
  EXPECT_EQ(handoff.department(), "tech");
  EXPECT_EQ(handoff.responsible(), "1036") << "the first on call, always";
  EXPECT_EQ(handoff.routing().rule(), "all");
  EXPECT_EQ(handoff.routing().roster(), "tech-on-call");
  EXPECT_EQ(handoff.routing().directory_version(), 2u);
  EXPECT_EQ(HandoffOf(first).routing().directory_version(), 1u) << "what was decided stays";

  // The same tickets on the other version's table: the seed of a back-test.
  auto by = RouteBy(second, 1);
  ASSERT_TRUE(by.ok()) << by.status();
  EXPECT_EQ(by->department(), "quality");
  by = RouteBy(first, 2);
  ASSERT_TRUE(by.ok()) << by.status();
  EXPECT_EQ(by->department(), "tech");
  EXPECT_EQ(by->person(), "1036");
  EXPECT_EQ(RouteBy(first, 0)->directory_version(), 2u);
  EXPECT_EQ(ReasonOf(RouteBy(first, 99).status()), "DIRECTORY_VERSION_UNKNOWN");
  EXPECT_EQ(ReasonOf(RouteBy("tickets/0000-000001-2-T1", 0).status()), "RESOURCE_NOT_FOUND");
  node->Stop();
}

}  // namespace
}  // namespace shoujie
