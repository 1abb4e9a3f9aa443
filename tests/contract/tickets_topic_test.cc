// What is published of tickets and its AsyncAPI document say the same: every type of event, every field, every value,
// and every event that services/router/feed.cc can make.
#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/router/feed.h"
#include "shoujie/router/v1/events.pb.h"
#include "tests/contract/asyncapi.h"

namespace shoujie::contract {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kName[] = "tickets/0413-000127-6-T1";

// Fills what a published event is made of. Enumerations get their first value, or their last one.
void Fill(Message* message, bool last) {
  const auto* reflection = message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->field(i);
    if (field->is_repeated() || field->name() == "source" || field->name() == "external_id") continue;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        reflection->SetString(message, field, "x");
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        reflection->SetUInt32(message, field, 2);
        break;
      case FieldDescriptor::CPPTYPE_ENUM: {
        const EnumDescriptor* values = field->enum_type();
        reflection->SetEnumValue(message, field, values->value(last ? values->value_count() - 1 : 1)->number());
        break;
      }
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (field->message_type()->full_name() == "google.protobuf.Timestamp") {
          static_cast<google::protobuf::Timestamp*>(reflection->MutableMessage(message, field))
              ->set_seconds(1'772'445'600);
        } else if (field->message_type()->name() == "Party") {
          Fill(reflection->MutableMessage(message, field), last);
        }
        break;
      default:
        break;
    }
  }
}

router::v1::Event EventOf(const FieldDescriptor& kind, bool last) {
  router::v1::Event event;
  Fill(event.GetReflection()->MutableMessage(&event, &kind), last);
  return event;
}

// A ticket that went through many hands, or one of which little is known.
router::v1::TicketRow Row(bool bare) {
  router::v1::TicketRow row;
  row.set_name(kName);
  row.set_owner("1001");
  row.set_state(router::v1::TICKET_STATE_NEW);
  if (bare) return row;
  Fill(&row, /*last=*/true);
  row.set_name(kName);
  row.set_state(router::v1::TICKET_STATE_SIGNED);
  row.add_departments("warehouse");
  row.add_departments("tech");
  return row;
}

EventContext At() {
  EventContext at;
  at.stream = kName;
  at.version = 4;
  at.effective_at = at.recorded_at = absl::FromUnixMillis(1'772'445'600'123);
  at.principal = "agents/5001";
  return at;
}

template <typename Each>
void ForEachPublished(const Each& each) {
  const auto* kinds = router::v1::Event::descriptor()->oneof_decl(0);
  for (int i = 0; i < kinds->field_count(); ++i) {
    for (const bool last : {false, true}) {
      for (const bool bare : {false, true}) {
        const auto event = router::Publish(Row(bare), EventOf(*kinds->field(i), last), At());
        if (event) each(*event);
      }
    }
  }
}

TEST(TicketsTopic, TheDocumentHasEveryTypeOfEventThatIsPublishedAndNoOther) {
  std::set<std::string> published;
  ForEachPublished([&](const router::v1::TicketEvent& event) { published.insert(event.type()); });
  EXPECT_EQ(AsyncApi::OfTickets().Types(), published)
      << "services/router/feed.cc and proto/shoujie/router/v1/tickets.asyncapi.yaml must say the same";
}

TEST(TicketsTopic, EveryEventThatIsPublishedIsAsTheDocumentSays) {
  const AsyncApi document = AsyncApi::OfTickets();
  int checked = 0;
  ForEachPublished([&](const router::v1::TicketEvent& event) {
    EXPECT_THAT(document.Check(RecordOf(event)), IsEmpty()) << event.type() << ": " << event.ShortDebugString();
    ++checked;
  });
  EXPECT_GE(checked, 4 * 17);
}

TEST(TicketsTopic, TheDocumentHasTheFieldsOfTheMessageAndTheValuesOfItsEnumerations) {
  const AsyncApi document = AsyncApi::OfTickets();
  const json& properties = document.schema("TicketChange")["properties"];
  const Descriptor* change = router::v1::TicketChange::descriptor();
  EXPECT_EQ(properties.size(), static_cast<size_t>(change->field_count()));
  for (int i = 0; i < change->field_count(); ++i) {
    const FieldDescriptor* field = change->field(i);
    SCOPED_TRACE(field->name());
    ASSERT_TRUE(properties.contains(field->json_name()));
    const json& property = properties[field->json_name()];
    if (field->type() != FieldDescriptor::TYPE_ENUM) {
      const char* type = field->is_repeated()                            ? "array"
                         : field->type() == FieldDescriptor::TYPE_UINT32 ? "integer"
                                                                         : "string";
      EXPECT_EQ(property["type"], type);
      continue;
    }
    const EnumDescriptor* values = field->enum_type();
    ASSERT_EQ(property["$ref"], absl::StrCat("#/components/schemas/", values->name()));
    const json& known = document.schema(values->name())["x-values"];
    EXPECT_EQ(known.size(), static_cast<size_t>(values->value_count()) - 1) << "all but …_UNSPECIFIED";
    for (int v = 1; v < values->value_count(); ++v) EXPECT_TRUE(known.contains(values->value(v)->name()));
  }
}

