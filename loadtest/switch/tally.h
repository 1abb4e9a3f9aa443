// What was done, counted by word, and how late facts got there. Thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace shoujie::loadtest {

class Tally {
 public:
  void Count(absl::string_view what, uint64_t n = 1) {
    if (what.empty()) return;
    absl::MutexLock lock(&mutex_);
    counts_[std::string(what)] += n;
  }
  // Of the machine's time, from when a fact was due to its acknowledgement.
  void Late(absl::Duration lag) {
    absl::MutexLock lock(&mutex_);
    lags_ms_.push_back(static_cast<uint32_t>(std::max<int64_t>(0, absl::ToInt64Milliseconds(lag))));
    recent_ms_ = std::max(recent_ms_, lags_ms_.back());
  }
  std::map<std::string, uint64_t> counts() const {
    absl::MutexLock lock(&mutex_);
    return counts_;
  }
  uint64_t count(const std::string& what) const {
    absl::MutexLock lock(&mutex_);
    auto it = counts_.find(what);
    return it == counts_.end() ? 0 : it->second;
  }
  struct Lag {
    absl::Duration p50, p99, most;
  };
  Lag lag() const;
  // The longest since the last call.
  absl::Duration RecentLag() {
    absl::MutexLock lock(&mutex_);
    return absl::Milliseconds(std::exchange(recent_ms_, 0));
  }

 private:
  mutable absl::Mutex mutex_;
  std::map<std::string, uint64_t> counts_ ABSL_GUARDED_BY(mutex_);
  std::vector<uint32_t> lags_ms_ ABSL_GUARDED_BY(mutex_);
  uint32_t recent_ms_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace shoujie::loadtest
