#include "tests/unit/router/desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Milliseconds;
using absl::Minutes;
using absl::Seconds;

class HandoffTest : public testing::Test {
 protected:
  HandoffTest() { desk_.Open().at(Hours(1)).by("1001"); }

  absl::Status Refuse(const std::string& evidence = "photo of the label") {
    v1::RefuseHandoffRequest request;
    request.set_reason(v1::HANDOFF_REASON_NOT_OUR_DUTY);
    request.set_evidence(evidence);
    return desk_.Do(request);
  }
  absl::Status Return(const std::string& evidence = "measured, not ours") {
    v1::ReturnHandoffRequest request;
    request.set_reason(v1::HANDOFF_REASON_CANNOT_BE_DONE);
    request.set_evidence(evidence);
    return desk_.Do(request);
  }
  absl::Status Progress(const std::string& text) {
    v1::ReportProgressRequest request;
    request.set_text(text);
    return desk_.Do(request);
  }

  Desk desk_;
};

TEST_F(HandoffTest, OfferNamesDepartmentPersonDeadlineAndGist) {
  EXPECT_THAT(desk_.Offer(""), RefusedWith("DEPARTMENT_MISSING"));
  EXPECT_THAT(desk_.Offer("kitchen"), RefusedWith("DEPARTMENT_UNKNOWN"));
  EXPECT_THAT(desk_.Offer("tech", Hours(1)), RefusedWith("DEADLINE_PAST"));
  EXPECT_THAT(desk_.Offer("headless"), RefusedWith("PERSON_MISSING"));
  v1::OfferHandoffRequest request;
  request.set_department("tech");
  request.set_gist("broken");
  EXPECT_THAT(desk_.Do(request), RefusedWith("DEADLINE_MISSING"));
  *request.mutable_deadline() = ToProto(At(Hours(2)));
  request.mutable_deadline()->set_nanos(-5);
  EXPECT_THAT(desk_.Do(request), RefusedWith("DEADLINE_MISSING"));
  *request.mutable_deadline() = ToProto(At(Hours(2)));
  request.set_gist(" \n");
  EXPECT_THAT(desk_.Do(request), RefusedWith("GIST_MISSING"));
  request.set_gist(std::string(20'000, 'x'));
  EXPECT_THAT(desk_.Do(request), RefusedWith("TEXT_TOO_LONG"));
  request.set_gist("broken");
  request.set_person("5100");
  EXPECT_THAT(desk_.Do(request), RefusedWith("PERSON_NOT_OF_DEPARTMENT"));
  request.set_person("5009");
  EXPECT_THAT(desk_.Do(request), RefusedWith("AGENT_LEFT"));
  request.set_person("5002");
  request.set_duty_role("night");
  EXPECT_THAT(desk_.Do(request), RefusedWith("PERSON_OR_ROLE"));
  request.clear_duty_role();
  EXPECT_EQ(desk_.Do(request), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().handoffs(0).responsible(), "5002");
  EXPECT_EQ(desk_.ticket().handoffs(0).gist().plain(), "broken");
}

TEST_F(HandoffTest, WithoutAPersonTheHeadIsResponsible) {
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().handoffs(0).responsible(), "5001");
}

TEST_F(HandoffTest, AHeadWhoLeftIsNotResponsibleHisDeputyIs) {
  auto directory = SampleDirectory();
  for (auto& agent : *directory.mutable_agents()) {
    if (agent.id() == "5100" || agent.id() == "5001") agent.set_left(true);
  }
  desk_.Publish(directory);
  EXPECT_THAT(desk_.Offer("tech"), RefusedWith("PERSON_MISSING"));
  ASSERT_EQ(desk_.Offer("warehouse"), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().handoffs(0).responsible(), "5003");
}

TEST_F(HandoffTest, OnlyTheOwnersSideOffersAndWithdraws) {
  EXPECT_THAT(desk_.by("1002").Offer("tech"), RefusedWith("NOT_OWNER_OR_LEADER"));
  EXPECT_EQ(desk_.by("2001").Offer("tech"), absl::OkStatus());
  EXPECT_THAT(desk_.by("5001").Do(v1::WithdrawHandoffRequest()), RefusedWith("NOT_OWNER_OR_LEADER"));
  EXPECT_EQ(desk_.by("1001").Do(v1::WithdrawHandoffRequest()), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().handoffs(0).state(), v1::HANDOFF_STATE_WITHDRAWN);
  EXPECT_EQ(desk_.ticket().state(), v1::TICKET_STATE_ACTIVE);
}

TEST_F(HandoffTest, OnlyTheDepartmentSigns) {
  ASSERT_EQ(desk_.Offer("warehouse"), absl::OkStatus());
  for (const char* who : {"1001", "5001", "2001", "9000"}) {
    EXPECT_THAT(desk_.by(who).Sign(), RefusedWith("NOT_OF_DEPARTMENT")) << who;
  }
  ASSERT_EQ(desk_.by("5003").Sign(), absl::OkStatus());  // deputy
  EXPECT_EQ(desk_.ticket().handoffs(0).signed_by(), "agents/5003");
  EXPECT_EQ(desk_.ticket().handler().id(), "5003");
  EXPECT_EQ(desk_.ticket().owner(), "1001");
  EXPECT_THAT(desk_.Sign(), RefusedWith("HANDOFF_SIGNED"));
  EXPECT_THAT(desk_.by("1001").Do(v1::WithdrawHandoffRequest()), RefusedWith("HANDOFF_SIGNED"));
}

TEST_F(HandoffTest, TheHeadMaySignForAMember) {
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  v1::SignHandoffRequest request;
  request.set_handler("5100");
  EXPECT_THAT(desk_.by("5001").Do(request), RefusedWith("PERSON_NOT_OF_DEPARTMENT"));
  request.set_handler("5002");
  ASSERT_EQ(desk_.Do(request), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().handoffs(0).handler(), "5002");
}

TEST_F(HandoffTest, AnUnsignedOfferCountsAgainstTheDepartment) {
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  desk_.at(Hours(3));
  EXPECT_EQ(desk_.Held(Department("tech"), v1::CUSTODY_KIND_OFFERED), Hours(2));
  EXPECT_EQ(desk_.Held(Person("1001"), v1::CUSTODY_KIND_OWNER), Hours(1));
}

TEST_F(HandoffTest, RefusalNeedsReasonEvidenceAndTheWindow) {
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  desk_.by("5001");
  EXPECT_THAT(Refuse(""), RefusedWith("EVIDENCE_MISSING"));
  v1::RefuseHandoffRequest no_reason;
  no_reason.set_evidence("photo");
  EXPECT_THAT(desk_.Do(no_reason), RefusedWith("REASON_MISSING"));
  desk_.at(Hours(2) + Milliseconds(1));
  EXPECT_THAT(Refuse(), RefusedWith("REFUSE_WINDOW_OVER"));
  desk_.at(Hours(2));
  EXPECT_EQ(Refuse(), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().refusals(), 1u);
  EXPECT_EQ(desk_.ticket().handler().id(), "1001");
  EXPECT_EQ(desk_.row().refusals(), 1u);
  EXPECT_EQ(desk_.row().handoffs(), 0u);
}

TEST_F(HandoffTest, ReturnAfterSigningNeedsEvidence) {
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  desk_.by("5001");
  EXPECT_THAT(Return(), RefusedWith("HANDOFF_UNSIGNED"));
  EXPECT_THAT(desk_.Complete(), RefusedWith("HANDOFF_UNSIGNED"));
  EXPECT_THAT(Progress("looked"), RefusedWith("HANDOFF_UNSIGNED"));
  ASSERT_EQ(desk_.Sign(), absl::OkStatus());
  EXPECT_THAT(Refuse(), RefusedWith("HANDOFF_SIGNED"));
  EXPECT_THAT(Return(" "), RefusedWith("EVIDENCE_MISSING"));
  EXPECT_EQ(Return(), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().returns(), 1u);
  EXPECT_EQ(desk_.row().returns(), 1u);
}

TEST_F(HandoffTest, OneAtATime) {
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  EXPECT_THAT(desk_.Offer("warehouse"), RefusedWith("HANDOFF_ACTIVE"));
  ASSERT_EQ(desk_.by("5001").Sign(), absl::OkStatus());
  EXPECT_THAT(desk_.by("1001").Offer("warehouse"), RefusedWith("HANDOFF_ACTIVE"));
}

TEST_F(HandoffTest, AnActOnAnotherHandoffThanTheActiveOneIsRefused) {
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk_.Do(v1::WithdrawHandoffRequest()), absl::OkStatus());
  EXPECT_THAT(desk_.by("5001").Sign(), RefusedWith("HANDOFF_NOT_ACTIVE"));
  ASSERT_EQ(desk_.by("1001").Offer("tech"), absl::OkStatus());
  v1::SignHandoffRequest old;
  old.set_handoff(1);
  EXPECT_THAT(desk_.by("5001").Do(old), RefusedWith("HANDOFF_NOT_ACTIVE"));
  old.set_handoff(2);
  EXPECT_EQ(desk_.Do(old), absl::OkStatus());
}

