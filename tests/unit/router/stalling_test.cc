// Tickets that go back and forth, and departments that sign and say nothing (F077).
#include "services/router/domain/stalling.h"

#include "tests/unit/router/dispute_desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Minutes;

directory::v1::Directory WithoutBudget() {
  auto directory = DisputeDirectory();
  directory.mutable_policies()->clear_refusal_budget();
  return directory;
}

class PingPongTest : public testing::Test {
 protected:
  PingPongTest() : desk_(WithoutBudget()) { desk_.Open().at(Hours(1)).by("1001"); }

  // Offers it, and lets the department give it back; what the offer was found to be.
  v1::PingPongKind Bounce(const std::string& department) {
    EXPECT_EQ(desk_.by("1001").Offer(department), absl::OkStatus());
    const auto kind =
        desk_.events().size() < 2 ? v1::PING_PONG_KIND_UNSPECIFIED : desk_.events()[1].ping_pong_found().kind();
    EXPECT_EQ(desk_.by(department == "tech" ? "5001" : "5100").Refuse(), absl::OkStatus());
    return kind;
  }

  DisputeDesk desk_;
};

TEST_F(PingPongTest, IsFoundWhenATicketComesBackToADepartmentBehindAnother) {
  EXPECT_EQ(Bounce("tech"), v1::PING_PONG_KIND_UNSPECIFIED);
  EXPECT_EQ(Bounce("warehouse"), v1::PING_PONG_KIND_UNSPECIFIED);
  ASSERT_EQ(desk_.by("1001").Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk_.events().size(), 2u);
  const auto& found = desk_.events()[1].ping_pong_found();
  EXPECT_EQ(found.handoff(), 3u);
  EXPECT_EQ(found.department(), "tech");
  EXPECT_EQ(found.kind(), v1::PING_PONG_KIND_BACK);
  EXPECT_EQ(found.given_back(), 2u);
  EXPECT_EQ(desk_.ticket().ping_pongs(), 1u);
  EXPECT_EQ(desk_.row().ping_pongs(), 1u);
}

TEST_F(PingPongTest, SendingItAgainWithWhatWasMissingIsNone) {
  EXPECT_EQ(Bounce("tech"), v1::PING_PONG_KIND_UNSPECIFIED);
  EXPECT_EQ(Bounce("tech"), v1::PING_PONG_KIND_UNSPECIFIED);
}

TEST_F(PingPongTest, ThreeInARowWithNothingDoneAreFoundOnce) {
  Bounce("tech");
  Bounce("tech");
  Bounce("tech");
  EXPECT_EQ(Bounce("tech"), v1::PING_PONG_KIND_FRUITLESS);
  EXPECT_EQ(Bounce("tech"), v1::PING_PONG_KIND_UNSPECIFIED) << "it has been said";
  EXPECT_EQ(desk_.ticket().ping_pongs(), 1u);
}

TEST_F(PingPongTest, AReportOrAResultBeginsAnew) {
  Bounce("tech");
  Bounce("tech");
  ASSERT_EQ(desk_.by("1001").Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk_.by("5001").Sign(), absl::OkStatus());
  ASSERT_EQ(desk_.Progress(), absl::OkStatus());
  ASSERT_EQ(desk_.Return(), absl::OkStatus());
  EXPECT_EQ(Bounce("tech"), v1::PING_PONG_KIND_UNSPECIFIED) << "three came back, but one worked on it";

  ASSERT_EQ(desk_.by("1001").Offer("warehouse"), absl::OkStatus());
  ASSERT_EQ(desk_.by("5100").Sign(), absl::OkStatus());
  ASSERT_EQ(desk_.Complete(), absl::OkStatus());
  EXPECT_EQ(Bounce("tech"), v1::PING_PONG_KIND_UNSPECIFIED) << "the warehouse has done its part";
}

TEST_F(PingPongTest, AnEpisodeBeginsAnew) {
  Bounce("tech");
  Bounce("warehouse");
  ASSERT_EQ(desk_.by("1001").Close(), absl::OkStatus());
  ASSERT_EQ(desk_.Reopen(), absl::OkStatus());
  EXPECT_EQ(Bounce("tech"), v1::PING_PONG_KIND_UNSPECIFIED);
}

TEST_F(PingPongTest, TakingAnOfferBackAndMakingItAgainIsCountedOnce) {
  Bounce("tech");
  Bounce("warehouse");
  for (const size_t events : {2, 1}) {
    ASSERT_EQ(desk_.by("1001").Offer("tech"), absl::OkStatus());
    EXPECT_EQ(desk_.events().size(), events);
    ASSERT_EQ(desk_.Do(v1::WithdrawHandoffRequest()), absl::OkStatus());
  }
  EXPECT_EQ(desk_.ticket().ping_pongs(), 1u);
}

TEST_F(PingPongTest, NoneBeforeTheFeature) {
  auto directory = WithoutBudget();
  directory.clear_features();
  desk_.Publish(directory);
  Bounce("tech");
  Bounce("warehouse");
  EXPECT_EQ(Bounce("tech"), v1::PING_PONG_KIND_UNSPECIFIED);
  EXPECT_EQ(desk_.ticket().ping_pongs(), 0u);
}

