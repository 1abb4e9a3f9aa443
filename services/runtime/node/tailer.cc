#include "services/runtime/node/tailer.h"

#include <pthread.h>

#include "absl/time/time.h"
#include "services/runtime/base/limits.h"

namespace shoujie {

Tailer::~Tailer() { Stop(); }

void Tailer::Add(Follower* follower) { followers_.push_back(follower); }

void Tailer::Start() {
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "lists");
}

void Tailer::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stop_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Tailer::Wake() {
  if (news_.exchange(true, std::memory_order_acq_rel)) return;
  absl::MutexLock lock(&mutex_);  // whoever awaits looks again
}

void Tailer::Hurry() {
  absl::MutexLock lock(&mutex_);
  hurry_ = true;
}

void Tailer::Run() {
  bool more = false;
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      const auto awake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return news_.load(std::memory_order_acquire) || hurry_ || stop_;
      };
      const auto hurry = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return hurry_ || stop_; };
      if (!more) {
        mutex_.AwaitWithTimeout(absl::Condition(&awake), absl::Seconds(1));
        mutex_.AwaitWithTimeout(absl::Condition(&hurry), limits::kListsLinger);
      }
      if (stop_) return;
      hurry_ = false;
      news_.exchange(false, std::memory_order_acq_rel);
    }
    more = false;
    for (Follower* follower : followers_) more |= follower->Poll();
  }
}

}  // namespace shoujie
