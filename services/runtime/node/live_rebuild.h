// Stores made again beside the live ones while their shards serve, at an operator's wish: one after the other, on a
// thread of its own that leaves the processors to everybody else. Each copy is read from the journal's beginning up to
// where the live store stands, compared with it row by row, and put in its place; readers and a start after a crash see
// the old rows or the new ones, never a mixture (store/side_store.h).
//
// Where something differed, the shard may have computed on it: it forgets what it knows (Shard::Reread), and the store
// is made once more, until a copy differs in nothing. A shard that had halted comes back.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "services/runtime/node/rebuild.h"
#include "services/runtime/shard/shard.h"

namespace shoujie {

// Unless an operator says otherwise: what leaves the latency of commands about as it is.
inline constexpr uint64_t kRebuildEventsPerSecond = 5000;

// What became of one store.
struct LiveRebuilt {
  JournalId id;
  uint64_t revision = 0, events = 0, rows = 0;
  uint64_t differing = 0;  // rows that were not as the journal says, or could not be read, before
  absl::Duration took;
  absl::Status status;
};

class LiveRebuilds {
 public:
  struct Target {
    RebuildTask task;
    Shard* shard = nullptr;
  };
  struct Progress {
    bool running = false;
    size_t stores = 0;
    JournalId current;  // while it runs
    uint64_t current_revision = 0, current_of = 0;
    std::vector<LiveRebuilt> done;
  };

  explicit LiveRebuilds(RebuildEnv env) : env_(std::move(env)) {}
  ~LiveRebuilds() { Stop(); }
  // Begins, and answers at once. `events_per_second_max` bounds what it takes of processors and disk; 0:
  // kRebuildEventsPerSecond. Errors: REBUILD_RUNNING.
  absl::Status Start(std::vector<Target> targets, uint64_t events_per_second_max);
  Progress progress() const;
  // The live store of the copy under way stays as it is.
  void Stop();

 private:
  void Run(const std::vector<Target>& targets, uint64_t events_per_second_max);
  void One(const Target& target, uint64_t events_per_second_max, LiveRebuilt* out);
  // One copy. `*differing` is what it found.
  absl::Status Pass(const Target& target, uint64_t events_per_second_max, LiveRebuilt* out, uint64_t* differing);

  const RebuildEnv env_;
  std::atomic<bool> stop_{false};
  mutable absl::Mutex mutex_;
  Progress progress_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace shoujie
