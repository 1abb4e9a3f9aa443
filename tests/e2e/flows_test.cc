// The flows of the domain page on a real server with its embedded journal: killed in the middle, stopped in the end,
// and proven from the files it leaves.
#include <gtest/gtest.h>

#include <memory>

#include "absl/strings/match.h"
#include "tests/e2e/support/stage.h"

namespace shoujie::e2e {
namespace {

class FlowsOnAServer : public testing::Test {
 protected:
  void Start() {
    server_.reset();  // first: the directory is locked
    server_ = std::make_unique<Server>(dir_ / "data");
    ASSERT_FALSE(server_->address().empty()) << server_->process().err();
    if (people_ == nullptr) people_ = std::make_unique<People>(server_.get());
    people_->Reconnect(server_.get());
  }
  void ExpectProven(const flows::Flow& flow) {
    EXPECT_EQ(server_->Stop(), 0) << server_->process().err();
    const Ran chain = server_->Cli({"verify", "ticket", flow.ticket(), "--data", server_->data()});
    EXPECT_TRUE(chain.code == 0 && absl::StrContains(chain.out, "proven from the journal alone"))
        << chain.out << chain.err;
    const Ran all = server_->Cli({"verify", "all", "--data", server_->data()});
    EXPECT_TRUE(all.code == 0 && absl::StrContains(all.out, "verified: nothing is wrong")) << all.out << all.err;
  }

  TempDir dir_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<People> people_;
};

TEST_F(FlowsOnAServer, RefusedSignedDoneDissatisfiedDoneAgain) {
  const auto flow = flows::NewRework(1);
  flows::Played played;
  ASSERT_NO_FATAL_FAILURE(Start());
  ServerStage stage(people_.get());
  ASSERT_NO_FATAL_FAILURE(flows::Play(*flow, stage, &played, flow->steps() / 2));
  server_->Kill();
  ASSERT_NO_FATAL_FAILURE(Start());
  ASSERT_NO_FATAL_FAILURE(flows::Play(*flow, stage, &played));
  flows::ExpectProven(*flow, stage);
  ExpectProven(*flow);
}

TEST_F(FlowsOnAServer, AClockThatStoodStillIsBreachedAndExplainedByBothVersions) {
  const auto flow = flows::NewPausedClock(1, flows::kComplaintTarget - absl::Seconds(12));
  flows::Played played;
  ASSERT_NO_FATAL_FAILURE(Start());
  ServerStage stage(people_.get());
  ASSERT_NO_FATAL_FAILURE(flows::Play(*flow, stage, &played));
  flows::ExpectProven(*flow, stage);
  flows::ExpectExplained(*flow, stage, played);
  ExpectProven(*flow);
}

}  // namespace
}  // namespace shoujie::e2e