class StallTest : public testing::Test {
 protected:
  StallTest() {
    desk_.Open().at(Hours(1)).by("1001");
    EXPECT_EQ(desk_.Offer("tech", Hours(100)), absl::OkStatus());
    EXPECT_EQ(desk_.at(Hours(2)).by("5002").Sign(), absl::OkStatus());
  }
  // When the ticket will be found to stall, in hours since nine; 0: nobody watches.
  double StallsAtHour() const {
    for (const auto& timer : desk_.timers()) {
      if (timer.name.substr(0, 6) == "stall/") return absl::ToDoubleHours(timer.due - At(absl::ZeroDuration()));
    }
    return 0;
  }
  DisputeDesk desk_;
};

TEST_F(StallTest, SignedAndNotAWordIsFoundOnceAndMovesNothing) {
  EXPECT_EQ(StallsAtHour(), 10);
  const auto custody = desk_.ticket().episodes(0).SerializeAsString();
  desk_.at(Hours(10)).FireTimers();
  ASSERT_EQ(desk_.events().size(), 1u);
  const auto& stalled = desk_.events()[0].handoff_stalled();
  EXPECT_EQ(stalled.department(), "tech");
  EXPECT_EQ(stalled.responsible(), "5002") << "who works on it";
  EXPECT_EQ(FromProto(stalled.since()), At(Hours(2)));
  EXPECT_EQ(desk_.ticket().stalls(), 1u);
  EXPECT_TRUE(desk_.row().stalling());
  EXPECT_EQ(StallsAtHour(), 0) << "once";
  EXPECT_EQ(desk_.ticket().episodes(0).SerializeAsString(), custody);
  EXPECT_EQ(desk_.ticket().owner(), "1001");
}

TEST_F(StallTest, AReportEndsItAndIsWatchedAnew) {
  desk_.at(Hours(10)).FireTimers();
  ASSERT_EQ(desk_.at(Hours(11)).by("5002").Progress(), absl::OkStatus());
  EXPECT_FALSE(desk_.row().stalling());
  EXPECT_EQ(StallsAtHour(), 19);
  desk_.at(Hours(19)).FireTimers();
  EXPECT_EQ(desk_.ticket().stalls(), 2u);
  EXPECT_EQ(desk_.ticket().handoffs(0).stall().found(), 2u);
  ASSERT_EQ(desk_.by("5002").Complete(), absl::OkStatus());
  EXPECT_FALSE(desk_.row().stalling());
  EXPECT_EQ(desk_.row().stalls(), 2u);
}

TEST_F(StallTest, EachTimerIsAnotherOne) {
  std::vector<uint32_t> attempts;
  const auto keep = [&] {
    for (const auto& timer : desk_.timers()) {
      if (timer.name == "stall/1") attempts.push_back(timer.attempt);
    }
  };
  keep();
  ASSERT_EQ(desk_.at(Hours(3)).by("5002").Progress(), absl::OkStatus());
  keep();
  v1::AwaitCustomerRequest wait;
  wait.set_reason("asked for a photo");
  ASSERT_EQ(desk_.at(Hours(4)).Do(wait), absl::OkStatus());
  keep();
  ASSERT_EQ(desk_.at(Hours(5)).Do(v1::EndWaitRequest()), absl::OkStatus());
  keep();
  EXPECT_THAT(attempts, testing::ElementsAre(1, 2, 3));
}

TEST_F(StallTest, NobodyStallsWhileTheCustomerIsAwaited) {
  v1::AwaitCustomerRequest wait;
  wait.set_reason("asked for a photo");
  ASSERT_EQ(desk_.at(Hours(9)).Do(wait), absl::OkStatus());
  EXPECT_EQ(StallsAtHour(), 0);
  ASSERT_EQ(desk_.at(Hours(50)).Do(v1::EndWaitRequest()), absl::OkStatus());
  EXPECT_EQ(StallsAtHour(), 58) << "from the answer on";
}

TEST_F(StallTest, AnotherPolicyIsForTheNextSignature) {
  auto directory = DisputeDirectory();
  directory.mutable_policies()->clear_stall_after();
  desk_.Publish(directory);
  EXPECT_EQ(StallsAtHour(), 10) << "as it was when it was signed";
  ASSERT_EQ(desk_.Complete(), absl::OkStatus());
  ASSERT_EQ(desk_.by("1001").Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk_.by("5002").Sign(), absl::OkStatus());
  EXPECT_FALSE(desk_.ticket().handoffs(1).has_stall());
  EXPECT_EQ(StallsAtHour(), 0);
}

TEST_F(StallTest, AClosingOrTransferThatCouldBeTakenBackStillCan) {
  ASSERT_EQ(desk_.by("2001").Transfer("1002"), absl::OkStatus());
  desk_.at(Hours(10)).FireTimers();
  ASSERT_EQ(desk_.ticket().stalls(), 1u);
  EXPECT_EQ(desk_.by("2001").Do(v1::UndoLastRequest()), absl::OkStatus());
}

}  // namespace
}  // namespace shoujie::router
