// What every Journal must do, whoever implements it. A test program says how to open one and instantiates the suite:
//
//   INSTANTIATE_TEST_SUITE_P(Embedded, JournalContract, testing::Values(Case{"embedded", MakeEmbedded}));
//
// The journals here are reliable (no outcome is lost): what doubt does is the writer protocol's matter, tested by the
// simulator.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/journal/reader_rule.h"

namespace shoujie::contract {

class Fixture {
 public:
  virtual ~Fixture() = default;
  virtual Journal& Get(const JournalId& id) = 0;
  // Lets go of the logs and opens them again. False: this journal lives in memory.
  virtual bool Reopen() = 0;
};

struct Case {
  const char* name;
  std::function<std::unique_ptr<Fixture>()> make;
};
inline void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

inline constexpr absl::Duration kPatience = absl::Seconds(20);

// Keeps reports and waits for them.
class Reports {
 public:
  std::function<void(const Report&)> Callback() {
    return [this](const Report& report) {
      absl::MutexLock lock(&mutex_);
      reports_.push_back(report);
    };
  }
  std::vector<Report> Await(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return reports_.size() >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), kPatience)) << reports_.size() << " of " << count;
    return reports_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<Report> reports_ ABSL_GUARDED_BY(mutex_);
};

class JournalContract : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override { fixture_ = GetParam().make(); }
  Journal& journal(uint32_t partition = 3) { return fixture_->Get({"router", partition}); }

  static std::vector<StoredRecord> ReadAll(Journal& journal, uint64_t from = 0, size_t page = 1000) {
    std::vector<StoredRecord> all;
    for (uint64_t at = from;;) {
      const size_t before = all.size();
      EXPECT_TRUE(journal.Read(at, page, &all).ok());
      if (all.size() == before) return all;
      EXPECT_LE(all.size() - before, page);
      at = all.back().position + 1;
    }
  }

  // Sends all at once by a writer of its own and waits for the reports.
  static std::vector<Report> Append(Journal& journal, std::vector<std::string> records) {
    Reports reports;
    auto writer = journal.NewWriter(reports.Callback());
    const size_t count = records.size();
    writer->Send(std::move(records));
    auto got = reports.Await(count);
    writer.reset();
    return got;
  }

  static std::string Text(uint64_t i) { return "record " + std::to_string(i); }

  std::unique_ptr<Fixture> fixture_;
};

TEST_P(JournalContract, AnEmptyJournalReadsAsNothing) {
  EXPECT_TRUE(ReadAll(journal()).empty());
  std::vector<StoredRecord> out;
  EXPECT_TRUE(journal().Read(1000, 10, &out).ok());
  EXPECT_TRUE(out.empty());
}

TEST_P(JournalContract, RecordsLandInTheOrderSentAndReportsSayWhere) {
  Reports reports;
  auto writer = journal().NewWriter(reports.Callback());
  constexpr size_t kCount = 100;
  for (size_t i = 0; i < kCount; i += 4) writer->Send({Text(i), Text(i + 1), Text(i + 2), Text(i + 3)});
  const auto got = reports.Await(kCount);
  const auto stored = ReadAll(journal());
  ASSERT_EQ(got.size(), kCount);
  ASSERT_EQ(stored.size(), kCount);
  for (size_t i = 0; i < kCount; ++i) {
    EXPECT_TRUE(got[i].ok) << got[i].why;
    EXPECT_EQ(got[i].sequence, i);
    EXPECT_EQ(got[i].position, static_cast<int64_t>(i));
    EXPECT_EQ(stored[i].position, i);
    EXPECT_EQ(stored[i].bytes, Text(i));
    if (i > 0) {
      EXPECT_GE(stored[i].append_time, stored[i - 1].append_time);
    }
  }
  writer.reset();
}

TEST_P(JournalContract, AReportedRecordIsReadable) {
  Reports reports;
  Journal& j = journal();
  auto writer = j.NewWriter([&, keep = reports.Callback()](const Report& report) {
    std::vector<StoredRecord> out;
    EXPECT_TRUE(j.Read(static_cast<uint64_t>(report.position), 1, &out).ok());
    EXPECT_EQ(out.size(), 1u);
    if (!out.empty()) {
      EXPECT_EQ(out[0].bytes, Text(report.sequence));
    }
    keep(report);
  });
  writer->Send({Text(0), Text(1)});
  writer->Send({Text(2)});
  reports.Await(3);
  writer.reset();
}

