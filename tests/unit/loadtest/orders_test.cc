#include "loadtest/switch/orders.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "loadtest/switch/courier.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/loadtest/fakes.h"

namespace shoujie::loadtest {
namespace {

namespace v1 = interaction::v1;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

class FakeLine : public OrderLine {
 public:
  absl::Time now = kStart;
  absl::Duration take_lasts;  // how long the server takes to answer
  v1::OrderState callee = v1::ORDER_STATE_REACHED;
  absl::Status take = absl::OkStatus();
  std::vector<v1::ListOrdersResponse::Entry> orders;
  std::vector<std::string> dialled;
  std::vector<v1::OrderState> ended;
  int ids = 0;

  void Add(const std::string& id, absl::Time not_before, absl::Time not_after) {
    v1::ListOrdersResponse::Entry entry;
    entry.set_contact("contacts/0001-000001-1");
    entry.mutable_order()->set_id(id);
    entry.mutable_order()->set_state(v1::ORDER_STATE_PENDING);
    *entry.mutable_order()->mutable_not_before() = ToProto(not_before);
    *entry.mutable_order()->mutable_not_after() = ToProto(not_after);
    orders.push_back(entry);
  }

  absl::StatusOr<std::vector<v1::ListOrdersResponse::Entry>> List() override { return orders; }
  absl::Status Take(const std::string&, const std::string&) override {
    now += take_lasts;
    return take;
  }
  absl::StatusOr<v1::OrderTarget> Target(const std::string&, const std::string& order) override {
    v1::OrderTarget target;
    target.set_order(order);
    target.set_phone("+8619000000000");
    return target;
  }
  Dialled Dial(const std::string&, const v1::OrderTarget& target) override {
    dialled.push_back(target.order());
    return {callee, absl::Seconds(10)};
  }
  void Ended(const std::string&, const v1::OrderTarget&, v1::OrderState result, const std::string&,
             absl::Time) override {
    ended.push_back(result);
  }
  absl::Time Now() const override { return now; }
  std::string NewRequestId() override { return absl::StrCat("id", ++ids); }
};

class OrdersTest : public ::testing::Test {
 protected:
  OrdersTest() { Reopen(); }
  void Reopen() {
    courier_.reset();
    outbox_.reset();
    outbox_ = *Outbox::Open(folder_.path());
    desk_ = std::make_unique<OrderDesk>(&line_, outbox_.get(), "switch-1", absl::Seconds(30), absl::Seconds(1));
  }
  std::vector<v1::OrderState> Reported() {
    if (!courier_) {
      courier_ = std::make_unique<Courier>(
          outbox_.get(), &sink_, 2, [](const OutboxEntry&, const absl::StatusOr<std::string>&) {},
          [](const OutboxEntry& entry) { return entry.request; });
    }
    outbox_->WaitEmpty(absl::Seconds(5));
    std::vector<v1::OrderState> results;
    for (const auto& bytes : sink_.order()) {
      v1::ReportOrderResultRequest request;
      EXPECT_TRUE(request.ParseFromString(bytes));
      results.push_back(request.result());
    }
    return results;
  }

  TempDir folder_;
  FakeSink sink_;
  FakeLine line_;
  std::unique_ptr<Outbox> outbox_;
  std::unique_ptr<OrderDesk> desk_;
  std::unique_ptr<Courier> courier_;
};

TEST_F(OrdersTest, AnOrderIsDialledOnceAndItsResultReported) {
  line_.Add("O1", kStart - absl::Seconds(1), kStart + absl::Minutes(5));
  ASSERT_TRUE(desk_->Step().ok());
  ASSERT_TRUE(desk_->Step().ok());  // still listed: the server has not heard of the result
  EXPECT_THAT(line_.dialled, ::testing::ElementsAre("O1"));
  EXPECT_EQ(desk_->ringing(), 1u);
  line_.now += absl::Seconds(11);
  ASSERT_TRUE(desk_->Step().ok());
  EXPECT_THAT(line_.ended, ::testing::ElementsAre(v1::ORDER_STATE_REACHED));
  EXPECT_THAT(Reported(), ::testing::ElementsAre(v1::ORDER_STATE_REACHED));
  EXPECT_EQ(line_.dialled.size(), 1u);
}

TEST_F(OrdersTest, AnOrderIsNotDialledBeforeItsTimeNorAfterIt) {
  line_.Add("early", kStart + absl::Seconds(5), kStart + absl::Minutes(5));
  line_.Add("late", kStart - absl::Minutes(6), kStart - absl::Seconds(1));
  ASSERT_TRUE(desk_->Step().ok());
  EXPECT_TRUE(line_.dialled.empty());
  line_.now = kStart + absl::Seconds(6);
  ASSERT_TRUE(desk_->Step().ok());
  EXPECT_THAT(line_.dialled, ::testing::ElementsAre("early"));
}

TEST_F(OrdersTest, AnOrderThatBecameLateWhileItWasTakenIsReportedTooLateAndNotDialled) {
  line_.Add("O1", kStart, kStart + absl::Seconds(20));
  line_.take_lasts = absl::Seconds(21);
  ASSERT_TRUE(desk_->Step().ok());
  EXPECT_TRUE(line_.dialled.empty());
  EXPECT_EQ(desk_->too_late(), 1u);
  EXPECT_THAT(Reported(), ::testing::ElementsAre(v1::ORDER_STATE_TOO_LATE));
}

TEST_F(OrdersTest, AnOrderWhoseLeaseRanOutWhileItWasTakenIsNotDialled) {
  line_.Add("O1", kStart, kStart + absl::Minutes(5));
  line_.take_lasts = absl::Seconds(31);  // the lease is 30 s
  ASSERT_TRUE(desk_->Step().ok());
  EXPECT_TRUE(line_.dialled.empty());
}

TEST_F(OrdersTest, AnOrderThatAnotherAdapterHoldsIsLeftAlone) {
  line_.Add("O1", kStart, kStart + absl::Minutes(5));
  line_.take = Refused("ORDER_HELD", "Another adapter holds it.", "已被领取。");
  ASSERT_TRUE(desk_->Step().ok());
  EXPECT_TRUE(line_.dialled.empty());
  EXPECT_EQ(outbox_->pending(), 0u);
}

TEST_F(OrdersTest, ASwitchThatDiedWhileItRangDialsNoSecondTimeAndReportsFailed) {
  line_.Add("O1", kStart, kStart + absl::Minutes(5));
  ASSERT_TRUE(desk_->Step().ok());
  Reopen();  // nothing was released
  ASSERT_TRUE(desk_->Step().ok());
  EXPECT_THAT(line_.dialled, ::testing::ElementsAre("O1"));
  EXPECT_THAT(Reported(), ::testing::ElementsAre(v1::ORDER_STATE_FAILED));
}

}  // namespace
}  // namespace shoujie::loadtest
