#include "services/runtime/kafka/writer.h"

#include <gtest/gtest.h>

#include <atomic>

#include "absl/time/clock.h"
#include "services/runtime/base/error.h"
#include "services/runtime/kafka/catch_up.h"
#include "services/runtime/kafka/reader.h"
#include "tests/unit/runtime/kafka/mock.h"

namespace shoujie::kafka {
namespace {

class WriterTest : public testing::Test {
 protected:
  std::unique_ptr<JournalWriter> New(Reports& reports, uint32_t partition = 0) {
    return NewWriter(&mock_.cluster(), &threads_, kTopic, partition, reports.Callback());
  }
  // What is in the partition, by a reader of its own.
  std::vector<std::string> Log(size_t at_least, uint32_t partition = 0) {
    auto tails = Tails::Start(&mock_.cluster(), nullptr);
    auto tail = (*tails)->Follow(kTopic, partition, 0);
    for (const absl::Time until = absl::Now() + absl::Seconds(10); (*tail)->next() < at_least && absl::Now() < until;) {
      absl::SleepFor(absl::Milliseconds(5));
    }
    absl::SleepFor(absl::Milliseconds(200));  // what should not be there would come now
    std::vector<StoredRecord> records;
    Tail::Found found;
    EXPECT_TRUE((*tail)->Read(0, 1000, &records, &found).ok());
    std::vector<std::string> log;
    for (const auto& record : records) log.push_back(record.bytes);
    return log;
  }

