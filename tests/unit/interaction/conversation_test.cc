// While an agent has the contact: hold, consult, transfer, messages, call-back after a drop.
#include "services/interaction/domain/times.h"
#include "services/interaction/service.h"
#include "tests/unit/interaction/world.h"

namespace shoujie::interaction {
namespace {

class ConversationTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(w.Offered(0, 2).ok() && w.Answered(6, "1001").ok()); }
  World w;
};

v1::HoldContactRequest Hold(int seconds) {
  v1::HoldContactRequest request;
  request.set_consented(true);
  request.set_reason("look-up");
  request.mutable_announced_wait()->set_seconds(seconds);
  return request;
}

TEST_F(ConversationTest, HoldNeedsConsentReasonAndAnnouncedWait) {
  v1::HoldContactRequest request = Hold(30);
  request.set_consented(false);
  EXPECT_EQ(ReasonOf(w.As("1001", request)), "HOLD_CONSENT_NEEDED");
  request = Hold(0);
  EXPECT_EQ(ReasonOf(w.As("1001", request)), "HOLD_WAIT_NOT_ANNOUNCED");
  request = Hold(30);
  request.clear_reason();
  EXPECT_EQ(ReasonOf(w.As("1001", request)), "HOLD_REASON_NEEDED");
  EXPECT_EQ(ReasonOf(w.As("1002", Hold(30))), "NOT_HANDLER");
  ASSERT_TRUE(w.As("1001", Hold(30)).ok());
  EXPECT_EQ(ReasonOf(w.As("1001", Hold(30))), "ALREADY_ON_HOLD");
}

