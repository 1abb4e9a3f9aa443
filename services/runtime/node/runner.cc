#include "services/runtime/node/runner.h"

#include <pthread.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace shoujie {

class Runner::Handle {
 public:
  Handle(Worker* w, Shard* s) : worker(w), shard(s) {}
  Worker* const worker;
  Shard* shard;
  std::atomic<bool> ready{true};
  absl::Duration again;  // by Clock::Boot; the worker's
};

struct Runner::Worker {
  std::deque<Handle> shards;          // complete before the thread starts
  std::atomic<bool> any_ready{true};  // set after a shard's own flag, cleared before these are looked at
  std::thread thread;
  absl::Mutex mutex;
  absl::CondVar wake;
  bool stop ABSL_GUARDED_BY(mutex) = false;

  void Wake() {
    if (any_ready.exchange(true, std::memory_order_acq_rel)) return;  // it has not looked since
    absl::MutexLock lock(&mutex);
    wake.Signal();
  }
};

Runner::Runner(const Clock* clock, size_t threads) : clock_(clock) {
  for (size_t i = 0; i < std::max<size_t>(1, threads); ++i) workers_.push_back(std::make_unique<Worker>());
}

Runner::~Runner() { Stop(); }

Runner::Handle* Runner::Reserve() {
  Worker& worker = *workers_[reserved_++ % workers_.size()];
  return &worker.shards.emplace_back(&worker, nullptr);
}

void Runner::Attach(Handle* handle, Shard* shard) { handle->shard = shard; }

void Runner::Start() {
  for (size_t i = 0; i < workers_.size(); ++i) {
    Worker* worker = workers_[i].get();
    worker->thread = std::thread([this, worker] { Run(*worker); });
    pthread_setname_np(worker->thread.native_handle(), absl::StrCat("shards-", i).c_str());
  }
}

void Runner::Stop() {
  for (auto& worker : workers_) {
    absl::MutexLock lock(&worker->mutex);
    worker->stop = true;
    worker->wake.Signal();
  }
  for (auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

void Runner::Wake(Handle* handle) {
  if (!handle->ready.exchange(true, std::memory_order_acq_rel)) handle->worker->Wake();
}

void Runner::WakeAll() {
  for (auto& worker : workers_) {
    for (Handle& handle : worker->shards) Wake(&handle);
  }
}

void Runner::Run(Worker& worker) {
  while (true) {
    {
      absl::MutexLock lock(&worker.mutex);
      if (worker.stop) return;
      if (!worker.any_ready.load(std::memory_order_acquire)) {
        absl::Duration next = absl::Seconds(1);
        const absl::Duration boot = clock_->Boot();
        for (const Handle& handle : worker.shards) next = std::min(next, handle.again - boot);
        if (next > absl::ZeroDuration()) worker.wake.WaitWithTimeout(&worker.mutex, next);
        if (worker.stop) return;
      }
    }
    worker.any_ready.exchange(false, std::memory_order_acq_rel);
    const absl::Duration boot = clock_->Boot();
    for (Handle& handle : worker.shards) {
      if (!handle.ready.exchange(false, std::memory_order_acq_rel) && handle.again > boot) continue;
      if (handle.shard != nullptr) handle.again = clock_->Boot() + handle.shard->Step();
    }
  }
}

}  // namespace shoujie