  MockCluster mock_;
  ReportThreads threads_;
};

TEST_F(WriterTest, NothingLandsBehindADoubt) {
  Reports reports;
  auto writer = New(reports);
  writer->Send({"claim"});
  ASSERT_TRUE(reports.Await(1)[0].ok);
  mock_.Answer(kProduceRequest, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  writer->Send({"a"});
  reports.Await(2);
  for (int i = 0; i < 20; ++i) writer->Send({"b", "c"});
  const auto got = reports.Await(42);
  for (size_t i = 1; i < got.size(); ++i) EXPECT_FALSE(got[i].ok) << i;
  EXPECT_EQ(Log(1), std::vector<std::string>{"claim"});
}

TEST_F(WriterTest, EveryRecordIsReportedOnceInAnyOutcome) {
  for (auto error : {RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_UNKNOWN, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS}) {
    Reports reports;
    auto writer = New(reports, 1);
    writer->Send({"claim"});
    ASSERT_TRUE(reports.Await(1)[0].ok);
    mock_.RoundTrip(absl::Milliseconds(5));
    mock_.Answer(kProduceRequest, {RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_NO_ERROR, error});
    for (int i = 1; i < 500; ++i) {
      writer->Send({"x"});
      if (i % 10 == 0) absl::SleepFor(absl::Milliseconds(1));
    }
    const auto got = reports.Await(500);
    absl::SleepFor(absl::Milliseconds(50));
    ASSERT_EQ(reports.size(), 500u);
    std::vector<int> times(500);
    bool doubt = false;
    for (const Report& report : got) {
      ++times.at(report.sequence);
      doubt = doubt || !report.ok;
      EXPECT_EQ(report.ok, !doubt) << "an acknowledgement behind a doubt: " << report.sequence;
    }
    EXPECT_EQ(times, std::vector<int>(500, 1));
    EXPECT_EQ(doubt, error == RD_KAFKA_RESP_ERR_UNKNOWN);
  }
}

TEST_F(WriterTest, ARecordThatIsTooLargeIsRefusedBeforeItIsSentAndEndsTheTerm) {
  Reports reports;
  auto writer = New(reports);
  writer->Send({std::string(kRecordBytesMax, 'x')});
  EXPECT_TRUE(reports.Await(1)[0].ok) << reports.Await(1)[0].why;
  writer->Send({std::string(kRecordBytesMax + 1, 'x'), "behind"});
  const auto got = reports.Await(3);
  EXPECT_EQ(got[1].sequence, 1u);
  EXPECT_EQ(ReasonOf(got[1].why), "RECORD_TOO_LARGE");
  EXPECT_FALSE(got[2].ok);
  EXPECT_EQ(Log(1).size(), 1u);
}

TEST_F(WriterTest, APartitionThatDoesNotExistIsADoubt) {
  Reports reports;
  auto writer = New(reports, 99);
  writer->Send({"claim"});
  const auto got = reports.Await(1);
  EXPECT_FALSE(got[0].ok);
  EXPECT_EQ(got[0].why.code(), absl::StatusCode::kFailedPrecondition) << got[0].why;
}

TEST_F(WriterTest, WhatWaitsIsBoundedAndRefusedWithoutBlocking) {
  Reports reports;
  auto writer = New(reports);
  writer->Send({"claim"});
  reports.Await(1);
  mock_.Down();
  const absl::Time begun = absl::Now();
  writer->Send(std::vector<std::string>(kWriterRecordsMax + 10, "x"));
  EXPECT_LT(absl::Now() - begun, absl::Seconds(5));
  const auto got = reports.Await(kWriterRecordsMax + 11);
  EXPECT_FALSE(got.back().ok);
  writer.reset();
}

TEST_F(WriterTest, WithoutABrokerNothingIsReportedAndTheWriterEndsAtOnce) {
  Reports reports;
  auto writer = New(reports);
  writer->Send({"claim"});
  reports.Await(1);
  mock_.Down();
  writer->Send({"a"});
  absl::SleepFor(absl::Milliseconds(300));
  EXPECT_EQ(reports.size(), 1u) << "a record never expires: that would leave a hole";
  const absl::Time begun = absl::Now();
  writer.reset();
  EXPECT_LT(absl::Now() - begun, absl::Milliseconds(500));
  EXPECT_EQ(reports.size(), 1u);
}

TEST_F(WriterTest, ABrokerThatComesBackGetsWhatWaited) {
  Reports reports;
  auto writer = New(reports);
  writer->Send({"claim"});
  reports.Await(1);
  mock_.Down();
  writer->Send({"a", "b"});
  absl::SleepFor(absl::Milliseconds(300));
  mock_.Up();
  const auto got = reports.Await(3);
  EXPECT_TRUE(got[1].ok && got[2].ok);
  EXPECT_EQ(Log(3), (std::vector<std::string>{"claim", "a", "b"}));
}

TEST_F(WriterTest, ALandedRecordIsToldBeforeItsReport) {
  std::atomic<int64_t> landed{-1};
  Reports reports;
  bool before = true;
  auto writer = NewWriter(
      &mock_.cluster(), &threads_, kTopic, 2,
      [&, keep = reports.Callback()](const Report& report) {
        before = before && landed == report.position;
        keep(report);
      },
      [&](uint64_t offset) { landed = static_cast<int64_t>(offset); });
  writer->Send({"a", "b", "c"});
  reports.Await(3);
  writer.reset();
  EXPECT_TRUE(before);
}

TEST(Settings, WhatSafetyStandsOnCannotBeSet) {
  for (const char* name : {"message.timeout.ms", "acks", "enable.idempotence", "auto.offset.reset", "no.such"}) {
    Cluster cluster;
    cluster.bootstrap = "127.0.0.1:1";
    cluster.settings[name] = "1";
    const Context context{&cluster, nullptr};
    const auto handle = NewReader(&context, ReadKind::kFollow);
    EXPECT_EQ(ReasonOf(handle.status()), "KAFKA_SETTING") << name;
  }
  Cluster cluster;
  cluster.bootstrap = "127.0.0.1:1";
  cluster.settings["security.protocol"] = "carrier-pigeon";
  ReportThreads threads;
  Reports reports;
  auto writer = NewWriter(&cluster, &threads, kTopic, 0, reports.Callback());
  writer->Send({"claim", "a"});
  for (const Report& report : reports.Await(2)) EXPECT_EQ(ReasonOf(report.why), "KAFKA_SETTING");
}

}  // namespace
}  // namespace shoujie::kafka