// What is said of one message holds in the others, too: each is made of the same parts.
TEST(TicketsTopic, EveryMessageIsTheHeadersItsOwnTypeAndTheChange) {
  const AsyncApi document = AsyncApi::OfTickets();
  const json& messages = document.document()["components"]["messages"];
  EXPECT_EQ(messages.size(), document.Types().size()) << "each is on the channel";
  const json& properties = document.schema("TicketChange")["properties"];
  for (const auto& [key, message] : messages.items()) {
    SCOPED_TRACE(key);
    EXPECT_EQ(message["headers"]["allOf"][0]["$ref"], "#/components/schemas/Headers");
    EXPECT_EQ(message["headers"]["allOf"][1]["properties"]["ce_type"]["const"], message["name"]);
    const json& payload = message["payload"];
    EXPECT_EQ((payload.contains("allOf") ? payload["allOf"][0] : payload)["$ref"], "#/components/schemas/TicketChange");
    for (const json& name : payload.contains("allOf") ? payload["allOf"][1]["required"] : json::array()) {
      EXPECT_TRUE(properties.contains(name.get<std::string>())) << name;
    }
  }
}

// The checks above find nothing; that they would is shown here.
TEST(TicketsTopic, WhatIsNotAsTheDocumentSaysIsFound) {
  const AsyncApi document = AsyncApi::OfTickets();
  router::v1::Event event;
  event.mutable_handoff_offered()->set_handoff(1);
  event.mutable_handoff_offered()->set_department("tech");
  event.mutable_handoff_offered()->set_responsible("1035");
  const TopicRecord good = RecordOf(*router::Publish(Row(true), event, At()));
  ASSERT_THAT(document.Check(good), IsEmpty());

  const auto with = [&](const std::string& field, const json& value) {
    TopicRecord record = good;
    json changed = json::parse(good.value);
    if (value.is_null()) {
      changed.erase(field);
    } else {
      changed[field] = value;
    }
    record.value = changed.dump();
    return document.Check(record);
  };
  EXPECT_THAT(with("owner", nullptr), ElementsAre("value: owner is missing"));
  EXPECT_THAT(with("deadline", nullptr), ElementsAre("value: deadline is missing"));
  EXPECT_THAT(with("deadline", "tomorrow"), Contains(HasSubstr("value.deadline")));
  EXPECT_THAT(with("handoff", 0), Contains(HasSubstr("at least 1")));
  EXPECT_THAT(with("handoff", "1"), Contains(HasSubstr("of type integer")));
  EXPECT_THAT(with("departments", json::array({1})), Contains(HasSubstr("value.departments[]")));
  EXPECT_THAT(with("ticket", "0413-000127-6-T1"), Contains(HasSubstr("value.ticket")));
  EXPECT_THAT(with("state", "OFFERED"), Contains(HasSubstr("value.state")));
  EXPECT_THAT(with("state", "TICKET_STATE_LOST"), ElementsAre(HasSubstr("a value that the document names")));
  EXPECT_THAT(with("gist", "look"), ElementsAre("value: the document does not name gist"));

  const auto header = [&](const std::string& name, const std::string& value) {
    TopicRecord record = good;
    for (auto& [key, text] : record.headers) {
      if (key == name) text = value;
    }
    return document.Check(record);
  };
  EXPECT_THAT(header("ce_sequence", "7"), Contains(HasSubstr("headers.ce_sequence")));
  EXPECT_THAT(header("ce_specversion", "0.3"), Contains(HasSubstr("headers.ce_specversion")));
  EXPECT_THAT(header("ce_time", "now"), Contains(HasSubstr("headers.ce_time")));
  EXPECT_THAT(header("ce_type", "shoujie.ticket.lost.v1"), ElementsAre(HasSubstr("no such type")));
  EXPECT_THAT(header("ce_type", "shoujie.ticket.closed.v1"), Contains("value: resolution is missing"));
  TopicRecord other = good;
  other.key = "0413-000128-4-T1";
  EXPECT_THAT(document.Check(other), ElementsAre("key: is not the number in ce_subject"));
  other = good;
  other.value = "{";
  EXPECT_THAT(document.Check(other), ElementsAre(HasSubstr("no JSON")));
}

}  // namespace
}  // namespace shoujie::contract
