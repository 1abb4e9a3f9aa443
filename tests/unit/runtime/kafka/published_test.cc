// A feed's topic on the library's mock cluster: keys, headers, and the newest of them. Real brokers:
// tests/kafka/published_test.cc.
#include "services/runtime/kafka/published.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/runtime/kafka/mock.h"

namespace shoujie::kafka {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PublishedTest : public testing::Test {
 protected:
  PublishedTest() {
    mock_.MakeTopic("shoujie.tickets.v1");
    auto topics = Topics::Connect(mock_.cluster());
    EXPECT_TRUE(topics.ok()) << topics.status();
    topics_ = *std::move(topics);
    log_ = NewPublishedLog(&mock_.cluster(), &threads_, topics_.get(), PublishedTopic("tickets", 4), true);
  }
  static PublishedRecord Record(int n) {
    return {absl::StrCat("key ", n), absl::StrCat("value ", n), {{"ce_id", absl::StrCat(n)}, {"ce_type", "x"}}};
  }
  std::vector<std::string> Newest(uint32_t partition, size_t records_max, const std::string& header = "ce_id") {
    auto newest = log_->Newest(partition, header, records_max);
    EXPECT_TRUE(newest.ok()) << newest.status();
    return newest.ok() ? *newest : std::vector<std::string>{"?"};
  }

  MockCluster mock_;
  ReportThreads threads_;
  std::unique_ptr<Topics> topics_;
  std::unique_ptr<PublishedLog> log_;
};

TEST_F(PublishedTest, TheNewestAreToldOldestFirst) {
  EXPECT_THAT(Newest(1, 10), IsEmpty());
  Reports reports;
  auto writer = log_->NewWriter(1, reports.Callback());
  writer->Send({Record(1)});
  writer->Send({Record(2), Record(3)});
  const auto got = reports.Await(3);
  for (uint64_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(got[i].ok) << got[i].why;
    EXPECT_EQ(got[i].sequence, i);
    EXPECT_EQ(got[i].position, static_cast<int64_t>(i));
  }
  EXPECT_THAT(Newest(1, 10), ElementsAre("1", "2", "3"));
  EXPECT_THAT(Newest(1, 2), ElementsAre("2", "3"));
  EXPECT_THAT(Newest(1, 10, "ce_time"), ElementsAre("", "", "")) << "a stranger's record has none";
  EXPECT_THAT(Newest(0, 10), IsEmpty()) << "another partition's";
}

TEST_F(PublishedTest, ADoubtEndsTheWriterAndALaterOneGoesOn) {
  Reports reports;
  auto writer = log_->NewWriter(0, reports.Callback());
  writer->Send({Record(1)});
  ASSERT_TRUE(reports.Await(1)[0].ok);
  mock_.Answer(kProduceRequest, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  writer->Send({Record(2)});
  writer->Send({Record(3)});
  const auto got = reports.Await(3);
  EXPECT_FALSE(got[1].ok);
  EXPECT_FALSE(got[2].ok);
  writer = log_->NewWriter(0, reports.Callback());
  writer->Send({Record(2)});
  EXPECT_TRUE(reports.Await(4)[3].ok);
  EXPECT_THAT(Newest(0, 10), ElementsAre("1", "2"));
}

TEST_F(PublishedTest, WithoutTheTopicItIsAnError) {
  auto other = NewPublishedLog(&mock_.cluster(), &threads_, topics_.get(), PublishedTopic("tickets", 64), true);
  Reports reports;
  auto writer = other->NewWriter(63, reports.Callback());
  writer->Send({Record(1)});
  EXPECT_FALSE(reports.Await(1)[0].ok);
}

}  // namespace
}  // namespace shoujie::kafka
