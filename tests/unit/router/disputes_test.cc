// Refusal budgets, and what a leader rules when they are spent (F073, F074).
#include "tests/unit/router/clock_desk.h"
#include "tests/unit/router/dispute_desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Milliseconds;
using absl::Minutes;
using ::testing::ElementsAre;

class BudgetTest : public testing::Test {
 protected:
  BudgetTest() { desk_.Open().at(Hours(1)).by("1001"); }
  DisputeDesk desk_;
};

TEST_F(BudgetTest, IsTheTicketsWhicheverDepartmentsSpendIt) {
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk_.by("5001").Refuse(), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().handoffs(0).refusal_budget(), 2u);
  ASSERT_EQ(desk_.by("1001").Offer("warehouse"), absl::OkStatus());
  ASSERT_EQ(desk_.by("5100").Sign(), absl::OkStatus());
  ASSERT_EQ(desk_.Return(), absl::OkStatus());
  EXPECT_EQ(GivenBack(desk_.ticket()), 2u);
  ASSERT_EQ(desk_.by("1001").Offer("tech"), absl::OkStatus());
  const absl::Status refused = desk_.by("5001").Refuse();
  EXPECT_THAT(refused, RefusedWith("REFUSAL_BUDGET_SPENT"));
  EXPECT_EQ(MetadataOf(refused, "next"), "RequestAdjudication");
  EXPECT_EQ(MetadataOf(refused, "budget"), "2");
  ASSERT_EQ(desk_.Sign(), absl::OkStatus()) << "giving in is always possible";
  EXPECT_THAT(desk_.Return(), RefusedWith("REFUSAL_BUDGET_SPENT"));
  EXPECT_EQ(desk_.ticket().refusals() + desk_.ticket().returns(), 2u);
}

TEST_F(BudgetTest, IsToldBeforeTheWindow) {
  desk_.Spent();
  ASSERT_EQ(desk_.by("1001").Offer("tech"), absl::OkStatus());
  EXPECT_THAT(desk_.at(Hours(5)).by("5001").Refuse(), RefusedWith("REFUSAL_BUDGET_SPENT"))
      << "signing in order to return it would lead nowhere";
}

TEST_F(BudgetTest, WhatTheOwnerWithdrawsDoesNotCount) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
    ASSERT_EQ(desk_.Do(v1::WithdrawHandoffRequest()), absl::OkStatus());
  }
  EXPECT_EQ(GivenBack(desk_.ticket()), 0u);
}

TEST_F(BudgetTest, ADepartmentMayHaveItsOwn) {
  auto directory = DisputeDirectory();
  directory.mutable_departments(0)->set_refusal_budget(0);  // tech
  directory.mutable_departments(1)->set_refusal_budget(1);
  desk_.Publish(directory);
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  EXPECT_THAT(desk_.by("5001").Refuse(), RefusedWith("REFUSAL_BUDGET_SPENT"));
  EXPECT_EQ(desk_.Ask(), absl::OkStatus()) << "nobody gave it back, but it may not";
  ASSERT_EQ(desk_.by("9000").BackToOwner(), absl::OkStatus());
  ASSERT_EQ(desk_.by("1001").Offer("warehouse"), absl::OkStatus());
  EXPECT_EQ(desk_.by("5100").Refuse(), absl::OkStatus());
  ASSERT_EQ(desk_.by("1001").Offer("warehouse"), absl::OkStatus());
  EXPECT_THAT(desk_.by("5100").Refuse(), RefusedWith("REFUSAL_BUDGET_SPENT"));
}

TEST_F(BudgetTest, WithoutOneOrBeforeTheFeatureDepartmentsRefuseAsOftenAsTheyLike) {
  auto without = DisputeDirectory();
  without.mutable_policies()->clear_refusal_budget();
  auto before = DisputeDirectory();
  before.clear_features();
  for (const auto& directory : {without, before}) {
    desk_.Publish(directory);
    for (int i = 0; i < 3; ++i) {
      ASSERT_EQ(desk_.by("1001").Offer("tech"), absl::OkStatus());
      ASSERT_EQ(desk_.by("5001").Refuse(), absl::OkStatus());
    }
    EXPECT_FALSE(desk_.ticket().handoffs().rbegin()->has_refusal_budget());
  }
  EXPECT_EQ(desk_.ticket().refusals(), 6u);
}

