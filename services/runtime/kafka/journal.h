// All journals of one process on an Apache Kafka cluster: topic `<prefix>.<service>.journal`, one partition per
// partition, position = offset. Anybody may write a partition at any time; the reader rule decides what counts
// (architecture §3). No transactions, no groups: who tries to own a partition is somebody else's matter.
//
// Reads of what is new never wait for the cluster; reads of what is older than the window in memory do, for a bounded
// time. A read that gets nothing is at the end, as far as this process knows; one of a record that is known to be there
// and does not come is UNAVAILABLE, and watchers are told in a moment to try again. Outlives its writers, watches and
// readers. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/journal/published_log.h"
#include "services/runtime/kafka/cluster.h"
#include "services/runtime/kafka/topics.h"

namespace shoujie {

class KafkaJournals {
 public:
  struct Options {
    kafka::Cluster cluster;
    std::vector<kafka::TopicSpec> topics;  // all services whose journals are read or written here
    bool allow_unsafe_topics = false;      // uses topics that could lose records when a broker fails
    absl::Duration connect_timeout = absl::Seconds(15);
  };

  // Waits for the cluster and checks the topics. Errors: UNAVAILABLE (KAFKA_UNAVAILABLE), FAILED_PRECONDITION
  // (TOPIC_MISSING, TOPIC_UNSAFE), INVALID_ARGUMENT (KAFKA_SETTING), PERMISSION_DENIED (KAFKA_DENIED).
  static absl::StatusOr<std::unique_ptr<KafkaJournals>> Open(Options options);
  // Waits until the producers of destroyed writers have ended.
  ~KafkaJournals();

  // Always the same object for one id. The first call asks the cluster for the journal's ends. Errors: NOT_FOUND (no
  // such topic or partition in the options), DATA_LOSS (JOURNAL_SHORT: the oldest records were deleted), UNAVAILABLE.
  absl::StatusOr<Journal*> Get(const JournalId& id);
  // The position after the last record that is known to be readable.
  absl::StatusOr<uint64_t> End(const JournalId& id);

  // The topic of what a service publishes, which need not be there; the journals outlive it.
  std::unique_ptr<PublishedLog> Published(const std::string& feed, uint32_t partitions);

  // Of the cluster, not of a broker: a place in a journal means nothing in another cluster.
  const std::string& cluster_id() const { return cluster_id_; }
  // What was weak about the topics and allowed, for the log of the start.
  const std::vector<kafka::TopicFinding>& weak() const { return weak_; }

 private:
  class One;
  struct Machinery;

  explicit KafkaJournals(Options options);
  absl::StatusOr<One*> Find(const JournalId& id);

  const Options options_;
  std::string cluster_id_;
  std::vector<kafka::TopicFinding> weak_;
  std::unique_ptr<Machinery> machinery_;
  absl::Mutex mutex_;
  std::map<JournalId, std::unique_ptr<One>> journals_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shoujie
