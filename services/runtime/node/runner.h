// Runs shards on a few threads: each shard belongs to one thread, which calls `Step` after a wake-up or when the shard
// asked to be called again. Shards are cheap; what bounds a group is the journal's fsync, not the number of shards.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/shard/shard.h"

namespace shoujie {

class Runner {
 public:
  class Handle;  // of one shard; lives as long as the runner

  Runner(const Clock* clock, size_t threads);
  ~Runner();

  // Before `Start`, by one thread. `Attach` gives the shard itself, which needs the handle first to wake it by.
  Handle* Reserve();
  void Attach(Handle* handle, Shard* shard);
  void Start();
  // Stops stepping; shards are left as they are.
  void Stop();

  // From any thread, also before `Start` and after `Stop`. Costs one atomic access where the shard is awake already: a
  // group of the journal wakes its shards once for every record.
  static void Wake(Handle* handle);
  void WakeAll();

 private:
  struct Worker;
  void Run(Worker& worker);

  const Clock* clock_;
  std::vector<std::unique_ptr<Worker>> workers_;
  size_t reserved_ = 0;
};

}  // namespace shoujie
