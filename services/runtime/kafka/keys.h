// The KeyRing of a cluster: rows on the compacted topic `<prefix>.keys`, and a copy of them in a store of this node, so
// that the memory needed and the start do not grow with the number of subjects. A key's id is its position + 1; rows
// are written once under names that nobody else uses, so compaction never takes one away and positions stay.
//
//   setup <who>            check text and epoch key under the master key, keys of index and slots; the first counts
//   key <who>              a data key under an epoch key
//   moved <id>             the same, of a directory that was moved here; ids below all positions of `key`
//   window <number> <who>  the key of payload marks of one window; the first counts; thrown away when it is over
//   erased <id>            outranks the key's row, also one that comes later
//   moving                 stands while a directory is being moved here (kafka/move.h)
//
// The pool is filled ahead by the topic's thread: a key is handed out after this node read it back from the log, at the
// place that the broker's report named. `last` is how far this node has read: other nodes' keys come by reading, too.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/kafka/cluster.h"
#include "services/runtime/kafka/compacted.h"
#include "services/runtime/security/epoch_keys.h"
#include "services/runtime/security/key_cache.h"
#include "services/runtime/security/keyring.h"
#include "services/runtime/store/store.h"

namespace shoujie {

class KafkaKeys : public KeyRing {
 public:
  struct Options {
    const kafka::Cluster* cluster = nullptr;   // this and the next three outlive it
    Store* copy = nullptr;                     // of this node alone
    std::function<absl::Status()> empty_copy;  // deletes all its rows; it is made again from the topic
    const Clock* clock = nullptr;              // says which windows of payload marks are over
    std::string master_key_file;
    bool read_only = false;                      // adds nothing to the topic: to open what is there, not to serve
    absl::Duration timeout = absl::Seconds(15);  // for each thing that the start waits for
  };
  // Reads the topic to its end; the first node of a cluster makes the setup. Otherwise nothing is added before `Start`,
  // `TakeKey` or `Maintain`: it would take positions that a topic which was cut off lacks, before anybody could compare
  // `last` with what the records rely on. Errors: UNAVAILABLE, MASTER_KEY_WRONG and those of master_key.h,
  // KEYS_SHORT (the topic ends before this node's copy), MOVE_UNFINISHED, KEYS_FOREIGN (the copy was made from another
  // topic), KEYS_DAMAGED.
  static absl::StatusOr<std::unique_ptr<KafkaKeys>> Open(Options options);
  ~KafkaKeys() override;

  std::optional<uint64_t> TakeKey() override;
  // Also UNAVAILABLE (KEYS_BEHIND): another node's key, not read yet; KEY_ERASED.
  absl::StatusOr<std::string> DataKey(uint64_t id) override;
  uint64_t last() const override { return last_.load(std::memory_order_acquire); }
  bool shared() const override { return true; }
  bool Await(uint64_t id, absl::Duration timeout) const override;
  std::string IndexTerm(absl::string_view space, absl::string_view value) const override;
  std::string PayloadMac(absl::Time at, absl::string_view payload) override;
  const std::string& slot_key() const override { return slot_key_; }
  std::string Random(size_t bytes) override;

  // The stores were compared with what is there: waits until the windows of present command ids have their keys.
  absl::Status Start();
  // Asks for what its thread does: fills the pool, makes coming windows, throws past ones away.
  void Maintain();
  // Destroys a key, on all nodes, for ever: done once `DataKey` says KEY_ERASED here.
  void Erase(uint64_t id);
  size_t pool() const;
  size_t windows() const;

 private:
  struct Named {  // a row of the topic
    std::string name, value;
  };
  struct Made {  // a key on its way into the pool
    std::string key;
    bool reported = false;
    std::optional<uint64_t> landed, read;
  };
  using PoolKey = std::pair<uint64_t, std::string>;

  explicit KafkaKeys(Options options);
  absl::Status Load();
  absl::Status Follow(bool* again);
  absl::Status Setup();
  absl::Status OpenSetup(const std::string& master_key);
  absl::Status AwaitTrue(const std::function<bool()>& holds, const char* what);
  std::string NextName(absl::string_view prefix, uint64_t tag) const;

  // The topic's thread.
  void Apply(std::vector<kafka::CompactedRow> rows, uint64_t end);
  bool IsOurs(const kafka::CompactedRow& first);
  void ApplyOne(const kafka::CompactedRow& row, std::vector<Row>* out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Report(uint64_t tag, std::optional<uint64_t> position);
  void Turn(kafka::Compacted& topic);
  void FillPool(kafka::Compacted& topic);
  void KeepWindows(kafka::Compacted& topic);

  const Options options_;
  const std::string far_key_;  // of marks for windows that are not kept
  const std::string who_;      // this object among all writers
  // Written by `Open` alone.
  EpochKeys epochs_;
  std::string index_key_, slot_key_;

  std::atomic<uint64_t> last_{0};
  std::atomic<bool> may_add_{false};
  std::atomic<bool> maintain_{false};

  // The topic's thread's.
  std::deque<Made> made_;
  uint64_t first_made_ = 1;  // tag of the front
  std::set<int64_t> windows_asked_;
  absl::Duration filled_at_ = -absl::InfiniteDuration();

  mutable absl::Mutex mutex_;
  std::deque<PoolKey> pool_ ABSL_GUARDED_BY(mutex_);
  size_t pool_size_ ABSL_GUARDED_BY(mutex_) = limits::kKeyPoolSize;
  KeyCache cache_ ABSL_GUARDED_BY(mutex_){limits::kKeysOpenMax};
  absl::flat_hash_set<uint64_t> erased_ ABSL_GUARDED_BY(mutex_);
  bool moving_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<Named> setup_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, Named> window_rows_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, std::string> windows_ ABSL_GUARDED_BY(mutex_);  // those that were opened
  std::vector<std::pair<std::string, std::optional<std::string>>> outbox_ ABSL_GUARDED_BY(mutex_);
  size_t writes_ ABSL_GUARDED_BY(mutex_) = 0;                                      // of the copy, under way
  std::optional<std::pair<uint64_t, std::string>> place_ ABSL_GUARDED_BY(mutex_);  // to be compared with the topic
  bool compacted_away_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status broken_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<kafka::Compacted> topic_;  // last: it uses what stands above
};

}  // namespace shoujie
