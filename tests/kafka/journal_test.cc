// What only a real broker can show of a healthy cluster: topics as they are, and logs that somebody damaged.
#include <librdkafka/rdkafka.h>

#include <thread>

#include "absl/strings/str_format.h"
#include "services/runtime/base/error.h"
#include "services/runtime/kafka/client.h"
#include "services/runtime/kafka/reader.h"
#include "tests/kafka/fixture.h"

namespace shoujie::kafka {
namespace {

class KafkaJournalTest : public testing::Test {
 protected:
  KafkaJournalTest() : options_(NewOptions(Brokers::Shared())) {}
  std::string Topic() const { return JournalTopic(options_.cluster, "router"); }

  KafkaJournals::Options options_;
};

TEST_F(KafkaJournalTest, AMissingTopicIsNamedAndNotMadeByAsking) {
  for (int i = 0; i < 2; ++i) {
    const auto opened = KafkaJournals::Open(options_);
    EXPECT_EQ(ReasonOf(opened.status()), "TOPIC_MISSING") << opened.status();
  }
}

TEST_F(KafkaJournalTest, OneReplicaIsUsedOnlyIfToldSoAndMakingTopicsTwiceChangesNothing) {
  CreateTopics(options_);
  auto topics = Topics::Connect(options_.cluster);
  auto again = (*topics)->Create(options_.topics, 1);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->empty());
  auto findings = (*topics)->Check(options_.topics);
  ASSERT_TRUE(findings.ok()) << findings.status();
  for (const TopicFinding& finding : *findings) EXPECT_TRUE(finding.weak) << finding.setting << " " << finding.found;
  options_.allow_unsafe_topics = false;
  EXPECT_EQ(ReasonOf(KafkaJournals::Open(options_).status()), "TOPIC_UNSAFE");
  options_.allow_unsafe_topics = true;
  auto journals = Open(options_);
  ASSERT_NE(journals, nullptr);
  EXPECT_EQ(journals->weak().size(), findings->size());
  EXPECT_FALSE(journals->cluster_id().empty());
  EXPECT_EQ(journals->Get({"router", kPartitions}).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(KafkaJournalTest, AnotherNumberOfPartitionsIsNeverUsed) {
  CreateTopics(options_);
  options_.topics[0].partitions = kPartitions + 1;
  EXPECT_EQ(ReasonOf(KafkaJournals::Open(options_).status()), "TOPIC_UNSAFE");
}

TEST_F(KafkaJournalTest, AClusterThatIsNotThereIsToldInTime) {
  options_.cluster.bootstrap = "127.0.0.1:1";
  options_.connect_timeout = absl::Seconds(1);
  const absl::Time begun = absl::Now();
  EXPECT_EQ(ReasonOf(KafkaJournals::Open(options_).status()), "KAFKA_UNAVAILABLE");
  EXPECT_LT(absl::Now() - begun, absl::Seconds(10));
}

// Several readers that are far behind, each at a place of its own, more of them than there are clients.
TEST_F(KafkaJournalTest, WhatTheWindowForgotIsReadFromTheBroker) {
  CreateTopics(options_);
  auto journals = Open(options_);
  Journal& journal = **journals->Get({"router", 1});
  constexpr size_t kRecords = 3000, kBytes = 6000;  // twice the window
  static_assert(kRecords * kBytes > 2 * kWindowBytesMax);
  const auto text = [](size_t i) {
    std::string bytes(kBytes, 'x');
    return bytes.replace(0, 8, absl::StrFormat("%08d", i));
  };
  for (size_t i = 0; i < kRecords; i += 500) {
    std::vector<std::string> records;
    for (size_t k = i; k < i + 500; ++k) records.push_back(text(k));
    Append(journal, std::move(records));
  }
  std::vector<std::thread> readers;
  for (uint64_t from : {0, 0, 1, 700, 701, 1402, 2900, 2999}) {
    readers.emplace_back([&journal, &text, from] {
      std::vector<StoredRecord> all;
      const absl::Status status = ReadAll(journal, from, &all);
      ASSERT_TRUE(status.ok()) << status;
      ASSERT_EQ(all.size(), kRecords - from);
      for (size_t i = 0; i < all.size(); ++i) {
        ASSERT_EQ(all[i].position, from + i);
        ASSERT_TRUE(all[i].bytes == text(from + i));
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  for (uint64_t at : {2000, 3, 1999, 0, 1000}) {  // a history
    std::vector<StoredRecord> one;
    ASSERT_TRUE(journal.Read(at, 1, &one).ok());
    ASSERT_EQ(one.size(), 1u);
    EXPECT_TRUE(one[0].bytes == text(at));
  }
}

TEST_F(KafkaJournalTest, AppendTimesAreTheLogsOwnAndNeverFall) {
  CreateTopics(options_);
  auto journals = Open(options_);
  Journal& journal = **journals->Get({"router", 0});
  const absl::Time before = absl::Now();
  Append(journal, {"a", "b"});
  absl::SleepFor(absl::Milliseconds(50));
  Append(journal, {"c"});
  std::vector<StoredRecord> all;
  ASSERT_TRUE(ReadAll(journal, 0, &all).ok());
  ASSERT_EQ(all.size(), 3u);
  EXPECT_LT(absl::AbsDuration(all[0].append_time - before), absl::Seconds(10));
  EXPECT_LE(all[0].append_time, all[1].append_time);
  EXPECT_GE(all[2].append_time - all[1].append_time, absl::Milliseconds(50));
}

// A transaction ends with a record of the broker's own, which no reader sees.
TEST_F(KafkaJournalTest, AForeignTransactionIsAGap) {
  CreateTopics(options_);
  auto journals = Open(options_);
  Journal& journal = **journals->Get({"router", 2});
  Append(journal, {"a"});
  char why[256];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", options_.cluster.bootstrap.c_str(), why, sizeof(why));
  rd_kafka_conf_set(conf, "transactional.id", "stranger", why, sizeof(why));
  const Handle stranger(rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why)));
  ASSERT_EQ(rd_kafka_init_transactions(stranger.get(), 30'000), nullptr);
  ASSERT_EQ(rd_kafka_begin_transaction(stranger.get()), nullptr);
  ASSERT_EQ(rd_kafka_producev(stranger.get(), RD_KAFKA_V_TOPIC(Topic().c_str()), RD_KAFKA_V_PARTITION(2),
                              RD_KAFKA_V_VALUE(const_cast<char*>("b"), 1), RD_KAFKA_V_END),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_EQ(rd_kafka_commit_transaction(stranger.get(), 30'000), nullptr);
  // The broker ends the transaction some moments after it said so.
  std::vector<StoredRecord> all;
  absl::Status status;
  for (const absl::Time until = absl::Now() + absl::Seconds(10); status.ok() && absl::Now() < until;) {
    Append(journal, {"c"});
    all.clear();
    status = ReadAll(journal, 0, &all);
  }
  EXPECT_EQ(ReasonOf(status), "JOURNAL_GAP") << status;
  EXPECT_GE(all.size(), 2u) << "what lies before the gap is still read";
  const size_t before = all.size();
  // A process that comes later sees the same.
  auto later = Open(options_);
  all.clear();
  status = ReadAll(**later->Get({"router", 2}), 0, &all);
  EXPECT_EQ(ReasonOf(status), "JOURNAL_GAP") << status;
  EXPECT_EQ(all.size(), before);
}

TEST_F(KafkaJournalTest, AJournalWithoutItsBeginningIsShort) {
  CreateTopics(options_);
  auto journals = Open(options_);
  Append(**journals->Get({"router", 3}), std::vector<std::string>(10 + kRecordsBeforeEnd, "x"));
  // A running process that did not keep these records in memory.
  auto running = Open(options_);
  Journal& behind = **running->Get({"router", 3});
  const Context context{&options_.cluster, nullptr};
  auto admin = NewAdmin(&context);
  rd_kafka_topic_partition_list_t* upto = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(upto, Topic().c_str(), 3)->offset = 5;
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(upto);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(admin->get());
  rd_kafka_DeleteRecords(admin->get(), &request, 1, nullptr, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 30'000);
  ASSERT_NE(event, nullptr);
  ASSERT_EQ(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_DeleteRecords_destroy(request);
  rd_kafka_topic_partition_list_destroy(upto);

  std::vector<StoredRecord> all;
  EXPECT_EQ(ReasonOf(ReadAll(behind, 0, &all)), "JOURNAL_SHORT");
  auto later = Open(options_);
  EXPECT_EQ(ReasonOf(later->Get({"router", 3}).status()), "JOURNAL_SHORT");
}

}  // namespace
}  // namespace shoujie::kafka