// Flow 2 of the domain page: tech refuses, warehouse signs and is done; every millisecond belongs to somebody.
TEST_F(HandoffTest, RefusedThenDoneElsewhereToTheMillisecond) {
  ASSERT_EQ(desk_.at(Hours(1)).Offer("tech"), absl::OkStatus());
  ASSERT_EQ((desk_.at(Hours(1) + Milliseconds(1234)).by("5001"), Refuse()), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(1) + Milliseconds(2000)).by("1001").Offer("warehouse"), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(3)).by("5100").Sign(), absl::OkStatus());
  ASSERT_EQ((desk_.at(Hours(4)), Progress("parcel found")), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(5) + Milliseconds(1)).Complete(), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(6)).by("1001").Close(), absl::OkStatus());
  desk_.at(Hours(8));
  EXPECT_EQ(desk_.Held(Department("tech"), v1::CUSTODY_KIND_OFFERED), Milliseconds(1234));
  EXPECT_EQ(desk_.Held(Department("warehouse"), v1::CUSTODY_KIND_OFFERED), Hours(2) - Milliseconds(2000));
  EXPECT_EQ(desk_.Held(Department("warehouse"), v1::CUSTODY_KIND_SIGNED), Hours(2) + Milliseconds(1));
  EXPECT_EQ(desk_.Held(Person("1001"), v1::CUSTODY_KIND_OWNER), Hours(2) + Milliseconds(765));
  EXPECT_EQ(desk_.Held(Person("1001"), v1::CUSTODY_KIND_CLOSED), Hours(2));
  EXPECT_EQ(desk_.ticket().handoffs(1).progress_reports(), 1u);
  EXPECT_EQ(desk_.row().handoffs(), 1u);
  EXPECT_THAT(desk_.row().departments(), testing::ElementsAre("tech", "warehouse"));
}

