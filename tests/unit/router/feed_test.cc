// What is published of a ticket: every kind of event is decided on, nobody can be known by what leaves the house, and
// the same record is told in the same words however often.
#include "services/router/feed.h"

#include <google/protobuf/util/json_util.h>

#include <functional>
#include <set>

#include "absl/strings/str_join.h"
#include "shoujie/common/v1/options.pb.h"
#include "tests/unit/router/assist_desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCanary[] = "13900001111 Wang Fang";

EventContext Context(uint64_t version = 4, uint32_t n = 0) {
  EventContext at;
  at.stream = kName;
  at.version = version;
  at.n = n;
  at.effective_at = At(Hours(1));
  at.recorded_at = At(Hours(1));
  at.principal = "agents/5001";
  return at;
}

v1::TicketRow Row() {
  v1::TicketRow row;
  row.set_name(kName);
  row.set_owner("1001");
  row.set_department("tech");
  row.add_departments("warehouse");
  row.add_departments("tech");
  row.set_state(v1::TICKET_STATE_SIGNED);
  row.set_customer("customers/C0413-000127-6");
  return row;
}

// Fills every text of the message, personal ones with what must not get out.
void Fill(Message* message) {
  const auto* reflection = message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const auto* field = message->GetDescriptor()->field(i);
    if (field->is_repeated() || field->name() == "source" || field->name() == "external_id") continue;
    if (field->options().GetExtension(common::v1::personal) && field->type() == FieldDescriptor::TYPE_MESSAGE) {
      auto* personal = static_cast<common::v1::Personal*>(reflection->MutableMessage(message, field));
      personal->set_plain(kCanary);
      personal->set_box(kCanary);
    } else if (field->type() == FieldDescriptor::TYPE_STRING) {
      reflection->SetString(message, field, "x-" + field->name());
    } else if (field->type() == FieldDescriptor::TYPE_MESSAGE && field->message_type()->name() != "Card") {
      if (field->message_type()->file()->package() != "google.protobuf") {
        Fill(reflection->MutableMessage(message, field));
      }
    }
  }
}

v1::Event EventOf(const FieldDescriptor& kind) {
  v1::Event event;
  Fill(event.GetReflection()->MutableMessage(&event, &kind));
  return event;
}

std::string Json(const v1::TicketEvent& event) {
  std::string json;
  EXPECT_TRUE(google::protobuf::util::MessageToJsonString(event, &json).ok());
  return json;
}

TEST(FeedTest, EveryKindOfEventIsPublishedOrNamedAsPrivate) {
  const std::set<int> hidden(PrivateKinds().begin(), PrivateKinds().end());
  std::set<std::string> types;
  const auto* kinds = v1::Event::descriptor()->oneof_decl(0);
  for (int i = 0; i < kinds->field_count(); ++i) {
    const auto& kind = *kinds->field(i);
    const auto published = Publish(Row(), EventOf(kind), Context());
    EXPECT_NE(published.has_value(), hidden.count(kind.number()) == 1)
        << kind.name() << ": publish it in services/router/feed.cc, or say there why it is private";
    if (!published) continue;
    EXPECT_TRUE(types.insert(published->type()).second) << published->type() << " says two things";
    EXPECT_FALSE(Topics(*published).empty()) << kind.name() << " concerns the departments that had the ticket";
  }
  EXPECT_EQ(types.size() + hidden.size(), static_cast<size_t>(kinds->field_count()));
}

