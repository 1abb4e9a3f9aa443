// How a contact ends: what each disposition demands, the ticket, taking it back.
#include "services/runtime/base/number.h"
#include "tests/unit/interaction/world.h"

namespace shoujie::interaction {
namespace {

TEST(DispositionTest, AnsweredDemandsTypeAndResultOnly) {
  World w;
  w.HadCall();
  const absl::Status status = w.As("1001", Dispose("answered"));
  EXPECT_EQ(ReasonOf(status), "DISPOSITION_DEMANDS");
  EXPECT_EQ(Detail(status, "missing"), "type,result");
  ASSERT_TRUE(w.As("1001", DisposeAnswered()).ok());
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_CLOSED);
  EXPECT_EQ(w.contact.reception_type(), v1::RECEPTION_TYPE_ON_THE_SPOT);
  EXPECT_EQ(w.contact.record().answerer(), "1001");
  EXPECT_FALSE(w.Made(v1::Event::kTicketNeeded));
}

TEST(DispositionTest, OneKeyEndsAWrongNumber) {
  World w;
  w.HadCall();
  ASSERT_TRUE(w.As("1001", Dispose("wrong_number")).ok());
  EXPECT_FALSE(w.contact.has_record_due());
}

TEST(DispositionTest, TicketNeedsANameOrAnonymousAndIsAskedForExactlyOnce) {
  World w;
  w.HadCall();
  const absl::Status status = w.As("1001", Dispose("ticket"));
  EXPECT_EQ(Detail(status, "missing"), "customer_name");  // the number came with the call
  v1::DisposeContactRequest request = DisposeTicket();
  request.mutable_record()->set_category("fault");
  request.mutable_record()->set_sub_type("fault.heating");
  request.mutable_record()->set_product("boiler");
  ASSERT_TRUE(w.As("1001", request).ok());
  ASSERT_TRUE(w.Made(v1::Event::kTicketNeeded));
  for (const auto& event : w.events) {
    if (!event.has_ticket_needed()) continue;
    const auto& needed = event.ticket_needed();
    EXPECT_EQ(needed.ticket(), "tickets/0413-000127-6-T1");
    EXPECT_EQ(needed.contact(), World::kName);
    EXPECT_EQ(needed.owner(), "1001");
    EXPECT_EQ(ToTime(needed.owner_since()), World::Start());
    EXPECT_EQ(needed.category(), "fault.heating");
    EXPECT_EQ(needed.product(), "boiler");
    EXPECT_EQ(needed.site(), "north");
    EXPECT_EQ(needed.reason(), "ticket");
    EXPECT_EQ(needed.gist().plain(), "boiler leaks");
  }
  EXPECT_EQ(ReasonOf(w.As("1001", DisposeTicket())), "ALREADY_DISPOSED");
  v1::UndoDispositionRequest undo;
  EXPECT_EQ(ReasonOf(w.As("1001", undo)), "TICKET_EXISTS");
  EXPECT_EQ(ReasonOf(w.Operate(undo)), "TICKET_EXISTS");
  EXPECT_EQ(w.Count(v1::Event::kTicketNeeded), 1);
}

TEST(DispositionTest, TicketWithoutAnyWayToReachTheCustomerIsRefused) {
  World w;
  w.withheld = true;
  w.HadCall();
  EXPECT_EQ(Detail(w.As("1001", DisposeTicket()), "missing"), "phone");
  v1::DisposeContactRequest request = DisposeTicket();
  request.mutable_record()->set_phone("+8613900139000");
  EXPECT_TRUE(w.As("1001", request).ok());
}

TEST(DispositionTest, InternalStudyNeedsItsReasonAndAnApology) {
  World w;
  w.HadCall();
  v1::DisposeContactRequest request = DisposeTicket();
  request.set_reception_type(v1::RECEPTION_TYPE_INTERNAL_STUDY);
  EXPECT_EQ(ReasonOf(w.As("1001", request)), "STUDY_REASON_NEEDED");
  request.set_study_reason(v1::STUDY_REASON_NO_AUTHORITY);
  ASSERT_TRUE(w.As("1001", request).ok());
  EXPECT_TRUE(w.Flagged(v1::FLAG_APOLOGY_MISSING));
  EXPECT_EQ(w.events.size(), 4u);  // record, disposition, flag, ticket: one commit
  EXPECT_EQ(w.events.back().ticket_needed().reason(), "NO_AUTHORITY");
}

TEST(DispositionTest, ReceptionTypeAndDispositionMustAgree) {
  World w;
  w.HadCall();
  v1::DisposeContactRequest request = DisposeAnswered();
  request.set_reception_type(v1::RECEPTION_TYPE_OTHER_DEPARTMENT);
  EXPECT_EQ(ReasonOf(w.As("1001", request)), "RECEPTION_TYPE_CONTRADICTS");
  request.set_reception_type(v1::RECEPTION_TYPE_CONSULT);
  EXPECT_EQ(ReasonOf(w.As("1001", request)), "CONSULT_NOT_RECORDED");
}

TEST(DispositionTest, OutOfScopeNeedsAReferral) {
  World w;
  w.HadCall();
  EXPECT_EQ(Detail(w.As("1001", Dispose("out_of_scope")), "missing"), "referral");
  v1::DisposeContactRequest request = Dispose("out_of_scope");
  request.set_referral("gas company, 962777");
  EXPECT_TRUE(w.As("1001", request).ok());
}

v1::RecordPromptRequest Prompt(v1::PromptKind kind) {
  v1::RecordPromptRequest request;
  request.set_kind(kind);
  return request;
}

TEST(DispositionTest, SilentCallNeedsTwoSpacedPromptsBeforeItMayEnd) {
  World w;
  ASSERT_TRUE(w.Offered(0).ok() && w.Answered(6, "1001").ok());
  EXPECT_EQ(ReasonOf(w.As("1001", Dispose("silent"))), "PROMPTS_MISSING");
  ASSERT_TRUE(w.As("1001", Prompt(v1::PROMPT_KIND_SILENCE)).ok());
  w.Pass(absl::Seconds(2));
  ASSERT_TRUE(w.As("1001", Prompt(v1::PROMPT_KIND_SILENCE)).ok());  // too soon: does not count
  w.Pass(absl::Seconds(3));
  EXPECT_EQ(Detail(w.As("1001", Dispose("silent")), "done"), "1");
  ASSERT_TRUE(w.As("1001", Prompt(v1::PROMPT_KIND_SILENCE)).ok());
  EXPECT_EQ(ReasonOf(w.As("1001", Dispose("silent"))), "PROMPTS_MISSING");  // the last wait is part of it
  w.Pass(absl::Seconds(5));
  EXPECT_TRUE(w.As("1001", Dispose("silent")).ok());
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_ACTIVE);  // until the switch says that it ended
  ASSERT_TRUE(w.Ended(30, v1::RELEASE_PARTY_AGENT).ok());
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_CLOSED);
  EXPECT_EQ(w.contact.flags_size(), 0);  // such a call is the agent's to release
}

