// Routed offers on a whole node: nothing before the feature is enabled; then to whom the adopted version's table and
// rosters say, with the account of it by another version; and by what people have in hand, as the node's lists show it.
// No result depends on the hour: the people asked for are a department's head, or on duty always.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/directory/sample.h"
#include "services/runtime/base/error.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/interaction/v1/service.pb.h"
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
  static router::v1::OfferHandoffRequest OfferOf(const std::string& ticket, const std::string& department = "",
                                                 const std::string& role = "") {
    router::v1::OfferHandoffRequest request;
    request.set_name(ticket);
    request.set_department(department);
    request.set_duty_role(role);
    *request.mutable_deadline() =
        google::protobuf::util::TimeUtil::SecondsToTimestamp(absl::ToUnixSeconds(absl::Now() + absl::Hours(1000)));
    request.set_gist("the screen stays black");
    return request;
  }
  absl::Status Offer(const std::string& ticket, const std::string& department = "", const std::string& role = "") {
    return node->Do("router", "agents/1005", OfferOf(ticket, department, role)).status();
  }
  // A version in which everything goes to two technicians, on duty always, who may have `capacity` at once.
  void PublishTwoOnDuty(uint32_t capacity) {
    directory::v1::PublishVersionRequest publish;
    auto& content = *publish.mutable_content();
    content = directory::SampleDirectory();
    auto* all = content.add_routing_rules();
    all->set_id("all");
    all->set_department("tech");
    all->set_duty_role("always");
    content.clear_rosters();  // whose people come and go with the hours
    auto* always = content.add_rosters();
    always->set_id("tech-always");
    always->set_department("tech");
    always->set_duty_role("always");
    for (const char* person : {"1036", "1037"}) always->add_people(person);
    for (auto& department : *content.mutable_departments()) {
      department.clear_on_call_role();
      if (department.id() == "tech") department.set_member_capacity(capacity);
    }
    publish.set_etag("1");
    Change(publish, 1);
  }
  // How many he has; the lists show everything that was acknowledged before.
  int InHand(const std::string& person) {
    router::v1::ListTicketsRequest request;
    request.set_in_hand_of(person);
    const auto list = node->Run<router::v1::ListTicketsResponse>("router", "ListTickets", request);
    EXPECT_TRUE(list.ok()) << list.status();
    return list.ok() ? list->tickets_size() : -1;
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

TEST_F(RoutingOnANode, OffersGoRoundByWhatPeopleHaveInHand) {
  node = std::make_unique<MemoryNode>(&disk);
  ASSERT_TRUE(node->started().ok()) << node->started();
  PublishTwoOnDuty(2);
  std::vector<std::string> tickets;
  for (int n = 0; n < 6; ++n) tickets.push_back(NewTicket(*node, "1005", absl::StrCat("001", n)));

  auto first = OfferOf(tickets[0]);
  first.set_request_id(node->NewId());
  const auto answer = node->Do("router", "agents/1005", first);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(HandoffOf(tickets[0]).responsible(), "1036") << "by rank";
  EXPECT_EQ(InHand("1036"), 1);
  ASSERT_TRUE(Offer(tickets[1]).ok());
  EXPECT_EQ(HandoffOf(tickets[1]).responsible(), "1037") << "who has less";
  EXPECT_EQ(InHand("1037"), 1);
  // What a client says of loads is dropped.
  auto forged = OfferOf(tickets[2]);
  *forged.mutable_loads()->mutable_counted_at() = forged.deadline();
  auto* load = forged.mutable_loads()->add_members();
  load->set_person("1036");
  load->set_in_hand(99);
  ASSERT_TRUE(node->Do("router", "agents/1005", forged).ok());
  EXPECT_EQ(HandoffOf(tickets[2]).responsible(), "1036");
  EXPECT_EQ(InHand("1036"), 2);
  ASSERT_TRUE(Offer(tickets[3]).ok());
  EXPECT_EQ(HandoffOf(tickets[3]).responsible(), "1037");
  EXPECT_EQ(InHand("1037"), 2);

  router::v1::ExplainRoutingRequest explain;
  explain.set_name(tickets[4]);
  const auto told = node->Run<router::v1::ExplainRoutingResponse>("router", "ExplainRouting", explain, "agents/1005");
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->lines().rbegin()->person(), "1035");
  EXPECT_TRUE(std::any_of(told->lines().begin(), told->lines().end(), [](const router::v1::RouteLine& line) {
    return line.person() == "1036" && line.in_hand() == 2 && line.has_counted_at();
  }));
  ASSERT_TRUE(Offer(tickets[4]).ok());
  const auto full = HandoffOf(tickets[4]);
  EXPECT_EQ(full.responsible(), "1035") << "both are full: the head";
  EXPECT_EQ(full.routing().choice(), router::v1::DUTY_CHOICE_HEAD);
  ASSERT_GE(full.routing().loads().members_size(), 2);
  EXPECT_EQ(full.routing().loads().members(0).person(), "1036");
  EXPECT_EQ(full.routing().loads().members(0).in_hand(), 2u);
  EXPECT_EQ(full.routing().loads().members(0).capacity(), 2u);
  EXPECT_EQ(full.routing().skipped(0).reason(), router::v1::SKIP_REASON_FULL);

  // A repeated command is answered as before, whatever they have by now.
  const auto again = node->Do("router", "agents/1005", first);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), answer->SerializeAsString());
  EXPECT_EQ(HandoffOf(tickets[0]).number(), 1u);

  // What is done is out of his hands.
  router::v1::SignHandoffRequest sign;
  sign.set_name(tickets[0]);
  ASSERT_TRUE(node->Do("router", "agents/1036", sign).ok());
  EXPECT_EQ(InHand("1036"), 2) << "signed for is in hand, too";
  router::v1::CompleteHandoffRequest complete;
  complete.set_name(tickets[0]);
  complete.set_result("replaced");
  ASSERT_TRUE(node->Do("router", "agents/1036", complete).ok());
  EXPECT_EQ(InHand("1036"), 1);
  ASSERT_TRUE(Offer(tickets[5]).ok());
  EXPECT_EQ(HandoffOf(tickets[5]).responsible(), "1036");
  node->Stop();
}

