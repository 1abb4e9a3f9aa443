#include "services/runtime/rpc/pool.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utility>

namespace shoujie::rpc {
namespace {

constexpr int kNice = 5;

}  // namespace

Pool::Pool(size_t threads, size_t waiting_max) : waiting_max_(waiting_max) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Loop(); });
}

Pool::~Pool() {
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  for (auto& thread : threads_) thread.join();
}

bool Pool::TryRun(std::function<void()> work) {
  absl::MutexLock lock(&mutex_);
  if (stopped_ || waiting_.size() >= waiting_max_) return false;
  waiting_.push_back(std::move(work));
  return true;
}

void Pool::Loop() {
  // Where the processors are short, commands and quick reads come first; queries still get a third.
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
  pthread_setname_np(pthread_self(), "queries");
  const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopped_ || !waiting_.empty(); };
  while (true) {
    std::function<void()> work;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&ready));
      if (waiting_.empty()) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work();
  }
}

}  // namespace shoujie::rpc
