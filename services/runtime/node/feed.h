// What a service publishes, topic by topic, as callers follow it on this node (`Watch` of runtime/service.h). The read
// model makes the published events as it follows the journals, puts them down as rows of its store, and tells the feed.
//
// Invariants. (1) A watcher gets every event of his topic that lies behind his token, in the order of its partition's
// journal, and each once per stream: from the rows until he has caught up, then from the tail, which holds the events
// that came since. He goes over to the tail only when nothing that left it is news to him. (2) What watchers cost is
// what the slowest of a topic lags, up to `limits::kWatchLagMax` events, and one copy of it however many they are; a
// topic that nobody watches costs nothing. Whoever lags more is told WATCH_SLOW with the token to go on from: the rows
// still have what he missed. (3) A token is never ahead of what was given. (4) Watchers of a topic who stand at one
// place of its tail are given one answer, events and token, however many they are; who knows some of it from the rows
// gets one of his own. Nothing is shared by two topics.
//
// Rows: F topic, 0, partition, revision, number within the record → the event. Kept as long as the journal is.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/runtime/answer_stream.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/service.h"
#include "services/runtime/store/store.h"

namespace shoujie {

class Feed {
 public:
  struct Event {
    std::vector<std::string> topics;
    uint64_t revision = 0;  // of its record
    std::shared_ptr<const std::string> bytes;
  };
  // `status`: why the rows can no longer be brought up to date; `hurry`: somebody waits for rows.
  Feed(size_t partitions, const Store* store, const Clock* clock, std::function<absl::Status()> status,
       std::function<void()> hurry, size_t lag_max = limits::kWatchLagMax);

  static std::string RowKey(absl::string_view topic, uint32_t partition, uint64_t revision, uint32_t n);

  // Of the thread that follows the journals. Journal and rows of the partition were read up to here.
  void Begin(uint32_t partition, uint64_t revision);
  // The journal was read up to `read`; these events lie there, in order, those of one record together.
  void Append(uint32_t partition, uint64_t read, const std::vector<Event>& events);
  // Forgets what all have taken, and wakes everybody now and then: heartbeats, and waits that end.
  void Look();

  // From any thread: rows up to here can be read.
  void Stored(uint32_t partition, uint64_t revision);
  void WakeAll();

  // `still` is asked before each answer, whose error ends the stream: whether the caller may still watch.
  // RESUME_TOKEN_INVALID.
  absl::StatusOr<std::unique_ptr<AnswerStream>> Open(const WatchOrder& order, std::function<absl::Status()> still,
                                                     WakeStream wake);

  // Whether anybody watches, and so waits for what is new.
  bool watched() const { return watchers_.load(std::memory_order_relaxed) > 0; }

  // For tests and metrics: events kept in memory for all topics.
  size_t kept() const;

 private:
  class Watcher;
  class Stretch;  // of a tail, as the one answer for all who stand at its beginning
  struct Item {
    uint32_t partition;
    uint64_t revision;
    std::shared_ptr<const std::string> bytes;
  };
  struct Topic {
    std::deque<Item> tail;
    uint64_t first = 0;          // number of the tail's first item
    std::vector<uint64_t> gone;  // by partition: no item up to this revision is in the tail (any more)
    std::map<Watcher*, std::shared_ptr<const WakeStream>> watchers;
    std::deque<std::shared_ptr<const Stretch>> stretches;  // the newest, `limits::kWatchStretchesMax` at most

    uint64_t end() const { return first + tail.size(); }
    const Item& At(uint64_t number) const { return tail[number - first]; }
    void DropFirst();
    // From this item of the tail on, as far as one answer goes; made for whoever comes first. `read`: the journals were
    // read up to here.
    std::shared_ptr<const Stretch> StretchFrom(uint64_t begin, const std::vector<uint64_t>& read);
  };
  // Called outside the lock, and thousands of them for one event: not copied.
  using Wakes = std::vector<std::shared_ptr<const WakeStream>>;
  static void AddWakes(const Topic& topic, Wakes* wakes);
  static void Run(const Wakes& wakes);

  const Store* const store_;
  const Clock* const clock_;
  const std::function<absl::Status()> status_;
  const std::function<void()> hurry_;
  const size_t lag_max_;
  mutable absl::Mutex mutex_;
  std::vector<uint64_t> read_ ABSL_GUARDED_BY(mutex_), stored_ ABSL_GUARDED_BY(mutex_);  // by partition
  std::map<std::string, Topic, std::less<>> topics_ ABSL_GUARDED_BY(mutex_);
  size_t catching_up_ ABSL_GUARDED_BY(mutex_) = 0;  // watchers that wait for rows
  std::atomic<size_t> watchers_{0};
  absl::Duration looked_ = -absl::InfiniteDuration();  // of the following thread alone
};

}  // namespace shoujie