TEST_F(RoutingOnANode, WhoSaysThatHeIsAwayIsPassedOver) {
  node = std::make_unique<MemoryNode>(&disk);
  ASSERT_TRUE(node->started().ok()) << node->started();
  PublishTwoOnDuty(0);
  const std::string ticket = NewTicket(*node, "1005", "0020"), later = NewTicket(*node, "1005", "0021");
  const auto say = [&](interaction::v1::PresenceState state) {
    interaction::v1::SetPresenceRequest request;
    request.set_name("presences/1036");
    request.set_state(state);
    const auto said = node->Do("interaction", "agents/1036", request);
    ASSERT_TRUE(said.ok()) << said.status();
    const interaction::v1::ListPresencesRequest list;
    const auto shown = node->Run<interaction::v1::ListPresencesResponse>("interaction", "ListPresences", list);
    ASSERT_TRUE(shown.ok()) << shown.status();
    EXPECT_EQ(shown->presences_size(), 1);
  };
  say(interaction::v1::PRESENCE_STATE_AWAY);
  ASSERT_TRUE(Offer(ticket).ok());
  const auto handoff = HandoffOf(ticket);
  EXPECT_EQ(handoff.responsible(), "1037");
  ASSERT_EQ(handoff.routing().skipped_size(), 1);
  EXPECT_EQ(handoff.routing().skipped(0).reason(), router::v1::SKIP_REASON_ABSENT);
  EXPECT_EQ(handoff.routing().loads().members(0).presence(), interaction::v1::PRESENCE_STATE_AWAY);
  say(interaction::v1::PRESENCE_STATE_AVAILABLE);
  ASSERT_TRUE(Offer(later).ok());
  EXPECT_EQ(HandoffOf(later).responsible(), "1036");
  node->Stop();
}

}  // namespace
}  // namespace shoujie
