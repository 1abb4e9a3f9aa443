// A phone call's life: facts of the switch in any order, first-contact owner, wrap-up, disposition, ticket.
#include "services/interaction/domain/times.h"
#include "tests/unit/interaction/world.h"

namespace shoujie::interaction {
namespace {

TEST(CallTest, FirstAgentWhoAcceptsOwnsTheContactFromItsFirstInstant) {
  World w;
  ASSERT_TRUE(w.Offered(0, 2).ok());
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_WAITING);
  EXPECT_TRUE(w.contact.owner().empty());
  ASSERT_TRUE(w.Answered(6, "1001").ok());
  EXPECT_EQ(w.contact.owner(), "1001");
  EXPECT_EQ(w.contact.owner_basis(), v1::OWNER_BASIS_FIRST_ACCEPT);
  EXPECT_EQ(ToTime(w.contact.owner_since()), World::Start());
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_ACTIVE);
}

TEST(CallTest, RepeatedFactsChangeNothing) {
  World w;
  ASSERT_TRUE(w.Offered(0).ok());
  ASSERT_TRUE(w.Queued(1).ok());
  ASSERT_TRUE(w.LeftQueue(4).ok());
  ASSERT_TRUE(w.Answered(5, "1001").ok());
  ASSERT_TRUE(w.Held(10).ok());
  ASSERT_TRUE(w.Resumed(12).ok());
  ASSERT_TRUE(w.Ended(60).ok());
  const std::string before = w.contact.SerializeAsString();
  for (const auto& again : {w.Offered(0), w.Queued(1), w.LeftQueue(4), w.Answered(5, "1001"), w.Held(10), w.Resumed(12),
                            w.Ended(60), w.Ended(61)}) {
    EXPECT_TRUE(again.ok()) << again;
  }
  EXPECT_EQ(w.contact.SerializeAsString(), before);
}

TEST(CallTest, FactsInEveryOrderGiveTheSameFiguresAndOwner) {
  const std::vector<std::function<absl::Status(World&)>> facts = {
      [](World& w) { return w.Offered(0, 2); },        [](World& w) { return w.Queued(3); },
      [](World& w) { return w.LeftQueue(10); },        [](World& w) { return w.Answered(10, "1001"); },
      [](World& w) { return w.Answered(40, "1002"); }, [](World& w) { return w.Ended(100); }};
  std::vector<int> order = {0, 1, 2, 3, 4, 5};
  do {
    World w;
    for (int i : order) {
      const absl::Status status = facts[i](w);
      ASSERT_TRUE(status.ok()) << status;
    }
    EXPECT_EQ(w.contact.owner(), "1001");
    EXPECT_EQ(w.contact.handler(), "1002");
    EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_WRAP_UP);
    EXPECT_EQ(QueueMs(w.contact.times()), 7'000);
    EXPECT_EQ(TalkMs(w.contact.times()), 90'000);
    EXPECT_EQ(ToTime(w.contact.times().started_at()), World::Start());
    EXPECT_TRUE(w.contact.has_wrap_up_due());
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(CallTest, FactAfterTheEndIsRefused) {
  World w;
  w.HadCall();
  EXPECT_EQ(ReasonOf(w.Answered(70, "1002")), "CALL_ENDED");
  EXPECT_EQ(ReasonOf(w.Held(67)), "CALL_ENDED");
}

TEST(CallTest, FactsAreAddressedByTheCallAndLiveAtTheCallersIdentifier) {
  World w;
  const auto& type = w.type("contacts");
  v1::ReportContactFactRequest request;
  request.set_source("switch-1");
  request.set_external_id("call-7");
  auto address = type.Route(request);
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->slot_key, "switch-1/call-7");
  EXPECT_EQ(address->key->value, "switch-1/call-7");
  EXPECT_TRUE(address->may_create);
  request.set_identifier("+8613800138000");
  EXPECT_EQ(type.Route(request)->slot_key, "+8613800138000");
  // However the switch writes it, the call lands in the slot of the customer with this number.
  request.set_identifier("138-0013 8000");
  EXPECT_EQ(type.Route(request)->slot_key, "+8613800138000");
  EXPECT_EQ(type.Route(request)->key->value, "switch-1/call-7");
  request.clear_external_id();
  EXPECT_EQ(ReasonOf(type.Route(request).status()), "CALL_ID_NEEDED");
}

TEST(CallTest, AbandonedBeforeAnyoneAcceptedIsAMissedCallWithoutOwner) {
  World w;
  ASSERT_TRUE(w.Offered(0).ok());
  ASSERT_TRUE(w.Ended(20).ok());
  EXPECT_TRUE(w.Made(v1::Event::kMissedCall));
  EXPECT_TRUE(w.contact.owner().empty());
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_CLOSED);
  EXPECT_EQ(OutcomeOf(w.contact.times()), v1::OUTCOME_ABANDONED);
  EXPECT_EQ(ReasonOf(w.As("1001", DisposeAnswered())), "MISSED_CALL");
}

TEST(CallTest, PhantomIsNeitherMissedNorAnswered) {
  World w;
  v1::Fact fact;
  fact.mutable_ended()->set_phantom(true);
  ASSERT_TRUE(w.Fact(5, fact).ok());
  EXPECT_FALSE(w.Made(v1::Event::kMissedCall));
  EXPECT_EQ(OutcomeOf(w.contact.times()), v1::OUTCOME_PHANTOM);
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_CLOSED);
}