TEST_P(JournalContract, ReadsInPagesFromAnyPosition) {
  std::vector<std::string> records;
  for (size_t i = 0; i < 57; ++i) records.push_back(Text(i));
  Append(journal(), records);
  for (size_t page : {1u, 7u, 57u, 58u}) EXPECT_EQ(ReadAll(journal(), 0, page).size(), 57u);
  const auto tail = ReadAll(journal(), 50, 3);
  ASSERT_EQ(tail.size(), 7u);
  EXPECT_EQ(tail[0].position, 50u);
  EXPECT_EQ(tail[0].bytes, Text(50));
  std::vector<StoredRecord> out(1);
  ASSERT_TRUE(journal().Read(56, 10, &out).ok());
  EXPECT_EQ(out.size(), 2u) << "Read appends to what is there";
}

TEST_P(JournalContract, AnyBytesSurvive) {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  const std::vector<std::string> records = {"", all, std::string(300 << 10, '\xff')};
  Append(journal(), records);
  const auto stored = ReadAll(journal());
  ASSERT_EQ(stored.size(), records.size());
  for (size_t i = 0; i < records.size(); ++i) EXPECT_TRUE(stored[i].bytes == records[i]) << i;
}

TEST_P(JournalContract, JournalsDoNotSeeEachOther) {
  const std::vector<JournalId> ids = {{"router", 0}, {"router", 1}, {"router", 256}, {"route", 1}, {"routers", 1}};
  for (size_t i = 0; i < ids.size(); ++i) {
    Append(fixture_->Get(ids[i]), std::vector<std::string>(i + 1, ids[i].service));
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto stored = ReadAll(fixture_->Get(ids[i]));
    EXPECT_EQ(stored.size(), i + 1);
    for (const auto& record : stored) EXPECT_EQ(record.bytes, ids[i].service);
  }
}

TEST_P(JournalContract, AWatchFiresAndEndsWithItsHandle) {
  absl::Mutex mutex;
  int first = 0, second = 0;
  const auto count = [&mutex](int* which) {
    return [&mutex, which] {
      absl::MutexLock lock(&mutex);
      ++*which;
    };
  };
  auto one = journal().Watch(count(&first));
  auto two = journal().Watch(count(&second));
  Append(journal(), {"a"});
  {
    absl::MutexLock lock(&mutex);
    const auto both = [&] { return first > 0 && second > 0; };
    EXPECT_TRUE(mutex.AwaitWithTimeout(absl::Condition(&both), kPatience));
  }
  one.reset();
  int before;
  {
    absl::MutexLock lock(&mutex);
    before = first;
    second = 0;
  }
  Append(journal(), {"b"});
  {
    absl::MutexLock lock(&mutex);
    const auto again = [&] { return second > 0; };
    EXPECT_TRUE(mutex.AwaitWithTimeout(absl::Condition(&again), kPatience));
    EXPECT_EQ(first, before);
  }
  two.reset();
}

TEST_P(JournalContract, AWatchOfAnotherJournalStaysQuiet) {
  std::atomic<int> fired{0};
  auto watch = journal(5).Watch([&] { ++fired; });
  Append(journal(6), {"a"});
  Append(journal(6), {"b"});
  watch.reset();
  EXPECT_EQ(fired, 0);
}

TEST_P(JournalContract, ADestroyedWriterGetsNoReport) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<bool> alive{true}, late{false};
    auto writer = journal().NewWriter([&](const Report&) {
      if (!alive) late = true;
    });
    writer->Send(std::vector<std::string>(50, "x"));
    writer.reset();
    alive = false;
    Append(journal(), {"behind"});  // by now the others' reports would have come
    EXPECT_FALSE(late);
  }
}

TEST_P(JournalContract, AWriterMayBeDestroyedByItsOwnReport) {
  absl::Mutex mutex;
  std::unique_ptr<JournalWriter> writer;
  int reports = 0;
  bool destroyed = false;
  writer = journal().NewWriter([&](const Report&) {
    writer.reset();
    absl::MutexLock lock(&mutex);
    ++reports;
    destroyed = true;
  });
  writer->Send({"a", "b"});
  {
    absl::MutexLock lock(&mutex);
    EXPECT_TRUE(mutex.AwaitWithTimeout(absl::Condition(&destroyed), kPatience));
  }
  Append(journal(), {"behind"});
  absl::MutexLock lock(&mutex);
  EXPECT_EQ(reports, 1);
}

TEST_P(JournalContract, AReportMaySendMore) {
  Reports reports;
  std::unique_ptr<JournalWriter> writer;
  writer = journal().NewWriter([&, keep = reports.Callback()](const Report& report) {
    if (report.sequence < 9) writer->Send({Text(report.sequence + 1)});
    keep(report);
  });
  writer->Send({Text(0)});
  const auto got = reports.Await(10);
  for (size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i].sequence, i);
  EXPECT_EQ(ReadAll(journal()).size(), 10u);
  writer.reset();
}