TEST_F(ConversationTest, SwitchStampsTheHoldThatTheAgentAnnounced) {
  w.Pass(absl::Seconds(5));
  ASSERT_TRUE(w.As("1001", Hold(30)).ok());
  ASSERT_TRUE(w.Held(12).ok());
  ASSERT_TRUE(w.Resumed(42).ok());
  ASSERT_EQ(w.contact.times().holds_size(), 1);
  EXPECT_EQ(HoldMs(w.contact.times(), w.contact.times().holds(0)), 30'000);
  EXPECT_EQ(w.contact.flags_size(), 0);
}

TEST_F(ConversationTest, LongerThanAnnouncedAndWithoutConsentAreFlagged) {
  ASSERT_TRUE(w.As("1001", Hold(10)).ok());
  w.Pass(absl::Seconds(11));
  ASSERT_TRUE(w.As("1001", v1::ResumeContactRequest()).ok());
  EXPECT_TRUE(w.Flagged(v1::FLAG_HOLD_LONGER_THAN_SAID));
  EXPECT_FALSE(w.Flagged(v1::FLAG_HOLD_WITHOUT_CONSENT));
  ASSERT_TRUE(w.Held(40).ok());
  EXPECT_FALSE(w.Flagged(v1::FLAG_HOLD_WITHOUT_CONSENT));  // the agent's word may still come
  ASSERT_TRUE(w.Ended(50).ok());
  EXPECT_TRUE(w.Flagged(v1::FLAG_HOLD_WITHOUT_CONSENT));
}

TEST_F(ConversationTest, ConsultIsNoTransferAndKeepsOwnerAndAnswererApart) {
  v1::StartConsultRequest start;
  start.set_agent("1003");
  start.set_question("which valve?");
  EXPECT_EQ(ReasonOf(w.As("1001", start)), "AGENT_LEFT");
  start.set_agent("1002");
  ASSERT_TRUE(w.As("1001", start).ok());
  EXPECT_EQ(ReasonOf(w.As("1001", start)), "CONSULT_OPEN");
  v1::EndConsultRequest end;
  end.set_answerer("1500");
  EXPECT_EQ(ReasonOf(w.As("1001", end)), "ANSWERER_NEEDED");
  end.set_answerer("1002");
  ASSERT_TRUE(w.As("1001", end).ok());
  EXPECT_EQ(w.contact.handler(), "1001");
  EXPECT_EQ(w.contact.owner(), "1001");
  EXPECT_EQ(w.contact.record().answerer(), "1002");
  ASSERT_TRUE(w.Ended(60).ok());
  ASSERT_TRUE(w.As("1001", DisposeAnswered()).ok());
  EXPECT_EQ(w.contact.reception_type(), v1::RECEPTION_TYPE_CONSULT);
  EXPECT_EQ(w.contact.record().answerer(), "1002");
}

TEST_F(ConversationTest, BlindTransferIsRefusedAndAWarmOneKeepsTheOwner) {
  v1::TransferContactRequest transfer;
  transfer.set_to("1002");
  const absl::Status blind = w.As("1001", transfer);
  EXPECT_EQ(ReasonOf(blind), "TRANSFER_BLIND");
  EXPECT_EQ(Detail(blind, "missing"), "customer_name,gist,responsible,deadline");
  transfer.set_anonymous(true);
  transfer.set_gist("boiler leaks");
  transfer.set_responsible("1500");
  *transfer.mutable_deadline() = ToProto(w.now());
  EXPECT_EQ(ReasonOf(w.As("1001", transfer)), "DEADLINE_PASSED");
  *transfer.mutable_deadline() = ToProto(w.now() + absl::Hours(1));
  transfer.set_to("1003");
  EXPECT_EQ(ReasonOf(w.As("1001", transfer)), "AGENT_LEFT");
  transfer.set_to("1002");
  ASSERT_TRUE(w.As("1001", transfer).ok());
  EXPECT_EQ(w.contact.handler(), "1001");  // until the receiver takes it
  EXPECT_EQ(ReasonOf(w.As("1500", v1::AcceptContactRequest())), "ALREADY_ACCEPTED");
  ASSERT_TRUE(w.Answered(40, "1002").ok());
  EXPECT_EQ(w.contact.handler(), "1002");
  EXPECT_EQ(w.contact.owner(), "1001");
  EXPECT_FALSE(w.contact.has_transfer());
  EXPECT_FALSE(w.Flagged(v1::FLAG_BLIND_TRANSFER));
  ASSERT_TRUE(w.Answered(50, "1500").ok());  // the switch let him in: it happened, and is seen
  EXPECT_TRUE(w.Flagged(v1::FLAG_BLIND_TRANSFER));
}

TEST_F(ConversationTest, MessageForAColleagueHasAReceipt) {
  v1::TakeMessageRequest take;
  take.set_for_agent("1002");
  take.set_text("call your wife");
  ASSERT_TRUE(w.As("1001", take).ok());
  ASSERT_EQ(w.contact.messages_size(), 1);
  v1::ConfirmMessageRequest confirm;
  confirm.set_message(w.contact.messages(0).id());
  EXPECT_EQ(ReasonOf(w.As("1001", confirm)), "MESSAGE_FOR_ANOTHER");
  ASSERT_TRUE(w.As("1002", confirm).ok());
  EXPECT_TRUE(w.contact.messages(0).has_received_at());
}

TEST_F(ConversationTest, SwitchSaysWhenItsCallEnds) {
  v1::EndContactRequest end;
  end.set_release_party(v1::RELEASE_PARTY_AGENT);
  EXPECT_EQ(ReasonOf(w.As("1001", end)), "SWITCH_SAYS_WHEN");
}

// --- dropped calls (R084, F022) ---

class DroppedTest : public ConversationTest {
 protected:
  void SetUp() override {
    ConversationTest::SetUp();
    ASSERT_TRUE(w.Ended(60, v1::RELEASE_PARTY_DROPPED).ok());
    ASSERT_EQ(w.contact.orders_size(), 1);
  }
  absl::Status Take(const std::string& order, const std::string& adapter = "adapters/switch-1") {
    v1::TakeOrderRequest request;
    request.set_name(World::kName);
    request.set_order(order);
    return w.Send(request, World::Switch(adapter));
  }
  absl::Status Report(const std::string& order, v1::OrderState result, const std::string& call = "",
                      const std::string& adapter = "adapters/switch-1") {
    v1::ReportOrderResultRequest request;
    request.set_name(World::kName);
    request.set_order(order);
    request.set_result(result);
    if (!call.empty()) request.set_source("switch-1");
    request.set_external_id(call);
    return w.Send(request, World::Switch(adapter));
  }
  const std::string o1 = "0413-000127-6-O1", o2 = "0413-000127-6-O2";
};

TEST_F(DroppedTest, IsDialledBackAtOnceForTheSameAgent) {
  const v1::Order& order = w.contact.orders(0);
  EXPECT_EQ(order.id(), o1);
  EXPECT_EQ(order.agent(), "1001");
  EXPECT_EQ(ToTime(order.not_before()), World::Start() + absl::Seconds(60));
  EXPECT_EQ(ToTime(order.not_after()), World::Start() + absl::Seconds(360));
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_WRAP_UP);
  EXPECT_EQ(ReasonOf(w.As("1001", Dispose("dropped"))), "ORDER_PENDING");
}

TEST_F(DroppedTest, OneAdapterHoldsAnOrderWhileItsLeaseLasts) {
  EXPECT_EQ(ReasonOf(Report(o1, v1::ORDER_STATE_NO_ANSWER)), "ORDER_NOT_HELD");
  ASSERT_TRUE(Take(o1).ok());
  EXPECT_EQ(ReasonOf(Take(o1, "adapters/switch-2")), "ORDER_HELD");
  ASSERT_TRUE(Take(o1).ok());
  EXPECT_TRUE(w.events.empty());
  w.Pass(absl::Seconds(60));
  ASSERT_TRUE(Take(o1, "adapters/switch-2").ok());
  EXPECT_EQ(ReasonOf(Report(o1, v1::ORDER_STATE_NO_ANSWER)), "ORDER_NOT_HELD");
  EXPECT_EQ(ReasonOf(Take("0413-000127-6-O9")), "ORDER_UNKNOWN");
}