TEST(CallTest, AnswerWindowOfTheSiteIsJudgedByRings) {
  World early, late, good;
  ASSERT_TRUE(early.Offered(0).ok() && early.Answered(1, "1001", 1).ok());
  ASSERT_TRUE(late.Offered(0).ok() && late.Answered(20, "1001", 6).ok());
  ASSERT_TRUE(good.Offered(0).ok() && good.Answered(6, "1001", 2).ok());
  EXPECT_TRUE(early.Flagged(v1::FLAG_ANSWERED_EARLY));
  EXPECT_TRUE(late.Flagged(v1::FLAG_ANSWERED_LATE));
  EXPECT_EQ(good.contact.flags_size(), 0);
  // More than five rings ask for an apology (R066).
  ASSERT_TRUE(late.Ended(60).ok() && late.As("1001", DisposeAnswered()).ok());
  EXPECT_TRUE(late.Flagged(v1::FLAG_APOLOGY_MISSING));
}

TEST(CallTest, UnansweredCallRaisesTheAlarmOnce) {
  World w;
  ASSERT_TRUE(w.Offered(0).ok());
  w.Pass(absl::Seconds(16));
  EXPECT_FALSE(w.Flagged(v1::FLAG_ANSWER_ALARM));
  w.Pass(absl::Seconds(60));
  EXPECT_TRUE(w.Flagged(v1::FLAG_ANSWER_ALARM));
  EXPECT_EQ(w.Count(v1::Event::kFlagged), 1);
}

TEST(CallTest, AgentsCommandAndTheSwitchsFactAreOneAcceptance) {
  World w;
  ASSERT_TRUE(w.Offered(0).ok());
  w.Pass(absl::Seconds(7));
  ASSERT_TRUE(w.As("1001", v1::AcceptContactRequest()).ok());
  ASSERT_TRUE(w.Answered(6, "1001").ok());
  ASSERT_EQ(w.contact.times().acceptances_size(), 1);
  EXPECT_EQ(ToTime(w.contact.times().acceptances(0).at()), World::Start() + absl::Seconds(6));
  EXPECT_EQ(ReasonOf(w.As("1002", v1::AcceptContactRequest())), "ALREADY_ACCEPTED");
  EXPECT_TRUE(w.As("1001", v1::AcceptContactRequest()).ok());
  EXPECT_TRUE(w.events.empty());
}

TEST(CallTest, AnAgentWhoLeftGetsNothingNewAndTheHeadStandsIn) {
  World w;
  ASSERT_TRUE(w.Offered(0).ok());
  EXPECT_EQ(ReasonOf(w.As("1003", v1::AcceptContactRequest())), "AGENT_LEFT");
  ASSERT_TRUE(w.Answered(6, "1003").ok());  // it happened: intake never waits
  EXPECT_EQ(w.contact.handler(), "1003");
  EXPECT_EQ(w.contact.owner(), "1900");
  EXPECT_EQ(w.contact.owner_basis(), v1::OWNER_BASIS_HEAD_STANDS_IN);
  ASSERT_EQ(w.contact.skipped_size(), 1);
  EXPECT_EQ(w.contact.skipped(0).reason(), v1::SKIP_REASON_LEFT);
}

TEST(CallTest, StrangersMayNotAct) {
  World w;
  ASSERT_TRUE(w.Offered(0).ok());
  v1::AcceptContactRequest request;
  request.set_name(World::kName);
  EXPECT_EQ(ReasonOf(w.Send(request, {"agents/9999", static_cast<uint32_t>(Right::kAgent)})), "NOT_AN_AGENT");
  request.set_agent("1002");
  EXPECT_EQ(ReasonOf(w.As("1001", request)), "NOT_FOR_OTHERS");
  ASSERT_TRUE(w.Operate(request).ok());
  EXPECT_EQ(w.contact.handler(), "1002");
}

TEST(CallTest, UnknownContactIsNotFound) {
  World w;
  EXPECT_EQ(ReasonOf(w.As("1001", v1::AcceptContactRequest())), "CONTACT_UNKNOWN");
  EXPECT_EQ(ReasonOf(w.As("1001", DisposeAnswered())), "CONTACT_UNKNOWN");
}

TEST(CallTest, EndedCallWithoutDispositionIsOverdueOnce) {
  World w;
  w.HadCall();
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_WRAP_UP);
  w.Pass(absl::Seconds(179));
  EXPECT_EQ(w.Count(v1::Event::kWrapUpOverdue), 0);
  w.Pass(absl::Hours(20));
  EXPECT_EQ(w.Count(v1::Event::kWrapUpOverdue), 1);
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_WRAP_UP);  // it stays open: no contact ends without one
  ASSERT_TRUE(w.As("1001", DisposeAnswered()).ok());
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_CLOSED);
}

TEST(CallTest, TimerOfAnEarlierWrapUpIsStale) {
  World w;
  w.HadCall();
  common::v1::TimerFired fired;
  fired.set_name(World::kName);
  fired.set_timer("wrap_up");
  fired.set_attempt(7);
  ASSERT_TRUE(w.Send(fired, {"system/timers", static_cast<uint32_t>(Right::kSystem)}).ok());
  EXPECT_TRUE(w.events.empty());
}

}  // namespace
}  // namespace shoujie::interaction