TEST(FeedTest, NothingPersonalGetsOut) {
  const auto* kinds = v1::Event::descriptor()->oneof_decl(0);
  for (int i = 0; i < kinds->field_count(); ++i) {
    const auto published = Publish(Row(), EventOf(*kinds->field(i)), Context());
    if (!published) continue;
    EXPECT_THAT(published->SerializeAsString(), Not(HasSubstr(kCanary))) << kinds->field(i)->name();
    EXPECT_THAT(Json(*published), Not(HasSubstr("C0413"))) << "nor whose matter it is";
  }
  // Nor can a later field do it: the contract has no place for it.
  const std::function<void(const google::protobuf::Descriptor&)> walk = [&](const auto& type) {
    for (int i = 0; i < type.field_count(); ++i) {
      const auto* field = type.field(i);
      EXPECT_FALSE(field->options().GetExtension(common::v1::personal)) << field->full_name();
      if (field->type() != FieldDescriptor::TYPE_MESSAGE) continue;
      EXPECT_NE(field->message_type(), common::v1::Personal::descriptor()) << field->full_name();
      if (field->message_type()->file()->package() == "shoujie.router.v1") walk(*field->message_type());
    }
  };
  walk(*v1::TicketEvent::descriptor());
}

TEST(FeedTest, TheSameRecordIsToldInTheSameWords) {
  v1::Event event;
  event.mutable_handoff_signed()->set_department("tech");
  const auto one = Publish(Row(), event, Context()), two = Publish(Row(), event, Context());
  EXPECT_EQ(one->SerializeAsString(), two->SerializeAsString());
  EXPECT_EQ(one->id(), kName + "@4.0");
  EXPECT_EQ(one->subject(), kName);
  EXPECT_EQ(one->specversion(), "1.0");
  EXPECT_EQ(one->type(), "shoujie.ticket.signed.v1");
}

