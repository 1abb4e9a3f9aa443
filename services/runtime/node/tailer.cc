#include "services/runtime/node/tailer.h"

#include "absl/time/time.h"

namespace shoujie {

Tailer::~Tailer() { Stop(); }

void Tailer::Add(Follower* follower) { followers_.push_back(follower); }

void Tailer::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Tailer::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stop_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Tailer::Wake() {
  absl::MutexLock lock(&mutex_);
  news_ = true;
}

void Tailer::Run() {
  bool more = false;
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      auto awake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return news_ || stop_; };
      if (!more) mutex_.AwaitWithTimeout(absl::Condition(&awake), absl::Seconds(1));
      if (stop_) return;
      news_ = false;
    }
    more = false;
    for (Follower* follower : followers_) more |= follower->Poll();
  }
}

}  // namespace shoujie