TEST_F(BudgetTest, BeginsAnewWithAnEpisodeAndWithARuling) {
  desk_.Spent();
  ASSERT_EQ(desk_.by("1001").Close(), absl::OkStatus());
  ASSERT_EQ(desk_.Reopen(), absl::OkStatus());
  EXPECT_EQ(GivenBack(desk_.ticket()), 0u);
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk_.by("5001").Refuse(), absl::OkStatus());
  EXPECT_THAT(desk_.Ask(), RefusedWith("NOT_OWNER_OR_LEADER")) << "it does not have it any more";
  ASSERT_EQ(desk_.by("1001").Ask(), absl::OkStatus());
  ASSERT_EQ(desk_.by("9000").BackToOwner(), absl::OkStatus());
  EXPECT_EQ(GivenBack(desk_.ticket()), 0u);
  ASSERT_EQ(desk_.by("1001").Offer("warehouse"), absl::OkStatus());
  EXPECT_EQ(desk_.by("5100").Refuse(), absl::OkStatus());
  EXPECT_EQ(GivenBack(desk_.ticket()), 1u);
}

class AdjudicationTest : public testing::Test {
 protected:
  AdjudicationTest() { desk_.Open().at(Hours(1)).by("1001"); }
  const v1::Adjudication& last() const { return *desk_.ticket().adjudications().rbegin(); }
  DisputeDesk desk_;
};

TEST_F(AdjudicationTest, TheRequestNamesArbiterPartiesAndDeadlineAndMovesNothing) {
  desk_.Spent();
  ASSERT_EQ(desk_.by("1001").Offer("tech"), absl::OkStatus());
  const auto custody = desk_.ticket().episodes(0).SerializeAsString();
  ASSERT_EQ(desk_.at(Hours(2)).by("5002").Ask("headless"), absl::OkStatus());
  EXPECT_EQ(last().number(), 1u);
  EXPECT_EQ(last().requested_by(), "agents/5002");
  EXPECT_EQ(last().handoff(), 3u);
  EXPECT_EQ(last().arbiter(), "9000") << "head of the ticket's site";
  EXPECT_EQ(FromProto(last().deadline()), At(Hours(6)));
  EXPECT_THAT(last().parties(), ElementsAre("tech", "warehouse", "headless"));
  EXPECT_EQ(last().evidence().plain(), "the contract, page 3");
  EXPECT_EQ(desk_.ticket().episodes(0).SerializeAsString(), custody);
  EXPECT_EQ(desk_.ticket().owner(), "1001");
  EXPECT_EQ(desk_.ticket().state(), v1::TICKET_STATE_OFFERED);
  EXPECT_THAT(desk_.Ask(), RefusedWith("ADJUDICATION_OPEN"));
}

TEST_F(AdjudicationTest, IsOverdueOnceAtItsDeadline) {
  desk_.InDispute();
  const auto timers = desk_.timers();
  const auto timer =
      std::find_if(timers.begin(), timers.end(), [](const auto& t) { return t.name == "adjudication/1"; });
  ASSERT_NE(timer, timers.end());
  EXPECT_EQ(timer->due, At(Hours(6)));
  desk_.at(Hours(6)).FireTimers();
  EXPECT_TRUE(last().overdue());
  ASSERT_EQ(desk_.events().size(), 1u);
  EXPECT_EQ(desk_.events()[0].adjudication_overdue().arbiter(), "9000");
  for (const auto& left : desk_.timers()) EXPECT_NE(left.name, "adjudication/1");
  EXPECT_EQ(desk_.by("9000").Confirm("tech"), absl::OkStatus()) << "late, but a ruling";
  EXPECT_TRUE(last().overdue());
}