TEST_P(JournalContract, ConcurrentWritersInterleaveWithoutLoss) {
  constexpr size_t kWriters = 4, kEach = 250;
  std::vector<std::thread> threads;
  std::vector<Reports> reports(kWriters);
  for (size_t w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      auto writer = journal().NewWriter(reports[w].Callback());
      for (size_t i = 0; i < kEach; ++i) writer->Send({std::to_string(w) + ":" + std::to_string(i)});
      reports[w].Await(kEach);
      writer.reset();
    });
  }
  for (auto& thread : threads) thread.join();
  const auto stored = ReadAll(journal());
  ASSERT_EQ(stored.size(), kWriters * kEach);
  for (size_t i = 0; i < stored.size(); ++i) EXPECT_EQ(stored[i].position, i);
  for (size_t w = 0; w < kWriters; ++w) {
    const auto mine = reports[w].Await(kEach);
    ASSERT_EQ(mine.size(), kEach);
    int64_t before = -1;
    for (size_t i = 0; i < kEach; ++i) {
      ASSERT_TRUE(mine[i].ok);
      EXPECT_EQ(mine[i].sequence, i);
      EXPECT_GT(mine[i].position, before);
      before = mine[i].position;
      EXPECT_EQ(stored[static_cast<size_t>(before)].bytes, std::to_string(w) + ":" + std::to_string(i));
    }
  }
}

inline std::string ClaimRecord(uint64_t term, uint64_t last) {
  journal::v1::Record record;
  record.mutable_claim()->set_term(term);
  record.mutable_claim()->set_last(last);
  return record.SerializeAsString();
}
inline std::string CommitRecord(uint64_t term, uint64_t revision, uint64_t stable) {
  journal::v1::Record record;
  record.mutable_commit()->set_term(term);
  record.mutable_commit()->set_revision(revision);
  record.mutable_commit()->set_stable(stable);
  return record.SerializeAsString();
}

TEST_P(JournalContract, TwoOwnersFoldToOneHistory) {
  Reports first_reports, second_reports;
  auto first = journal().NewWriter(first_reports.Callback());
  auto second = journal().NewWriter(second_reports.Callback());
  first->Send({ClaimRecord(1, 0), CommitRecord(1, 1, 0), CommitRecord(1, 2, 1)});
  first_reports.Await(3);
  second->Send({ClaimRecord(2, 2)});
  second_reports.Await(1);
  first->Send({CommitRecord(1, 3, 2)});  // does not know yet that it was replaced
  first_reports.Await(4);
  second->Send({CommitRecord(2, 3, 2)});
  second_reports.Await(2);
  Fold fold;
  std::vector<Verdict> verdicts;
  for (const StoredRecord& stored : ReadAll(journal())) {
    journal::v1::Record record;
    ASSERT_TRUE(record.ParseFromString(stored.bytes));
    Verdict verdict;
    ASSERT_TRUE(fold.Step(stored.position, record, &verdict).ok());
    verdicts.push_back(verdict);
  }
  EXPECT_EQ(verdicts, (std::vector<Verdict>{Verdict::kClaimed, Verdict::kApplied, Verdict::kApplied, Verdict::kClaimed,
                                            Verdict::kIgnored, Verdict::kApplied}));
  EXPECT_EQ(fold.revision, 3u);
  EXPECT_EQ(fold.term, 2u);
  first.reset();
  second.reset();
}

TEST_P(JournalContract, ReopenedItHoldsTheSameBytesAndGoesOn) {
  Append(journal(1), {"a", "b", "c"});
  Append(journal(2), {"x"});
  const auto before = ReadAll(journal(1));
  if (!fixture_->Reopen()) GTEST_SKIP() << "lives in memory";
  const auto after = ReadAll(journal(1));
  ASSERT_EQ(after.size(), before.size());
  for (size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].bytes, before[i].bytes);
    EXPECT_EQ(after[i].position, before[i].position);
    EXPECT_EQ(after[i].append_time, before[i].append_time);
  }
  EXPECT_EQ(Append(journal(1), {"d"})[0].position, 3);
  EXPECT_EQ(Append(journal(2), {"y"})[0].position, 1);
  EXPECT_EQ(ReadAll(journal(1)).size(), 4u);
}

TEST_P(JournalContract, ARecordOfTheLimitIsTaken) {
  const std::string largest(kRecordBytesMax, 'x');
  const auto reports = Append(journal(), {Text(0), largest, Text(1)});
  ASSERT_EQ(reports.size(), 3u);
  for (const Report& report : reports) EXPECT_TRUE(report.ok) << report.why;
  const auto stored = ReadAll(journal());
  ASSERT_EQ(stored.size(), 3u);
  EXPECT_TRUE(stored[1].bytes == largest);
  EXPECT_EQ(stored[2].bytes, Text(1));
}

}  // namespace shoujie::contract
