// Runs shards on a few threads: each shard belongs to one thread, which calls `Step` after a wake-up or when the shard
// asked to be called again. Shards are cheap; what bounds a group is the journal's fsync, not the number of shards.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/shard/shard.h"

namespace shoujie {

class Runner {
 public:
  Runner(const Clock* clock, size_t threads);
  ~Runner();

  // Before `Start`. Answers the handle to wake the shard by; `Attach` gives the shard itself, which needs the handle
  // first.
  size_t Reserve();
  void Attach(size_t handle, Shard* shard);
  void Start();
  // Stops stepping; shards are left as they are.
  void Stop();

  // From any thread, also before `Start` and after `Stop`.
  void Wake(size_t handle);
  void WakeAll();

 private:
  struct Slot {
    Shard* shard = nullptr;
    bool ready = true;
    absl::Duration again;  // by Clock::Boot
  };
  struct Worker {
    absl::Mutex mutex;
    std::vector<Slot> slots ABSL_GUARDED_BY(mutex);
    bool any_ready ABSL_GUARDED_BY(mutex) = true;
    bool stop ABSL_GUARDED_BY(mutex) = false;
    std::thread thread;
  };
  void Run(Worker& worker);

  const Clock* clock_;
  std::vector<std::unique_ptr<Worker>> workers_;
  size_t reserved_ = 0;
};

}  // namespace shoujie
