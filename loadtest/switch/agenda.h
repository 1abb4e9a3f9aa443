// Things due at instants of the server's clock, taken by a few threads in order of time. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "loadtest/switch/server_clock.h"

namespace shoujie::loadtest {

class Agenda {
 public:
  explicit Agenda(const ServerClock* clock) : clock_(clock) {}

  void Push(absl::Time at, size_t what) {
    std::lock_guard lock(mutex_);
    due_.emplace(at, what);
    changed_.notify_one();
  }
  // Blocks until something is due; nothing: stopped.
  std::optional<size_t> Pop() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      if (due_.empty()) {
        changed_.wait(lock);
        continue;
      }
      const absl::Duration left = clock_->Until(due_.top().first);
      if (left <= absl::ZeroDuration()) {
        const size_t what = due_.top().second;
        due_.pop();
        return what;
      }
      // The clock may be read anew meanwhile: never sleep long on one estimate.
      changed_.wait_for(lock, absl::ToChronoMicroseconds(std::min(left, absl::Milliseconds(200))));
    }
    return std::nullopt;
  }
  void Stop() {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

 private:
  using Due = std::pair<absl::Time, size_t>;

  const ServerClock* const clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  bool stopped_ = false;
};

}  // namespace shoujie::loadtest
