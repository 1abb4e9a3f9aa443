#include "services/runtime/node/runner.h"

#include <algorithm>

namespace shoujie {

Runner::Runner(const Clock* clock, size_t threads) : clock_(clock) {
  for (size_t i = 0; i < std::max<size_t>(1, threads); ++i) workers_.push_back(std::make_unique<Worker>());
}

Runner::~Runner() { Stop(); }

size_t Runner::Reserve() {
  const size_t handle = reserved_++;
  Worker& worker = *workers_[handle % workers_.size()];
  absl::MutexLock lock(&worker.mutex);
  worker.slots.emplace_back();
  return handle;
}

void Runner::Attach(size_t handle, Shard* shard) {
  Worker& worker = *workers_[handle % workers_.size()];
  absl::MutexLock lock(&worker.mutex);
  worker.slots[handle / workers_.size()].shard = shard;
}

void Runner::Start() {
  for (auto& worker : workers_) worker->thread = std::thread([this, w = worker.get()] { Run(*w); });
}

void Runner::Stop() {
  for (auto& worker : workers_) {
    absl::MutexLock lock(&worker->mutex);
    worker->stop = true;
  }
  for (auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

void Runner::Wake(size_t handle) {
  Worker& worker = *workers_[handle % workers_.size()];
  absl::MutexLock lock(&worker.mutex);
  worker.slots[handle / workers_.size()].ready = true;
  worker.any_ready = true;
}

void Runner::WakeAll() {
  for (auto& worker : workers_) {
    absl::MutexLock lock(&worker->mutex);
    for (Slot& slot : worker->slots) slot.ready = true;
    worker->any_ready = true;
  }
}

void Runner::Run(Worker& worker) {
  std::vector<size_t> due;
  while (true) {
    due.clear();
    {
      absl::MutexLock lock(&worker.mutex);
      absl::Duration next = absl::Seconds(1);
      if (!worker.any_ready) {
        const absl::Duration boot = clock_->Boot();
        for (const Slot& slot : worker.slots) next = std::min(next, slot.again - boot);
      }
      if (!worker.any_ready && next > absl::ZeroDuration()) {
        auto awake = [&worker]()
                         ABSL_EXCLUSIVE_LOCKS_REQUIRED(worker.mutex) { return worker.any_ready || worker.stop; };
        worker.mutex.AwaitWithTimeout(absl::Condition(&awake), next);
      }
      if (worker.stop) return;
      const absl::Duration boot = clock_->Boot();
      for (size_t i = 0; i < worker.slots.size(); ++i) {
        Slot& slot = worker.slots[i];
        if (slot.shard == nullptr || (!slot.ready && slot.again > boot)) continue;
        slot.ready = false;
        due.push_back(i);
      }
      worker.any_ready = false;
    }
    for (size_t i : due) {
      Shard* shard;
      {
        absl::MutexLock lock(&worker.mutex);
        shard = worker.slots[i].shard;
      }
      const absl::Duration again = clock_->Boot() + shard->Step();
      absl::MutexLock lock(&worker.mutex);
      worker.slots[i].again = again;
    }
  }
}

}  // namespace shoujie
