// A thread that takes whatever was added meanwhile as one group: what waited while the last group was handled is the
// next. The one mechanism behind group commit of journals and stores. Not a thread pool.
#pragma once

#include <pthread.h>

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"

namespace shoujie::rocks {

template <typename Item>
class GroupThread {
 public:
  // `handle` is called on the thread, with items in the order in which they were added, of `group_bytes_max` together
  // or one item. `name`: up to 15 characters. `linger`: how long the first item waits for others, unless somebody
  // calls `Hurry`: for what nobody waits for, larger groups at less cost.
  GroupThread(const std::string& name, size_t group_bytes_max, std::function<void(std::vector<Item>)> handle,
              absl::Duration linger = absl::ZeroDuration())
      : group_bytes_max_(group_bytes_max), handle_(std::move(handle)), linger_(linger), thread_([this] { Run(); }) {
    pthread_setname_np(thread_.native_handle(), name.c_str());
  }
  GroupThread(const GroupThread&) = delete;
  GroupThread& operator=(const GroupThread&) = delete;
  // Handles what was added before, then ends.
  ~GroupThread() {
    {
      absl::MutexLock lock(&mutex_);
      ending_ = true;
      wake_.Signal();
    }
    thread_.join();
  }

  // Never blocks. `bytes` counts for the group's size and the queue's. Thread-safe, also from inside `handle`.
  void Add(Item item, size_t bytes) {
    absl::MutexLock lock(&mutex_);
    queue_.emplace_back(std::move(item), bytes);
    queued_bytes_ += bytes;
    if (idle_) wake_.Signal();
  }

  // What was added so far is handled at once.
  void Hurry() {
    absl::MutexLock lock(&mutex_);
    hurry_ = true;
    if (!queue_.empty()) wake_.Signal();
  }

  // Added and not yet handled.
  size_t queued_bytes() const {
    absl::MutexLock lock(&mutex_);
    return queued_bytes_;
  }

 private:
  void Run() {
    for (;;) {
      std::vector<Item> group;
      size_t group_bytes = 0;
      {
        absl::MutexLock lock(&mutex_);
        while (queue_.empty() && !ending_) {
          hurry_ = false;
          idle_ = true;
          wake_.Wait(&mutex_);
        }
        idle_ = false;
        if (queue_.empty()) return;
        const absl::Time until = absl::Now() + linger_;
        while (linger_ > absl::ZeroDuration() && !hurry_ && !ending_ && !wake_.WaitWithDeadline(&mutex_, until)) {
        }
        hurry_ = false;
        while (!queue_.empty() && (group.empty() || group_bytes + queue_.front().second <= group_bytes_max_)) {
          group_bytes += queue_.front().second;
          group.push_back(std::move(queue_.front().first));
          queue_.pop_front();
        }
      }
      handle_(std::move(group));
      absl::MutexLock lock(&mutex_);
      queued_bytes_ -= group_bytes;
    }
  }

  const size_t group_bytes_max_;
  const std::function<void(std::vector<Item>)> handle_;
  const absl::Duration linger_;
  mutable absl::Mutex mutex_;
  absl::CondVar wake_;
  std::deque<std::pair<Item, size_t>> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool idle_ ABSL_GUARDED_BY(mutex_) = false;
  bool hurry_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses what stands above
};

}  // namespace shoujie::rocks
