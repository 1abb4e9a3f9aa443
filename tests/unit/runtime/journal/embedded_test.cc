#include "services/runtime/journal/embedded.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "services/runtime/base/error.h"
#include "services/runtime/journal/crc32c.h"
#include "services/runtime/journal/shard_prefix.h"
#include "tests/support/temp_dir.h"

namespace shoujie {
namespace {

class FakeClock : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixMillis(now_ms.load()); }
  absl::Duration Boot() const override { return absl::Milliseconds(now_ms.load()); }
  std::atomic<int64_t> now_ms{1'000'000};
};

class EmbeddedTest : public testing::Test {
 protected:
  void Open(const EmbeddedJournals::Options& options = {}) {
    auto opened = EmbeddedJournals::Open(dir_ / "journal", &clock_, nullptr, options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    journals_ = *std::move(opened);
  }

  std::vector<Report> Append(Journal& journal, std::vector<std::string> records) {
    absl::Mutex mutex;
    std::vector<Report> reports;
    const size_t count = records.size();
    auto writer = journal.NewWriter([&](const Report& report) {
      absl::MutexLock lock(&mutex);
      reports.push_back(report);
    });
    writer->Send(std::move(records));
    {
      absl::MutexLock lock(&mutex);
      const auto all = [&] { return reports.size() == count; };
      EXPECT_TRUE(mutex.AwaitWithTimeout(absl::Condition(&all), absl::Seconds(20)));
    }
    writer.reset();
    return reports;
  }

  // Changes the stored value of one record behind the journal's back.
  void Damage(uint64_t position, const std::function<void(std::string*)>& how) {
    journals_.reset();
    rocks::Options options;
    options.name = "journal";
    auto database = *rocks::Database::Open(dir_ / "journal", options);
    std::string key = ShardPrefix(id_);
    rocks::AppendBigEndian64(&key, position);
    std::string value = **database->Get(key);
    how(&value);
    rocks::Batch batch;
    if (value.empty()) {
      batch.Delete(key);
    } else {
      batch.Put(key, value);
    }
    database->Write(std::move(batch), true);
    database.reset();
    Open();
  }

  const TempDir dir_;
  const JournalId id_{"router", 7};
  FakeClock clock_;
  std::unique_ptr<EmbeddedJournals> journals_;
};

TEST_F(EmbeddedTest, WhatWaitsMeanwhileIsOneFsync) {
  Open();
  absl::Mutex mutex;
  bool held = false, go = false;
  std::map<uint64_t, int64_t> positions;
  auto blocker = (*journals_->Get({"router", 0}))->NewWriter([&](const Report&) {
    absl::MutexLock lock(&mutex);
    held = true;
    mutex.Await(absl::Condition(&go));
  });
  blocker->Send({"holds the committer"});
  mutex.LockWhen(absl::Condition(&held));
  mutex.Unlock();
  std::atomic<int> reported{0};
  std::vector<std::unique_ptr<JournalWriter>> writers;
  for (uint32_t p = 1; p <= 20; ++p) {
    writers.push_back((*journals_->Get({"router", p}))->NewWriter([&](const Report&) { ++reported; }));
    writers.back()->Send({"a", "b"});
  }
  EXPECT_GT(journals_->stats().queued_bytes, 0u);
  {
    absl::MutexLock lock(&mutex);
    go = true;
  }
  while (reported < 40) std::this_thread::yield();
  EXPECT_EQ(journals_->stats().groups, 2u);
  EXPECT_EQ(journals_->stats().records, 41u);
  writers.clear();
  blocker.reset();
}

TEST_F(EmbeddedTest, AppendTimesAreTheClocksAndNeverFall) {
  Open();
  Journal& journal = **journals_->Get(id_);
  Append(journal, {"a"});
  clock_.now_ms = 2'000'000;
  Append(journal, {"b"});
  clock_.now_ms = 1'500'000;
  Append(journal, {"c"});
  std::vector<StoredRecord> out;
  ASSERT_TRUE(journal.Read(0, 10, &out).ok());
  EXPECT_EQ(absl::ToUnixMillis(out[0].append_time), 1'000'000);
  EXPECT_EQ(absl::ToUnixMillis(out[1].append_time), 2'000'000);
  EXPECT_EQ(absl::ToUnixMillis(out[2].append_time), 2'000'000);
}

TEST_F(EmbeddedTest, AFlippedBitIsDamageAndNotTheEnd) {
  Open();
  Append(**journals_->Get(id_), {"a", "b", "c"});
  for (size_t at : {0u, 8u, 12u}) {  // time, checksum, bytes
    Damage(1, [at](std::string* value) { (*value)[at] ^= 4; });
    std::vector<StoredRecord> out;
    const absl::Status status = (*journals_->Get(id_))->Read(0, 10, &out);
    EXPECT_EQ(ReasonOf(status), "JOURNAL_DAMAGED");
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    Damage(1, [at](std::string* value) { (*value)[at] ^= 4; });
    EXPECT_TRUE((*journals_->Get(id_))->Read(0, 10, &out).ok());
  }
}

TEST_F(EmbeddedTest, AMissingRecordIsDamage) {
  Open();
  Append(**journals_->Get(id_), {"a", "b", "c"});
  Damage(1, [](std::string* value) { value->clear(); });
  std::vector<StoredRecord> out;
  EXPECT_EQ(ReasonOf((*journals_->Get(id_))->Read(0, 10, &out)), "JOURNAL_DAMAGED");
  EXPECT_EQ(ReasonOf((*journals_->Get(id_))->Read(1, 1, &out)), "JOURNAL_DAMAGED");
}

TEST_F(EmbeddedTest, AFullQueueRefusesInOrderAndLeavesNoHole) {
  EmbeddedJournals::Options options;
  options.queue_bytes_max = 1000;
  Open(options);
  Journal& journal = **journals_->Get(id_);
  absl::Mutex mutex;
  bool held = false, go = false;
  auto blocker = (*journals_->Get({"router", 0}))->NewWriter([&](const Report&) {
    absl::MutexLock lock(&mutex);
    held = true;
    mutex.Await(absl::Condition(&go));
  });
  blocker->Send({"x"});
  mutex.LockWhen(absl::Condition(&held));
  mutex.Unlock();
  absl::Mutex reports_mutex;
  std::vector<Report> reports;
  auto writer = journal.NewWriter([&](const Report& report) {
    absl::MutexLock lock(&reports_mutex);
    reports.push_back(report);
  });
  writer->Send({"fits"});
  writer->Send({std::string(2000, 'y')});
  writer->Send({"small, but behind a refused one"});
  {
    absl::MutexLock lock(&mutex);
    go = true;
  }
  {
    absl::MutexLock lock(&reports_mutex);
    const auto all = [&] { return reports.size() == 3; };
    ASSERT_TRUE(reports_mutex.AwaitWithTimeout(absl::Condition(&all), absl::Seconds(20)));
    EXPECT_TRUE(reports[0].ok);
    EXPECT_FALSE(reports[1].ok);
    EXPECT_FALSE(reports[2].ok);
  }
  EXPECT_EQ(*journals_->End(id_), 1u);
  EXPECT_EQ(journals_->stats().refused, 2u);
  EXPECT_EQ(Append(journal, {"a new writer goes on"})[0].position, 1);
  writer.reset();
  blocker.reset();
}

TEST_F(EmbeddedTest, GetIsStableAndKnowsTheEnd) {
  Open();
  Journal* const journal = *journals_->Get(id_);
  EXPECT_EQ(*journals_->Get(id_), journal);
  EXPECT_EQ(*journals_->End(id_), 0u);
  Append(*journal, {"a", "b"});
  EXPECT_EQ(*journals_->End(id_), 2u);
  EXPECT_TRUE(journal->exclusive());
}

TEST_F(EmbeddedTest, ACheckpointHoldsWhatWasReported) {
  Open();
  Append(**journals_->Get(id_), {"a", "b"});
  ASSERT_TRUE(journals_->Checkpoint(dir_ / "copy").ok());
  Append(**journals_->Get(id_), {"c"});
  const auto copy = *EmbeddedJournals::Open(dir_ / "copy", &clock_);
  EXPECT_EQ(*copy->End(id_), 2u);
}

TEST_F(EmbeddedTest, WhatWasReportedSurvivesAKilledProcess) {
  EXPECT_EXIT(
      {
        Open();
        Append(**journals_->Get(id_), {"a", "b"});
        std::_Exit(0);  // nothing is closed
      },
      testing::ExitedWithCode(0), "");
  Open();
  EXPECT_EQ(*journals_->End(id_), 2u);
}

TEST_F(EmbeddedTest, TheEndMakesDurableWhatWasSent) {
  Open();
  auto writer = (*journals_->Get(id_))->NewWriter([](const Report&) {});
  for (int i = 0; i < 100; ++i) writer->Send({"x"});
  writer.reset();
  journals_.reset();
  Open();
  EXPECT_EQ(*journals_->End(id_), 100u);
}

TEST(Crc32cTest, KnownValues) {
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c("6789", Crc32c("12345")), Crc32c("123456789"));
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
}

}  // namespace
}  // namespace shoujie
