// The newest records of all journals of a process: one client follows every partition and keeps a bounded window of
// each in memory, so that whoever keeps up reads without a round trip and is woken when more came. Whoever is behind
// the window reads through kafka/catch_up.h. Positions are offsets; the log has no holes of its own, so a missing
// offset means that records were removed.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/journal/watchers.h"
#include "services/runtime/kafka/client.h"

namespace shoujie::kafka {

// Windows of all partitions together, and of one.
inline constexpr size_t kWindowsBytesMax = 256 << 20;
inline constexpr size_t kWindowBytesMax = 8 << 20;
inline constexpr size_t kWindowBytesMin = 64 << 10;  // what a partition keeps when all together are too large
inline constexpr uint64_t kRecordsBeforeEnd = 16;    // where a partition's window begins
// How long a read waits for a record that a report says has landed.
inline constexpr absl::Duration kLandedAwaited = absl::Seconds(2);

// The record that a message carries; false if it is one of the client library's events (an error).
bool ToRecord(const rd_kafka_message_t& message, StoredRecord* record);

// The errors of a log that is not what was written. `first`: the oldest position that is left.
absl::Status JournalGap(const std::string& topic, uint32_t partition, uint64_t wanted, uint64_t found);
// Of a record that is known to be there and did not come: UNAVAILABLE.
absl::Status NotReadNow(const std::string& topic, uint32_t partition, uint64_t wanted);
absl::Status JournalOutOfRange(const std::string& topic, uint32_t partition, uint64_t wanted);

class Tails;

// One partition's window [begin, next).
class Tail {
 public:
  // Begins at `from`; up to `end` the log is known to be.
  Tail(Tails* all, std::string topic, uint32_t partition, uint64_t from, uint64_t end);

  enum class Found {
    kRecords,  // records were appended
    kNothing,  // the position is at the end, as far as is known
    kBehind,   // older than the window
  };
  // Thread-safe. Errors: DATA_LOSS, for ever (the log is damaged); UNAVAILABLE (a record that is known to be there did
  // not come yet).
  absl::Status Read(uint64_t position, size_t records_max, std::vector<StoredRecord>* out, Found* found);
  // A writer of this process was told that its record landed here.
  void Landed(uint64_t position);
  // Somebody could not be given what he waits for; watchers are called again in a moment.
  void Hungry() { hungry_.store(true, std::memory_order_relaxed); }
  uint64_t next() const;
  uint64_t end() const;  // behind the last record that is known to be there, here or not yet

  Watchers& watchers() { return watchers_; }
  const std::string& topic() const { return topic_; }
  uint32_t partition() const { return partition_; }

 private:
  friend class Tails;
  // The follower's. False: a repeat.
  bool Append(StoredRecord record);
  void Break(absl::Status why);

  Tails* const all_;
  const std::string topic_;
  const uint32_t partition_;
  Watchers watchers_;
  std::atomic<bool> hungry_{false};
  bool news_ = false;  // the follower's
  mutable absl::Mutex mutex_;
  uint64_t begin_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_ ABSL_GUARDED_BY(mutex_);
  uint64_t landed_ ABSL_GUARDED_BY(mutex_) = 0;      // behind the highest position that is known to have landed
  uint64_t waited_for_ ABSL_GUARDED_BY(mutex_) = 0;  // as `landed_` was then
  std::deque<StoredRecord> window_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status broken_ ABSL_GUARDED_BY(mutex_);
};

// Follows partitions from the moment when they are added. Thread-safe.
class Tails {
 public:
  // `cluster` outlives it. `now_and_then` is called on the follower's thread about twice a second.
  static absl::StatusOr<std::unique_ptr<Tails>> Start(const Cluster* cluster, std::function<void()> now_and_then);
  ~Tails();

  // From a little before `end`, its present end, on, once for each partition: what a store was built from last is
  // mostly there. The tail lives as long as this object.
  absl::StatusOr<Tail*> Follow(const std::string& topic, uint32_t partition, uint64_t end);

 private:
  friend class Tail;
  struct Topic {  // the library hands it back with every message
    std::string name;
    TopicHandle handle;
    std::map<uint32_t, std::unique_ptr<Tail>> tails;
  };

  Tails(const Cluster* cluster, std::function<void()> now_and_then)
      : context_{cluster, nullptr}, now_and_then_(std::move(now_and_then)) {}
  void Run();
  void Take(const rd_kafka_message_t& message, std::vector<Tail*>* news);
  void NotifyHungry();

  const Context context_;
  const std::function<void()> now_and_then_;
  std::atomic<size_t> bytes_{0};
  std::atomic<bool> ending_{false};
  Handle handle_;
  rd_kafka_queue_t* queue_ = nullptr;
  absl::Mutex mutex_;
  std::map<std::string, Topic> topics_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace shoujie::kafka
