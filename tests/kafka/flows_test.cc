// The flows of the domain page with the journal on a real cluster: killed in the middle, once without its state
// directory, and proven from the topics.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "absl/strings/match.h"
#include "tests/e2e/support/stage.h"
#include "tests/kafka/centre.h"

namespace shoujie::e2e {
namespace {

class FlowsOnKafka : public testing::Test {
 protected:
  void SetUp() override {
    centre_.MakeTopics();
    people_ = std::make_unique<People>(&centre_.Start());
  }
  void Again() { people_->Reconnect(&centre_.Start()); }
  void ExpectProven(const flows::Flow& flow) {
    EXPECT_EQ(centre_.server().Stop(), 0);
    const Ran chain = e2e::Run({Program("shoujie"), "verify", "ticket", flow.ticket(), "--data", centre_.data()},
                               centre_.Env(), absl::Minutes(5));
    EXPECT_TRUE(chain.code == 0 && absl::StrContains(chain.out, "proven from the journal alone"))
        << chain.out << chain.err;
    centre_.ExpectVerified();
  }

  Centre centre_{Brokers::Shared()};
  std::unique_ptr<People> people_;
};

TEST_F(FlowsOnKafka, RefusedSignedDoneDissatisfiedDoneAgain) {
  const auto flow = flows::NewRework(1);
  flows::Played played;
  ServerStage stage(people_.get());
  ASSERT_NO_FATAL_FAILURE(flows::Play(*flow, stage, &played, flow->steps() / 3));
  centre_.server().Kill();
  Again();
  ASSERT_NO_FATAL_FAILURE(flows::Play(*flow, stage, &played, 2 * flow->steps() / 3));
  EXPECT_EQ(centre_.server().Stop(), 0);
  for (const char* lost : {"store", "lists"}) std::filesystem::remove_all(centre_.data() + "/" + lost);
  Again();
  ASSERT_NO_FATAL_FAILURE(flows::Play(*flow, stage, &played));
  flows::ExpectProven(*flow, stage);
  ExpectProven(*flow);
}

TEST_F(FlowsOnKafka, AClockThatStoodStillIsBreachedAndExplainedByBothVersions) {
  const auto flow = flows::NewPausedClock(1, flows::kComplaintTarget - absl::Seconds(15));
  flows::Played played;
  ServerStage stage(people_.get());
  ASSERT_NO_FATAL_FAILURE(flows::Play(*flow, stage, &played));
  flows::ExpectProven(*flow, stage);
  flows::ExpectExplained(*flow, stage, played);
  ExpectProven(*flow);
}

}  // namespace
}  // namespace shoujie::e2e