TEST_F(AdjudicationTest, NeedsADisputeAReasonAndEvidence) {
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  EXPECT_THAT(desk_.by("5001").Ask(), RefusedWith("NOTHING_DISPUTED"));
  EXPECT_THAT(desk_.by("1003").Ask(), RefusedWith("NOT_OWNER_OR_LEADER"));
  ASSERT_EQ(desk_.by("5001").Refuse(), absl::OkStatus());
  desk_.by("1001");
  EXPECT_THAT(desk_.Ask("", v1::HANDOFF_REASON_UNSPECIFIED), RefusedWith("REASON_MISSING"));
  EXPECT_THAT(desk_.Ask("", static_cast<v1::HandoffReason>(99)), RefusedWith("REASON_MISSING"));
  EXPECT_THAT(desk_.Ask("kitchen"), RefusedWith("DEPARTMENT_UNKNOWN"));
  v1::RequestAdjudicationRequest request;
  request.set_reason(v1::HANDOFF_REASON_NOT_OUR_DUTY);
  EXPECT_THAT(desk_.Do(request), RefusedWith("EVIDENCE_MISSING"));
  request.set_evidence(std::string(20'000, 'x'));
  EXPECT_THAT(desk_.Do(request), RefusedWith("TEXT_TOO_LONG"));
  request.set_evidence("contract");
  for (const char* wrong : {"tickets/1-T1", "tickets/1-T1/rulings/0", "tickets/1-T1/rulings/01", "tickets//rulings/1",
                            "contacts/1/rulings/1", "tickets/1-T1/rulings/1/2", "tickets/王/rulings/1", ""}) {
    request.clear_precedents();
    request.add_precedents(wrong);
    EXPECT_THAT(desk_.Do(request), RefusedWith("PRECEDENT_INVALID")) << wrong;
  }
  request.clear_precedents();
  for (int i = 0; i < 9; ++i) request.add_precedents("tickets/1-T1/rulings/1");
  EXPECT_THAT(desk_.Do(request), RefusedWith("PRECEDENT_INVALID"));
  request.mutable_precedents()->RemoveLast();
  EXPECT_EQ(desk_.Do(request), absl::OkStatus()) << "the owner's side, as soon as somebody gave it back";
  EXPECT_EQ(last().handoff(), 0u);
  EXPECT_EQ(last().precedents_size(), 8);
}

TEST_F(AdjudicationTest, NeedsAWindow) {
  auto directory = DisputeDirectory();
  directory.mutable_policies()->clear_adjudication_window();
  desk_.Spent().Publish(directory);
  EXPECT_THAT(desk_.by("1001").Ask(), RefusedWith("ADJUDICATION_WINDOW_MISSING"));
}

TEST_F(AdjudicationTest, TheArbiterIsOfNoPartyAndNotTheOwner) {
  auto directory = DisputeDirectory();
  directory.mutable_departments(0)->add_deputies("9000");  // tech
  desk_.Spent().Publish(directory);
  ASSERT_EQ(desk_.by("1001").Ask(), absl::OkStatus());
  EXPECT_EQ(last().arbiter(), "9100") << "the other site's head";
  EXPECT_THAT(desk_.by("9000").BackToOwner(), RefusedWith("ARBITER_PARTIAL"));
  EXPECT_EQ(desk_.by("9100").BackToOwner(), absl::OkStatus());

  DisputeDesk of_head;
  of_head.Open("9000").at(Hours(1)).by("9000");
  ASSERT_EQ(of_head.Offer("tech"), absl::OkStatus());
  ASSERT_EQ(of_head.by("5001").Refuse(), absl::OkStatus());
  ASSERT_EQ(of_head.by("9000").Ask(), absl::OkStatus());
  EXPECT_EQ(of_head.ticket().adjudications(0).arbiter(), "9100");
  EXPECT_THAT(of_head.by("9000").BackToOwner(), RefusedWith("ARBITER_PARTIAL"));
}

TEST_F(AdjudicationTest, WithoutAnImpartialHeadNobodyCanBeAsked) {
  auto directory = DisputeDirectory();
  directory.mutable_departments(0)->add_deputies("9000");
  directory.mutable_departments(1)->add_deputies("9100");
  desk_.Spent().Publish(directory);
  EXPECT_THAT(desk_.by("1001").Ask(), RefusedWith("ARBITER_MISSING"));
}

TEST_F(AdjudicationTest, ArbiterHeadOrOperatorRulesNobodyElse) {
  desk_.InDispute();
  for (const char* who : {"1001", "2001", "5001", "5100", "1003"}) {
    EXPECT_THAT(desk_.by(who).Confirm("tech"), RefusedWith("NOT_ARBITER")) << who;
  }
  EXPECT_THAT(desk_.by("4711").Confirm("tech"), RefusedWith("AGENT_UNKNOWN"));
  EXPECT_EQ(desk_.by_operator().Confirm("tech"), absl::OkStatus());
  EXPECT_EQ(last().ruled_by(), "operators/first");
  EXPECT_THAT(desk_.Confirm("tech"), RefusedWith("ADJUDICATION_NOT_OPEN"));
}

TEST_F(AdjudicationTest, NobodyGivesATicketToHisOwnDepartmentEither) {
  auto directory = DisputeDirectory();
  directory.mutable_departments(1)->add_deputies("9000");  // warehouse
  desk_.Publish(directory);
  ASSERT_EQ(desk_.Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk_.by("5001").Refuse(), absl::OkStatus());
  ASSERT_EQ(desk_.by("1001").Ask(), absl::OkStatus());
  EXPECT_EQ(last().arbiter(), "9000") << "the warehouse is no party yet";
  EXPECT_THAT(desk_.by("9000").Rule("warehouse"), RefusedWith("ARBITER_PARTIAL"));
  EXPECT_EQ(desk_.by("9100").Rule("warehouse"), absl::OkStatus());
}

TEST_F(AdjudicationTest, AnotherDepartmentHasItFromTheRulingsMillisecondOn) {
  desk_.InDispute();
  ASSERT_EQ(desk_.at(Hours(3) + Milliseconds(7)).by("9000").Rule("warehouse"), absl::OkStatus());
  const auto& ticket = desk_.ticket();
  EXPECT_EQ(ticket.owner(), "1001");
  ASSERT_EQ(ticket.handoffs_size(), 4);
  EXPECT_EQ(ticket.handoffs(2).state(), v1::HANDOFF_STATE_REASSIGNED);
  EXPECT_EQ(ticket.handoffs(3).state(), v1::HANDOFF_STATE_OFFERED) << "it signs itself";
  EXPECT_EQ(ticket.handoffs(3).ruling(), 1u);
  EXPECT_EQ(ticket.handoffs(3).responsible(), "5100");
  EXPECT_EQ(FromProto(ticket.handoffs(3).offered()), At(Hours(3) + Milliseconds(7)));
  EXPECT_EQ(last().department(), "warehouse");
  EXPECT_EQ(last().ruled_handoff(), 4u);
  EXPECT_EQ(last().owner(), "1001");
  EXPECT_EQ(last().grounds().plain(), "spare parts are its duty");
  EXPECT_EQ(ticket.refusals(), 2u) << "nobody refused";
  desk_.at(Hours(4));
  EXPECT_EQ(desk_.Held(Department("warehouse"), v1::CUSTODY_KIND_OFFERED), Hours(1) - Milliseconds(7));
  EXPECT_EQ(desk_.Held(Department("tech"), v1::CUSTODY_KIND_OFFERED), Minutes(90) + Milliseconds(7));
  EXPECT_EQ(desk_.Held(Person("1001"), v1::CUSTODY_KIND_OWNER), Minutes(90));
  EXPECT_EQ(desk_.row().department(), "warehouse");
  EXPECT_EQ(FromProto(desk_.row().due()), At(Hours(48)));
}

TEST_F(AdjudicationTest, WhatARulingGaveIsNeitherRefusedNorReturnedNorWithdrawn) {
  desk_.InDispute();
  ASSERT_EQ(desk_.at(Hours(3)).by("9000").Rule("warehouse"), absl::OkStatus());
  EXPECT_THAT(desk_.by("5100").Refuse(), RefusedWith("HANDOFF_RULED"));
  EXPECT_THAT(desk_.by("1001").Do(v1::WithdrawHandoffRequest()), RefusedWith("HANDOFF_RULED"));
  EXPECT_THAT(desk_.by("9000").Do(v1::WithdrawHandoffRequest()), RefusedWith("HANDOFF_RULED"))
      << "the arbiter neither: he rules";
  ASSERT_EQ(desk_.by("5100").Sign(), absl::OkStatus());
  EXPECT_THAT(desk_.Return(v1::HANDOFF_REASON_CANNOT_BE_DONE), RefusedWith("HANDOFF_RULED"));
  EXPECT_THAT(desk_.Ask("tech"), RefusedWith("HANDOFF_RULED")) << "whose duty it is has been ruled";
  // What cannot be done needs the arbiter's consent.
  ASSERT_EQ(desk_.Ask("", v1::HANDOFF_REASON_CANNOT_BE_DONE), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(4)).by("9000").BackToOwner(), absl::OkStatus());
  EXPECT_EQ(desk_.ticket().handoffs(3).state(), v1::HANDOFF_STATE_REASSIGNED);
  EXPECT_EQ(desk_.ticket().state(), v1::TICKET_STATE_ACTIVE);
  EXPECT_EQ(desk_.ticket().handler().id(), "1001");
  EXPECT_EQ(desk_.ticket().returns(), 0u);
}

TEST_F(AdjudicationTest, TheOwnersSideMayAskToUndoARuling) {
  desk_.InDispute();
  ASSERT_EQ(desk_.at(Hours(3)).by("9000").Rule("warehouse"), absl::OkStatus());
  ASSERT_EQ(desk_.by("1001").Ask("", v1::HANDOFF_REASON_ALREADY_SOLVED), absl::OkStatus());
  ASSERT_EQ(desk_.by("9000").BackToOwner(), absl::OkStatus());
  EXPECT_EQ(desk_.by("1001").Close(), absl::OkStatus());
}

TEST_F(AdjudicationTest, WhoHasItGoesOnWithoutASeam) {
  desk_.InDispute();
  v1::AdjudicateRequest request;
  request.set_department("tech");
  request.set_grounds("it sold the part");
  *request.mutable_deadline() = ToProto(At(Hours(2)));
  desk_.at(Hours(3)).by("9000");
  EXPECT_THAT(desk_.Do(request), RefusedWith("DEADLINE_PAST"));
  *request.mutable_deadline() = ToProto(At(Hours(30)));
  request.set_person("5002");
  EXPECT_THAT(desk_.Do(request), RefusedWith("HANDOFF_NOT_BEGUN"));
  request.clear_person();
  const auto custody = desk_.ticket().episodes(0).SerializeAsString();
  ASSERT_EQ(desk_.Do(request), absl::OkStatus());
  ASSERT_EQ(desk_.events().size(), 1u);
  EXPECT_EQ(desk_.ticket().handoffs_size(), 3);
  EXPECT_EQ(desk_.ticket().handoffs(2).ruling(), 1u);
  EXPECT_EQ(desk_.ticket().episodes(0).SerializeAsString(), custody);
  EXPECT_EQ(FromProto(desk_.ticket().handoffs(2).deadline()), At(Hours(30)));
  EXPECT_EQ(FromProto(desk_.row().due()), At(Hours(30)));
  EXPECT_THAT(desk_.by("5001").Refuse(), RefusedWith("HANDOFF_RULED"));
}

TEST_F(AdjudicationTest, ANewDeadlineIsTimedAnewAfterTheOldOneHasPassed) {
  desk_.Spent();
  ASSERT_EQ(desk_.by("1001").Offer("tech", Hours(2)), absl::OkStatus());
  ASSERT_EQ(desk_.by("5001").Ask(), absl::OkStatus());
  desk_.at(Hours(2)).FireTimers();
  EXPECT_TRUE(desk_.row().overdue());
  v1::AdjudicateRequest request;
  request.set_department("tech");
  request.set_grounds("it sold the part");
  *request.mutable_deadline() = ToProto(At(Hours(5)));
  ASSERT_EQ(desk_.at(Hours(3)).by("9000").Do(request), absl::OkStatus());
  EXPECT_FALSE(desk_.row().overdue());
  ASSERT_FALSE(desk_.timers().empty());
  EXPECT_EQ(desk_.timers()[0].name, "handoff/3");
  EXPECT_EQ(desk_.timers()[0].due, At(Hours(5)));
  EXPECT_EQ(desk_.timers()[0].attempt, 2u) << "another timer than the one that has rung";
  desk_.at(Hours(5)).FireTimers();
  EXPECT_TRUE(desk_.ticket().handoffs(2).overdue());
  EXPECT_EQ(desk_.ticket().overdue_handoffs(), 2u);
}

TEST_F(AdjudicationTest, FromItsOwnerToADepartment) {
  desk_.Spent();
  ASSERT_EQ(desk_.at(Hours(2)).by("1001").Ask("tech"), absl::OkStatus());
  ASSERT_EQ(desk_.at(Hours(3)).by("9000").Rule("tech"), absl::OkStatus());
  ASSERT_EQ(desk_.events().size(), 2u);
  EXPECT_EQ(desk_.ticket().handoffs(2).ruling(), 1u);
  ASSERT_EQ(desk_.by("5001").Sign(), absl::OkStatus());
  ASSERT_EQ(desk_.Complete(), absl::OkStatus());
  EXPECT_EQ(desk_.by("1001").Close(), absl::OkStatus());
}

TEST_F(AdjudicationTest, ARulingSaysWhoAndWhyInFull) {
  desk_.InDispute();
  desk_.by("9000");
  v1::AdjudicateRequest request;
  request.set_grounds("contract");
  EXPECT_THAT(desk_.Do(request), RefusedWith("RULING_MISSING"));
  request.set_department("warehouse");
  request.set_back_to_owner(true);
  EXPECT_THAT(desk_.Do(request), RefusedWith("RULING_MISSING"));
  request.clear_department();
  *request.mutable_deadline() = ToProto(At(Hours(9)));
  EXPECT_THAT(desk_.Do(request), RefusedWith("HANDOFF_NOT_BEGUN"));
  request.clear_back_to_owner();
  request.set_department("warehouse");
  request.set_grounds(" ");
  EXPECT_THAT(desk_.Do(request), RefusedWith("GROUNDS_MISSING"));
  request.set_grounds("contract");
  EXPECT_THAT(desk_.Do(request), RefusedWith("GIST_MISSING"));
  request.set_gist("replace it");
  request.clear_deadline();
  EXPECT_THAT(desk_.Do(request), RefusedWith("DEADLINE_MISSING"));
  *request.mutable_deadline() = ToProto(At(Hours(9)));
  request.set_department("kitchen");
  EXPECT_THAT(desk_.Do(request), RefusedWith("DEPARTMENT_UNKNOWN"));
  request.set_department("warehouse");
  request.set_adjudication(2);
  EXPECT_THAT(desk_.Do(request), RefusedWith("ADJUDICATION_NOT_OPEN"));
  request.set_adjudication(1);
  request.add_precedents("a ruling of last year");
  EXPECT_THAT(desk_.Do(request), RefusedWith("PRECEDENT_INVALID"));
  request.set_precedents(0, "tickets/0398-000044-1-T1/rulings/2");
  EXPECT_EQ(desk_.Do(request), absl::OkStatus());
  EXPECT_THAT(last().ruling_precedents(), ElementsAre("tickets/0398-000044-1-T1/rulings/2"));
}

TEST_F(AdjudicationTest, EndsWithItsEpisode) {
  desk_.Spent();
  ASSERT_EQ(desk_.by("1001").Ask(), absl::OkStatus());
  ASSERT_EQ(desk_.Close(), absl::OkStatus());
  EXPECT_TRUE(desk_.timers().empty());
  EXPECT_THAT(desk_.by("9000").BackToOwner(), RefusedWith("TICKET_CLOSED"));
  ASSERT_EQ(desk_.by("1001").Do(v1::UndoLastRequest()), absl::OkStatus());
  EXPECT_EQ(desk_.timers().size(), 1u) << "the closing was a mistake: it is open again";
  ASSERT_EQ(desk_.Close(), absl::OkStatus());
  ASSERT_EQ(desk_.Reopen(), absl::OkStatus());
  EXPECT_THAT(desk_.by("9000").BackToOwner(), RefusedWith("ADJUDICATION_NOT_OPEN"));
  EXPECT_THAT(desk_.by("1001").Ask(), RefusedWith("NOTHING_DISPUTED"));
}

TEST_F(AdjudicationTest, NotWithoutEnd) {
  desk_.InDispute();
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(desk_.by("9000").Confirm("tech"), absl::OkStatus()) << i;
    const absl::Status again = desk_.by("5001").Ask("", v1::HANDOFF_REASON_CANNOT_BE_DONE);
    if (i < 19) {
      ASSERT_EQ(again, absl::OkStatus());
    } else {
      EXPECT_THAT(again, RefusedWith("ADJUDICATION_LIMIT"));
    }
  }
}

