// A journal of one service on a test's own topic, and the short words that tests of real brokers share.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/runtime/kafka/client.h"
#include "services/runtime/kafka/journal.h"
#include "services/runtime/kafka/whole_journal.h"
#include "tests/kafka/broker.h"
#include "tests/kafka/cluster_admin.h"

namespace shoujie::kafka {

inline constexpr uint32_t kPartitions = 4;

inline KafkaJournals::Options NewOptions(const Brokers& brokers) {
  KafkaJournals::Options options;
  options.cluster.bootstrap = brokers.bootstrap();
  options.cluster.prefix = Brokers::NewName();
  options.topics = {{"router", kPartitions}};
  options.allow_unsafe_topics = true;
  return options;
}

inline void CreateTopics(const KafkaJournals::Options& options, uint32_t replicas = 1) {
  auto topics = Topics::Connect(options.cluster);
  ASSERT_TRUE(topics.ok()) << topics.status();
  auto made = (*topics)->Create(options.topics, replicas);
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_EQ(made->size(), options.topics.size());
}

inline std::unique_ptr<KafkaJournals> Open(const KafkaJournals::Options& options) {
  auto opened = KafkaJournals::Open(options);
  if (!opened.ok()) ADD_FAILURE() << opened.status();
  return opened.ok() ? *std::move(opened) : nullptr;
}

// Waits until every partition has a leader and so many replicas that are in sync.
inline void AwaitInSync(const KafkaJournals::Options& options, int replicas) {
  ASSERT_TRUE(AwaitInSync(options.cluster.bootstrap, options.cluster.prefix, replicas)) << "not in sync within 90 s";
}

// What a writer was told, in the order in which it was told.
class Ledger {
 public:
  std::function<void(const Report&)> Callback() {
    return [this](const Report& report) {
      absl::MutexLock lock(&mutex_);
      reports_.push_back(report);
    };
  }
  bool AwaitCount(size_t count, absl::Duration patience = absl::Seconds(60)) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return reports_.size() >= count; };
    return mutex_.AwaitWithTimeout(absl::Condition(&enough), patience);
  }
  std::vector<Report> reports() const {
    absl::MutexLock lock(&mutex_);
    return reports_;
  }
  size_t size() const {
    absl::MutexLock lock(&mutex_);
    return reports_.size();
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<Report> reports_ ABSL_GUARDED_BY(mutex_);
};

inline void Append(Journal& journal, std::vector<std::string> records) {
  Ledger ledger;
  auto writer = journal.NewWriter(ledger.Callback());
  const size_t count = records.size();
  writer->Send(std::move(records));
  ASSERT_TRUE(ledger.AwaitCount(count));
  writer.reset();
  for (const Report& report : ledger.reports()) ASSERT_TRUE(report.ok) << report.why;
}

// From `from` to the end, as far as it is known now.
inline absl::Status ReadAll(Journal& journal, uint64_t from, std::vector<StoredRecord>* all) {
  for (uint64_t at = from;; at = all->back().position + 1) {
    const size_t before = all->size();
    if (absl::Status status = journal.Read(at, 1000, all); !status.ok()) return status;
    if (all->size() == before) return absl::OkStatus();
  }
}
// From `from` up to `end`, however long the cluster takes for it, within a minute.
inline absl::Status ReadUpTo(Journal& journal, uint64_t from, uint64_t end, std::vector<StoredRecord>* all) {
  WholeJournal whole(&journal, end);
  return ReadAll(whole, from, all);
}

}  // namespace shoujie::kafka
