// What a customer may be told: stage, expected end, changes; nobody's name and nobody's text.
#include "services/router/customer_view.h"

#include "tests/unit/router/clock_desk.h"

namespace shoujie::router {
namespace {

using absl::Hours;
using absl::Minutes;

class CustomerViewTest : public testing::Test {
 protected:
  v1::CustomerView View(absl::Duration at) { return ViewOf(desk.ticket(), At(at), absl::UTCTimeZone()); }
  static std::vector<v1::CustomerStep> Steps(const v1::CustomerView& view) {
    std::vector<v1::CustomerStep> steps;
    for (const auto& change : view.changes()) {
      EXPECT_FALSE(change.en().empty());
      EXPECT_FALSE(change.zh().empty());
      steps.push_back(change.step());
    }
    return steps;
  }
  ClockDesk desk;  // resolve: 10 h of office hours, 9–12 and 13–18
};

TEST_F(CustomerViewTest, AMatterIsReceivedThenWorkedOnAndHasAnExpectedEnd) {
  desk.Open();
  auto view = View(Minutes(10));
  EXPECT_EQ(view.stage(), v1::CUSTOMER_STAGE_RECEIVED);
  EXPECT_EQ(FromProto(view.eta()), At(Hours(26)));  // Tuesday 11:00
  EXPECT_EQ(view.eta_basis(), v1::ETA_BASIS_RESOLVE_CLOCK);
  EXPECT_THAT(view.en(), testing::HasSubstr("2026-03-03 11:00"));
  EXPECT_THAT(view.zh(), testing::HasSubstr("预计 2026-03-03 11:00 前完成"));

  ASSERT_EQ(desk.by("1001").at(Hours(1)).Offer("tech"), absl::OkStatus());
  // An offer is the centre's own matter.
  EXPECT_THAT(Steps(View(Hours(1))), testing::ElementsAre(v1::CUSTOMER_STEP_RECEIVED));
  ASSERT_EQ(desk.by("5001").at(Hours(2)).Sign(), absl::OkStatus());
  view = View(Hours(2));
  EXPECT_EQ(view.stage(), v1::CUSTOMER_STAGE_IN_PROGRESS);
  EXPECT_EQ(FromProto(view.since()), At(Hours(2)));
  EXPECT_THAT(Steps(view), testing::ElementsAre(v1::CUSTOMER_STEP_RECEIVED, v1::CUSTOMER_STEP_WORK_BEGUN));
}

TEST_F(CustomerViewTest, WhileHisAnswerIsAwaitedNoEndIsExpectedAndAfterwardsALaterOne) {
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk.by("5001").Sign(), absl::OkStatus());
  ASSERT_EQ(desk.Await(), absl::OkStatus());
  auto view = View(Hours(2));
  EXPECT_EQ(view.stage(), v1::CUSTOMER_STAGE_WAITING_FOR_CUSTOMER);  // although a department has it
  EXPECT_FALSE(view.has_eta());
  ASSERT_EQ(desk.at(Hours(2)).EndWait(), absl::OkStatus());
  view = View(Hours(2));
  EXPECT_EQ(view.stage(), v1::CUSTOMER_STAGE_IN_PROGRESS);
  EXPECT_EQ(FromProto(view.eta()), At(Hours(27)));
  EXPECT_THAT(Steps(view), testing::ElementsAre(v1::CUSTOMER_STEP_RECEIVED, v1::CUSTOMER_STEP_WORK_BEGUN,
                                                v1::CUSTOMER_STEP_QUESTION_ASKED, v1::CUSTOMER_STEP_ANSWER_RECEIVED));
}

TEST_F(CustomerViewTest, AnEndThatIsPutOffIsAChangeOfItsOwn) {
  desk.Open().by("1001").at(Hours(1));
  v1::RequestExtensionRequest ask;
  ask.set_clock(desk.clock(CLOCK_KIND_RESOLVE).number());
  *ask.mutable_time() = shoujie::ToProto(Hours(3));
  ask.set_reason("a part is missing");
  ASSERT_EQ(desk.Do(ask), absl::OkStatus());
  EXPECT_THAT(Steps(View(Hours(1))), testing::ElementsAre(v1::CUSTOMER_STEP_RECEIVED));  // nobody has said yes
  v1::AnswerExtensionRequest answer;
  answer.set_clock(ask.clock());
  answer.set_approve(true);
  ASSERT_EQ(desk.by("2001").at(Hours(2)).Do(answer), absl::OkStatus());
  const auto view = View(Hours(2));
  EXPECT_THAT(Steps(view), testing::ElementsAre(v1::CUSTOMER_STEP_RECEIVED, v1::CUSTOMER_STEP_MORE_TIME));
  EXPECT_EQ(ToDuration(view.changes(1).put_off()), Hours(3));
  EXPECT_EQ(FromProto(view.eta()), At(Hours(30)));  // Tuesday 15:00: the lunch hour lies between
}

TEST_F(CustomerViewTest, WhatIsLateIsSaidAndTheDepartmentsDeadlineTakesItsPlace) {
  desk.Open().by("1001").at(Hours(25));
  ASSERT_EQ(desk.Offer("tech", Hours(48)), absl::OkStatus());
  desk.at(Hours(27)).FireAll();
  const auto view = View(Hours(27));
  EXPECT_TRUE(view.late());
  EXPECT_EQ(FromProto(view.eta()), At(Hours(48)));
  EXPECT_EQ(view.eta_basis(), v1::ETA_BASIS_DEPARTMENT_DEADLINE);
  EXPECT_THAT(view.en(), testing::HasSubstr("longer than we said"));
  EXPECT_FALSE(View(Hours(49)).has_eta());
}

TEST_F(CustomerViewTest, AClosedMatterAndOneThatIsTakenUpAgain) {
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(desk.Close(), absl::OkStatus());
  auto view = View(Hours(2));
  EXPECT_EQ(view.stage(), v1::CUSTOMER_STAGE_CLOSED);
  EXPECT_FALSE(view.has_eta());
  ASSERT_EQ(desk.at(Hours(3)).Reopen(), absl::OkStatus());
  view = View(Hours(3));
  EXPECT_TRUE(view.has_eta());
  EXPECT_THAT(Steps(view),
              testing::ElementsAre(v1::CUSTOMER_STEP_RECEIVED, v1::CUSTOMER_STEP_CLOSED, v1::CUSTOMER_STEP_REOPENED));
}

TEST_F(CustomerViewTest, NobodyIsNamed) {
  desk.Open().by("1001").at(Hours(1));
  ASSERT_EQ(desk.Offer("tech"), absl::OkStatus());
  ASSERT_EQ(desk.by("5001").Sign(), absl::OkStatus());
  ASSERT_EQ(desk.Complete(), absl::OkStatus());
  const std::string all = View(Hours(1)).DebugString();
  for (const char* inner : {"1001", "5001", "tech", "replaced", "please"}) {
    EXPECT_EQ(all.find(inner), std::string::npos) << inner;
  }
}

}  // namespace
}  // namespace shoujie::router
