// The topics: their names, how they must be set, making and checking them. A journal is one topic per service, one
// partition per partition of the service, for ever; keys and owners are compacted topics of one partition; what a
// service publishes has a topic of as many partitions, whose old records may go. A topic on
// which records could vanish, move or get no time of the log is wrong and never used; one on which a failed broker
// could lose records is weak and used only if told so (architecture §3). Talks to the cluster and waits for it: for
// starts and operators, not for serving threads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/runtime/kafka/cluster.h"

namespace shoujie::kafka {

enum class TopicKind {
  kJournal,    // <prefix>.<service>.journal: every record is kept, in its place
  kOwners,     // <prefix>.<service>.owners: the newest row of each key is kept
  kKeys,       // <prefix>.keys, one for all services: the same
  kPublished,  // <prefix>.<feed>.v1: what others read, for a while
};
struct TopicSpec {
  std::string service;  // of kPublished the feed: "tickets"
  uint32_t partitions = 0;
  TopicKind kind = TopicKind::kJournal;
};
std::string TopicName(const Cluster& cluster, const TopicSpec& spec);
std::string JournalTopic(const Cluster& cluster, const std::string& service);
inline TopicSpec KeysTopic() { return {"", 1, TopicKind::kKeys}; }
inline TopicSpec PublishedTopic(const std::string& feed, uint32_t partitions) {
  return {feed, partitions, TopicKind::kPublished};
}

// What the cluster says of a topic.
struct TopicFacts {
  std::string topic;
  bool exists = false;
  uint32_t partitions = 0;
  uint32_t replication_factor = 0;              // the smallest of its partitions
  std::map<std::string, std::string> settings;  // effective ones, defaults of the cluster included
};

// One thing about a topic that is not as it must be.
struct TopicFinding {
  std::string topic;
  std::string setting;
  std::string found;
  std::string wanted;
  bool weak = false;  // `--allow-unsafe-topics` allows it; else never used
  std::string why_en;
  std::string why_zh;
};
std::vector<TopicFinding> JudgeTopic(const TopicFacts& facts, uint32_t partitions,
                                     TopicKind kind = TopicKind::kJournal);
// What a new topic is given: all that `JudgeTopic` asks for, as far as so many replicas allow.
std::vector<std::pair<std::string, std::string>> SettingsOfNewTopic(TopicKind kind, uint32_t replication_factor);
// OK if nothing is wrong, and nothing weak unless `allow_weak`. Else FAILED_PRECONDITION, TOPIC_MISSING or
// TOPIC_UNSAFE: names every finding and what to set.
absl::Status RefusalOf(const std::vector<TopicFinding>& findings, bool allow_weak);

struct Ends {
  uint64_t first = 0;  // position of the oldest record
  uint64_t end = 0;    // behind the newest that is readable; a new leader may lag for a moment
};

class Topics {
 public:
  // Waits until a broker answers. UNAVAILABLE (KAFKA_UNAVAILABLE) after `timeout`.
  static absl::StatusOr<std::unique_ptr<Topics>> Connect(const Cluster& cluster,
                                                         absl::Duration timeout = absl::Seconds(15));
  ~Topics();

  const std::string& cluster_id() const;
  uint32_t brokers() const;  // as far as the cluster knew when this was connected
  // In the order of `specs`.
  absl::StatusOr<std::vector<TopicFacts>> Describe(const std::vector<TopicSpec>& specs);
  // All findings over all topics.
  absl::StatusOr<std::vector<TopicFinding>> Check(const std::vector<TopicSpec>& specs);
  // Makes those that are missing, with every setting that `JudgeTopic` asks for, waits until every broker that answers
  // knows them and who leads them, and returns the names of those it made. Existing ones stay as they are. With less
  // than three replicas the topics are weak.
  absl::StatusOr<std::vector<std::string>> Create(const std::vector<TopicSpec>& specs, uint32_t replication_factor);
  absl::StatusOr<Ends> EndsOf(const std::string& topic, uint32_t partition);

 private:
  struct Impl;
  explicit Topics(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace shoujie::kafka
