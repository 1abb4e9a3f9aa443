// A callback that can be ended: after `Close` no call is under way or comes. `Close` waits for calls on other threads
// and may itself be called from inside the callback. Hold no lock in `Close` that the callback takes. Thread-safe.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace shoujie {

class Gate {
 public:
  // Calls `call()` unless closed. Answers whether it was called.
  template <typename Call>
  bool Run(Call&& call) {
    {
      absl::MutexLock lock(&mutex_);
      if (closed_) return false;
      running_.push_back(Self());
    }
    std::forward<Call>(call)();
    absl::MutexLock lock(&mutex_);
    running_.erase(std::find(running_.begin(), running_.end(), Self()));
    return true;
  }

  void Close() {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    // The condition may be evaluated by another thread, so it asks for the closing thread's id and not for "this
    // thread".
    const auto nobody_else = [this, self = Self()]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return std::all_of(running_.begin(), running_.end(), [&](const void* id) { return id == self; });
    };
    mutex_.Await(absl::Condition(&nobody_else));
  }

  bool closed() const {
    absl::MutexLock lock(&mutex_);
    return closed_;
  }

 private:
  // Names the calling thread.
  static const void* Self() {
    static thread_local const char self = 0;
    return &self;
  }

  mutable absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<const void*> running_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shoujie