TEST_F(DroppedTest, NoAnswerIsTriedAgainUntilItIsTooLate) {
  ASSERT_TRUE(Take(o1).ok());
  ASSERT_TRUE(Report(o1, v1::ORDER_STATE_NO_ANSWER).ok());
  ASSERT_EQ(w.contact.orders_size(), 2);
  EXPECT_EQ(w.contact.orders(1).id(), o2);
  EXPECT_EQ(ToTime(w.contact.orders(1).not_after()), World::Start() + absl::Seconds(360));
  EXPECT_EQ(ReasonOf(Take(o2)), "ORDER_TOO_EARLY");
  ASSERT_TRUE(Report(o1, v1::ORDER_STATE_NO_ANSWER).ok());  // said again: nothing
  EXPECT_TRUE(w.events.empty());
  EXPECT_EQ(ReasonOf(Report(o1, v1::ORDER_STATE_FAILED)), "ORDER_CLOSED");
  w.Pass(absl::Minutes(10));
  EXPECT_EQ(w.contact.orders(1).state(), v1::ORDER_STATE_TOO_LATE);
  EXPECT_TRUE(w.Flagged(v1::FLAG_UNREACHABLE));
  EXPECT_EQ(ReasonOf(Take(o2)), "ORDER_CLOSED");
  EXPECT_TRUE(w.As("1001", Dispose("dropped")).ok());
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_CLOSED);
}

TEST_F(DroppedTest, CallBackGoesOnWithTheSameContact) {
  ASSERT_TRUE(Take(o1).ok());
  EXPECT_EQ(ReasonOf(Report(o1, v1::ORDER_STATE_REACHED)), "CALL_ID_NEEDED");
  w.Pass(absl::Seconds(20));
  ASSERT_TRUE(Report(o1, v1::ORDER_STATE_REACHED, "call-8").ok());
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_ACTIVE);
  const auto keys = w.type("contacts").Keys(w.events.back());
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys[0].value, "switch-1/call-8");
  ASSERT_TRUE(w.Ended(60, v1::RELEASE_PARTY_DROPPED).ok());  // the first call's end, repeated
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_ACTIVE);
  ASSERT_TRUE(w.Ended(110).ok());
  EXPECT_EQ(TalkMs(w.contact.times()), 54'000 + 30'000);
  EXPECT_EQ(w.contact.state(), v1::CONTACT_STATE_WRAP_UP);
  w.Pass(absl::Minutes(4));
  EXPECT_EQ(w.Count(v1::Event::kWrapUpOverdue), 1);
}

TEST(DroppedWithoutNumberTest, IsFlaggedInsteadOfOrdered) {
  World w;
  w.withheld = true;
  ASSERT_TRUE(w.Offered(0).ok() && w.Answered(6, "1001").ok() && w.Ended(60, v1::RELEASE_PARTY_DROPPED).ok());
  EXPECT_EQ(w.contact.orders_size(), 0);
  EXPECT_TRUE(w.Flagged(v1::FLAG_DROPPED_WITHOUT_NUMBER));
}

TEST_F(DroppedTest, OnlyTheHolderSeesWhomToDial) {
  ASSERT_TRUE(Take(o1).ok());
  const Principal holder = World::Switch(), other = World::Switch("adapters/switch-2");
  ServiceModule module = Service();
  for (const auto& query : module.queries) {
    if (query.method != "GetOrderTarget") continue;
    struct NoRows : RowReader {
      void Scan(absl::string_view, absl::string_view,
                const std::function<bool(absl::string_view, const google::protobuf::Message&)>&) const override {}
      std::unique_ptr<google::protobuf::Message> Get(absl::string_view) const override { return nullptr; }
      std::vector<uint32_t> Lagging() const override { return {}; }
    } rows;
    for (const Principal& who : {holder, other}) {
      const QueryContext context{.principal = who,
                                 .reference = w.reference(),
                                 .now = w.now(),
                                 .rows = rows,
                                 .find = nullptr,
                                 .get = [this](absl::string_view, google::protobuf::Message* state) {
                                   state->CopyFrom(w.contact);
                                   return absl::OkStatus();
                                 }};
      v1::GetOrderTargetRequest request;
      request.set_name(World::kName);
      request.set_order(o1);
      v1::OrderTarget target;
      const absl::Status status = query.answer(request, &target, context);
      EXPECT_EQ(status.ok(), who.id == holder.id);
      EXPECT_EQ(target.phone(), who.id == holder.id ? "+8613800138000" : "");
    }
  }
}

}  // namespace
}  // namespace shoujie::interaction