// The department that may not refuse any more has answered by asking: how long a leader takes is not its stall.
TEST(AdjudicationClocksTest, TheClockOfTheSignatureStopsAtTheRequestAndStartsAgainAtTheRuling) {
  DisputeDesk desk(WithDisputes(ClockDirectory()));
  desk.Open();
  const auto clock = [&](directory::v1::ClockKind kind) {
    const v1::Clock* found = nullptr;
    for (const auto& one : desk.ticket().clocks()) {
      if (one.kind() == kind) found = &one;
    }
    return found == nullptr ? v1::Clock() : *found;
  };
  desk.InDispute();
  EXPECT_TRUE(clock(CLOCK_KIND_SIGN).has_ended());
  EXPECT_EQ(clock(CLOCK_KIND_SIGN).verdict(), v1::CLOCK_VERDICT_MET);
  EXPECT_FALSE(clock(CLOCK_KIND_CUSTODY).has_ended()) << "it has the ticket";
  ASSERT_EQ(desk.at(Minutes(150)).by("9000").Confirm("tech"), absl::OkStatus());
  EXPECT_FALSE(clock(CLOCK_KIND_SIGN).has_ended());
  EXPECT_EQ(FromProto(clock(CLOCK_KIND_SIGN).started()), At(Minutes(150)));
  ASSERT_EQ(desk.at(Minutes(170)).by("5001").Ask("", v1::HANDOFF_REASON_CANNOT_BE_DONE), absl::OkStatus());
  ASSERT_EQ(desk.by("9000").Rule("warehouse"), absl::OkStatus());
  EXPECT_EQ(clock(CLOCK_KIND_SIGN).party().id(), "warehouse");
  EXPECT_EQ(clock(CLOCK_KIND_CUSTODY).party().id(), "warehouse");
  for (const auto& one : desk.ticket().clocks()) {
    if (one.kind() == CLOCK_KIND_CUSTODY && one.party().id() == "tech") {
      EXPECT_EQ(one.verdict(), v1::CLOCK_VERDICT_CANCELLED);
    }
  }
}

}  // namespace
}  // namespace shoujie::router