TEST(DispositionTest, HangingUpASilentCallWithoutPromptsIsFlagged) {
  World by_agent, by_customer;
  for (World* w : {&by_agent, &by_customer}) {
    ASSERT_TRUE(w->Offered(0).ok() && w->Answered(6, "1001").ok());
    const auto party = w == &by_agent ? v1::RELEASE_PARTY_AGENT : v1::RELEASE_PARTY_CUSTOMER;
    ASSERT_TRUE(w->Ended(9, party).ok());
    ASSERT_TRUE(w->As("1001", Dispose("silent")).ok());
  }
  EXPECT_TRUE(by_agent.Flagged(v1::FLAG_PROMPTS_MISSING));
  EXPECT_FALSE(by_customer.Flagged(v1::FLAG_PROMPTS_MISSING));
}

TEST(DispositionTest, AgentFirstReleaseAndAbruptHangUpAreExceptions) {
  World w;
  ASSERT_TRUE(w.Offered(0).ok() && w.Answered(6, "1001").ok());
  v1::Fact fact;
  fact.mutable_ended()->set_release_party(v1::RELEASE_PARTY_AGENT);
  fact.mutable_ended()->set_abrupt(true);
  ASSERT_TRUE(w.Fact(50, fact).ok());
  EXPECT_TRUE(w.Flagged(v1::FLAG_ABRUPT_HANG_UP));
  ASSERT_TRUE(w.As("1001", DisposeAnswered()).ok());
  EXPECT_TRUE(w.Flagged(v1::FLAG_AGENT_RELEASED_FIRST));
}

TEST(DispositionTest, OnlyWhoAnswersForTheContactDisposesOfIt) {
  World w;
  w.HadCall();
  EXPECT_EQ(ReasonOf(w.As("1002", DisposeAnswered())), "NOT_YOURS");
  EXPECT_EQ(ReasonOf(w.As("2900", DisposeAnswered())), "NOT_YOURS");  // head of another site
  EXPECT_TRUE(w.As("1500", DisposeAnswered()).ok());
  EXPECT_EQ(w.contact.disposed_by(), "1500");
}

TEST(DispositionTest, AuthorTakesBackWithinTheWindowLaterHisLeader) {
  World w;
  w.HadCall();
  ASSERT_TRUE(w.As("1001", DisposeAnswered()).ok());
  v1::UndoDispositionRequest undo;
  EXPECT_EQ(ReasonOf(w.As("1002", undo)), "NOT_YOURS");
  w.Pass(absl::Seconds(600));
  ASSERT_TRUE(w.As("1001", undo).ok());
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_WRAP_UP);
  EXPECT_TRUE(w.contact.disposition().empty());
  ASSERT_TRUE(w.As("1001", Dispose("wrong_number")).ok());
  w.Pass(absl::Seconds(601));
  EXPECT_EQ(ReasonOf(w.As("1001", undo)), "UNDO_TOO_LATE");
  ASSERT_TRUE(w.As("1500", undo).ok());
  w.Pass(absl::Seconds(600));
  EXPECT_EQ(w.Count(v1::Event::kWrapUpOverdue), 1);  // taken back and left alone is overdue again
}

TEST(DispositionTest, AttributionIsOneActAndTheFirstMemberIsKept) {
  World w;
  w.HadCall();
  v1::AttributeContactRequest request;
  request.set_customer("customers/nobody");
  EXPECT_EQ(ReasonOf(w.As("1001", request)), "CUSTOMER_UNKNOWN");
  request.set_customer("customers/" + Number{413, 127, true}.ToString());
  ASSERT_TRUE(w.As("1001", request).ok());
  const std::string first = request.customer();
  request.set_customer("customers/" + Number{7, 5, true}.ToString());
  ASSERT_TRUE(w.As("1001", request).ok());
  ASSERT_TRUE(w.As("1001", request).ok());
  EXPECT_TRUE(w.events.empty());
  EXPECT_EQ(w.contact.customer(), request.customer());
  EXPECT_EQ(w.contact.came_through(), first);
}

}  // namespace
}  // namespace shoujie::interaction