TEST(FeedTest, TheSequenceRisesWithinARecordAndFromRecordToRecord) {
  v1::Event event;
  event.mutable_handoff_signed()->set_department("tech");
  std::string last;
  std::set<std::string> ids;
  for (const uint64_t version : {1, 2, 9, 10, 100'000}) {
    for (const uint32_t n : {0, 1, 9, 10, 4095}) {
      const auto published = Publish(Row(), event, Context(version, n));
      EXPECT_GT(published->sequence(), last);
      last = published->sequence();
      EXPECT_EQ(last.size(), 20u) << "so that texts compare as numbers do";
      EXPECT_TRUE(ids.insert(published->id()).second);
    }
  }
}

TEST(FeedTest, AFlowAsADepartmentSeesIt) {
  Desk desk;
  std::vector<v1::TicketEvent> seen;
  const auto take = [&] {
    for (const auto& event : desk.events()) {
      EventContext at = Context(desk.version());
      if (auto published = Publish(desk.row(), event, at)) seen.push_back(*std::move(published));
    }
  };
  desk.Open();
  take();
  desk.by("1001").at(Hours(1));
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  take();
  desk.by("5001").at(Hours(2));
  ASSERT_EQ(desk.Sign(), absl::OkStatus());
  take();
  ASSERT_EQ(desk.at(Hours(3)).Complete(), absl::OkStatus());
  take();
  desk.by("1001").at(Hours(4));
  ASSERT_EQ(desk.Close(), absl::OkStatus());
  take();
  ASSERT_EQ(seen.size(), 5u);
  EXPECT_EQ(seen[0].type(), "shoujie.ticket.opened.v1");
  EXPECT_THAT(Topics(seen[0]), ElementsAre()) << "no department yet";
  EXPECT_EQ(seen[0].data().stage(), v1::CUSTOMER_STAGE_RECEIVED);
  EXPECT_EQ(seen[1].type(), "shoujie.ticket.offered.v1");
  EXPECT_THAT(Topics(seen[1]), ElementsAre("tech"));
  EXPECT_EQ(seen[1].data().department(), "tech");
  EXPECT_EQ(seen[1].data().responsible(), "5001");
  EXPECT_EQ(FromProto(seen[1].data().deadline()), At(Hours(24)));
  EXPECT_EQ(seen[2].data().state(), v1::TICKET_STATE_SIGNED);
  EXPECT_EQ(FromProto(seen[2].data().deadline()), At(Hours(24)));
  EXPECT_EQ(seen[2].data().stage(), v1::CUSTOMER_STAGE_IN_PROGRESS);
  EXPECT_EQ(seen[3].type(), "shoujie.ticket.done.v1");
  EXPECT_EQ(seen[3].data().department(), "") << "with the owner again";
  EXPECT_THAT(Topics(seen[3]), ElementsAre("tech"));
  EXPECT_EQ(seen[4].data().resolution(), v1::RESOLUTION_CODE_SOLVED);
  EXPECT_THAT(Topics(seen[4]), ElementsAre("tech")) << "all that had it learn how it ended";
  for (const auto& event : seen) EXPECT_EQ(event.data().owner(), "1001");
}

TEST(FeedTest, WhoAssistsHearsOfItsAssistAndThenOfTheTicket) {
  AssistDesk desk;
  const auto told = [&] {
    std::vector<std::string> all;
    for (const auto& event : desk.events()) {
      const auto published = Publish(desk.row(), event, Context(desk.version()));
      if (published) all.push_back(published->type() + " " + absl::StrJoin(Topics(*published), ","));
    }
    return all;
  };
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(desk.Ask("warehouse", Hours(9)), absl::OkStatus());
  EXPECT_THAT(told(), ElementsAre("shoujie.ticket.assist-requested.v1 warehouse"));
  const auto asked = Publish(desk.row(), desk.events()[0], Context(desk.version()));
  EXPECT_EQ(asked->data().assist(), 1u);
  EXPECT_EQ(asked->data().responsible(), "5100");
  EXPECT_EQ(FromProto(asked->data().deadline()), At(Hours(9)));
  EXPECT_EQ(asked->data().department(), "") << "it does not have the ticket";
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  EXPECT_THAT(told(), ElementsAre("shoujie.ticket.offered.v1 tech"));
  ASSERT_EQ(desk.by("5100").SignAssist(), absl::OkStatus());
  EXPECT_THAT(told(), ElementsAre("shoujie.ticket.assist-signed.v1 warehouse,tech")) << "and who has the ticket";
  ASSERT_EQ(desk.Assisted(), absl::OkStatus());
  EXPECT_THAT(told(), ElementsAre("shoujie.ticket.assist-done.v1 warehouse,tech"));
  ASSERT_EQ(desk.by("2001").Transfer("1002"), absl::OkStatus());
  EXPECT_THAT(told(), ElementsAre("shoujie.ticket.owner-changed.v1 tech,warehouse")) << "past ones too";
}

TEST(FeedTest, ItIsACloudEventInJson) {
  v1::Event event;
  event.mutable_handoff_refused()->set_department("tech");
  event.mutable_handoff_refused()->set_handoff(2);
  event.mutable_handoff_refused()->set_reason(v1::HANDOFF_REASON_NOT_OUR_DUTY);
  const std::string json = Json(*Publish(Row(), event, Context()));
  EXPECT_THAT(json, HasSubstr(R"("specversion":"1.0")"));
  EXPECT_THAT(json, HasSubstr(R"("type":"shoujie.ticket.refused.v1")"));
  EXPECT_THAT(json, HasSubstr(R"("time":"2026-03-02T10:00:00Z")"));
  EXPECT_THAT(json, HasSubstr(R"("datacontenttype":"application/json")"));
  EXPECT_THAT(json, HasSubstr(R"("handoffReason":"HANDOFF_REASON_NOT_OUR_DUTY")"));
}

TEST(FeedTest, AnotherSystemsPastIsNoNews) {
  v1::Event event;
  event.mutable_ticket_opened()->set_source("servicenow");
  EXPECT_FALSE(Publish(Row(), event, Context()));
}

TEST(FeedTest, EveryStateHasAStageForTheCustomer) {
  const auto* states = v1::TicketState_descriptor();
  for (int i = 0; i < states->value_count(); ++i) {
    const auto state = static_cast<v1::TicketState>(states->value(i)->number());
    EXPECT_EQ(StageOf(state) == v1::CUSTOMER_STAGE_UNSPECIFIED, state == v1::TICKET_STATE_UNSPECIFIED)
        << states->value(i)->name();
  }
}

}  // namespace
}  // namespace shoujie::router