TEST_F(HandoffTest, ADeadlineThatPassesIsFlaggedOnceAndChangesNothingElse) {
  ASSERT_EQ(desk_.Offer("tech", Hours(2)), absl::OkStatus());
  ASSERT_EQ(desk_.timers().size(), 1u);
  EXPECT_EQ(desk_.timers()[0].name, "handoff/1");
  EXPECT_EQ(desk_.timers()[0].due, At(Hours(2)));
  const auto custody = desk_.ticket().episodes(0).SerializeAsString();
  desk_.at(Hours(2)).FireTimers();
  EXPECT_TRUE(desk_.ticket().handoffs(0).overdue());
  EXPECT_EQ(desk_.ticket().overdue_handoffs(), 1u);
  EXPECT_EQ(desk_.ticket().owner(), "1001");
  EXPECT_EQ(desk_.ticket().episodes(0).SerializeAsString(), custody);
  EXPECT_TRUE(desk_.row().overdue());
  EXPECT_TRUE(desk_.timers().empty());
}

TEST_F(HandoffTest, AStaleTimerIsANoOp) {
  ASSERT_EQ(desk_.Offer("tech", Hours(2)), absl::OkStatus());
  ASSERT_EQ(desk_.by("5001").Sign(), absl::OkStatus());
  ASSERT_EQ(desk_.Complete(), absl::OkStatus());
  const uint64_t version = desk_.version();
  common::v1::TimerFired fired;
  fired.set_timer("handoff/1");
  fired.set_attempt(1);
  EXPECT_EQ(desk_.at(Hours(2)).Do(fired), absl::OkStatus());
  fired.set_timer("no such timer");
  EXPECT_EQ(desk_.Do(fired), absl::OkStatus());
  EXPECT_EQ(desk_.version(), version);
}

TEST_F(HandoffTest, ATimerBeforeItsTimeIsANoOp) {
  ASSERT_EQ(desk_.Offer("tech", Hours(2)), absl::OkStatus());
  common::v1::TimerFired fired;
  fired.set_timer("handoff/1");
  fired.set_attempt(1);
  EXPECT_EQ(desk_.Do(fired), absl::OkStatus());
  EXPECT_TRUE(desk_.events().empty());
  fired.set_attempt(2);
  EXPECT_EQ(desk_.at(Hours(3)).Do(fired), absl::OkStatus());
  EXPECT_TRUE(desk_.events().empty());
}

TEST_F(HandoffTest, EscalationKeepsOwnerAndCustodyAndNamesPersonAndDeadline) {
  v1::EscalateTicketRequest request;
  request.set_reason("customer is furious");
  *request.mutable_deadline() = ToProto(At(Hours(2)));
  EXPECT_THAT(desk_.Do(request), RefusedWith("PERSON_MISSING"));
  request.set_to("2001");
  request.clear_deadline();
  EXPECT_THAT(desk_.Do(request), RefusedWith("DEADLINE_MISSING"));
  *request.mutable_deadline() = ToProto(At(Hours(2)));
  EXPECT_THAT(desk_.by("1003").Do(request), RefusedWith("NOT_OWNER_OR_LEADER"));
  ASSERT_EQ(desk_.by("1001").Do(request), absl::OkStatus());
  ASSERT_EQ(desk_.Offer("tech", Hours(24)), absl::OkStatus());
  ASSERT_EQ(desk_.by("5002").Do(request), absl::OkStatus());  // the department that holds it
  EXPECT_EQ(desk_.ticket().owner(), "1001");
  EXPECT_EQ(desk_.timers().size(), 3u);
  desk_.at(Hours(2)).FireTimers();
  EXPECT_TRUE(desk_.ticket().escalations(0).overdue());
  EXPECT_TRUE(desk_.ticket().escalations(1).overdue());
  EXPECT_EQ(desk_.timers().size(), 1u);
}

}  // namespace
}  // namespace shoujie::router
