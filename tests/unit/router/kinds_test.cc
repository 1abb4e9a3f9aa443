// No kind of event is forgotten where kinds go their several ways: each leaves its mark on the ticket and on its row,
// or is named here as one that says nothing there. That each is published or named as private: feed_test.cc; that each
// bears on the last act: domain/bearing.h, which would not compile.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "services/router/domain/evolve.h"
#include "services/router/domain/times.h"
#include "services/router/projection.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const absl::Time kBegin = absl::FromUnixSeconds(1'772'000'000);
const absl::Time kDue = kBegin + absl::Hours(4);   // of everything that the ticket has
const absl::Time kSaid = kBegin + absl::Hours(9);  // every instant that an event says

EventContext Now() {
  EventContext at;
  at.stream = "tickets/0413-000127-6-T1";
  at.version = 9;
  at.effective_at = kBegin + absl::Hours(1);
  at.recorded_at = at.effective_at;
  at.principal = "agents/5001";
  return at;
}

// Every field says something: the first of each part, yes, the first value of an enum that is one.
void FillAll(Message* message) {
  if (auto* instant = dynamic_cast<google::protobuf::Timestamp*>(message)) {
    *instant = ToProto(kSaid);
    return;
  }
  const auto* reflection = message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->field(i);
    if (field->is_repeated()) continue;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_BOOL:
        reflection->SetBool(message, field, true);
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        reflection->SetUInt32(message, field, 1);
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        reflection->SetUInt64(message, field, 1);
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        reflection->SetInt32(message, field, 1);
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        reflection->SetInt64(message, field, 1);
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        reflection->SetEnum(message, field, field->enum_type()->value(1));
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        reflection->SetString(message, field, "x-" + field->name());
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        FillAll(reflection->MutableMessage(message, field));
        break;
      default:
        ADD_FAILURE() << field->full_name();
    }
  }
}

v1::Event Filled(const FieldDescriptor& kind) {
  v1::Event event;
  FillAll(event.GetReflection()->MutableMessage(&event, &kind));
  return event;
}

v1::Event Note() {
  v1::Event note;
  note.mutable_note_added();
  return note;
}

// A ticket that has one of each part, so that an event of any kind finds the one that it is about.
v1::Ticket Ticket() {
  v1::Ticket ticket;
  ticket.set_owner("1001");
  ticket.set_state(v1::TICKET_STATE_SIGNED);
  *ticket.mutable_open_time() = ToProto(kBegin);
  *ticket.mutable_awaiting_since() = ToProto(kBegin);
  auto& link = *ticket.add_ownership();
  link.set_owner("1001");
  *link.mutable_from() = ToProto(kBegin);
  auto& episode = *ticket.add_episodes();
  episode.set_number(1);
  *episode.mutable_opened() = ToProto(kBegin);
  *episode.add_pauses()->mutable_from() = ToProto(kBegin);
  auto& held = *episode.add_custody();
  held.set_kind(v1::CUSTODY_KIND_SIGNED);
  held.set_handoff(1);
  *held.mutable_from() = ToProto(kBegin);
  auto& handoff = *ticket.add_handoffs();
  handoff.set_number(1);
  handoff.set_state(v1::HANDOFF_STATE_SIGNED);
  handoff.set_department("tech");
  ticket.add_escalations()->set_number(1);
  ticket.add_adjudications()->set_number(1);
  ticket.add_supervisions()->set_number(1);
  auto& assist = *ticket.add_assists();
  assist.set_number(1);
  assist.set_state(v1::ASSIST_STATE_OFFERED);
  assist.set_department("warehouse");
  auto& clock = *ticket.add_clocks();
  clock.set_number(1);
  *clock.add_runs()->mutable_from() = ToProto(kBegin);
  clock.add_extensions();
  ticket.mutable_merge()->set_number(1);
  Evolve(ticket, Note(), Now());  // name and instant are those of every event here
  return ticket;
}

v1::TicketRow Row(bool awaiting) {
  v1::TicketRow row;
  row.set_name(std::string(Now().stream));
  row.set_owner("1001");
  row.set_state(v1::TICKET_STATE_SIGNED);
  row.set_department("tech");
  row.set_stalling(true);
  row.set_awaiting_customer(awaiting);
  auto& clock = *row.add_clocks();
  clock.set_number(1);
  *clock.mutable_due() = ToProto(kDue);
  row.add_adjudications()->set_number(1);
  row.add_supervisions()->set_number(1);
  auto& assist = *row.add_assists();
  assist.set_number(1);
  assist.set_state(v1::ASSIST_STATE_OFFERED);
  assist.set_department("warehouse");
  Project(row, Note(), Now());
  return row;
}

// Kinds of which lists and reports show nothing.
const std::set<int>& NotInRows() {
  static const auto* const kinds = new std::set<int>{
      v1::Event::kNoteAdded,         v1::Event::kContactDetailsRead, v1::Event::kFactsRecorded,
      v1::Event::kEscalationOverdue, v1::Event::kSuperiorAsked,      v1::Event::kSuperiorAnswered,
      v1::Event::kMergeRequested,    v1::Event::kMergeDeclined,  // until one is merged
      v1::Event::kClockWarned,       v1::Event::kExtensionRequested,
  };
  return *kinds;
}

TEST(KindsTest, EachLeavesItsMarkOnTheTicket) {
  const auto* kinds = v1::Event::descriptor()->oneof_decl(0);
  const v1::Ticket before = Ticket();
  for (int i = 0; i < kinds->field_count(); ++i) {
    const FieldDescriptor& kind = *kinds->field(i);
    v1::Ticket after = before;
    Evolve(after, Filled(kind), Now());
    const bool says_nothing = kind.number() == v1::Event::kFactsRecorded;  // its instant, and that it was seen
    EXPECT_EQ(after.SerializeAsString() == before.SerializeAsString(), says_nothing)
        << kind.name() << ": Evolve passes it on to a part that does not know it (services/router/domain/evolve*.cc)";
  }
}

TEST(KindsTest, EachLeavesItsMarkOnTheRowOrIsNamedAsOneThatDoesNot) {
  const auto* kinds = v1::Event::descriptor()->oneof_decl(0);
  for (int i = 0; i < kinds->field_count(); ++i) {
    const FieldDescriptor& kind = *kinds->field(i);
    const v1::TicketRow before = Row(/*awaiting=*/kind.number() == v1::Event::kWaitEnded);
    v1::TicketRow after = before;
    Project(after, Filled(kind), Now());
    EXPECT_EQ(after.SerializeAsString() == before.SerializeAsString(), NotInRows().count(kind.number()) == 1)
        << kind.name() << ": show it in services/router/projection.cc or *_rows.cc, or name it here";
  }
}

}  // namespace
}  // namespace shoujie::router
