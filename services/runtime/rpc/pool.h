// A few threads for what blocks (queries over rows, operators' acts), with a bounded queue in front. Not for commands,
// which never block. Thread-safe; the destructor runs what is queued and joins.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace shoujie::rpc {

class Pool {
 public:
  Pool(size_t threads, size_t waiting_max);
  ~Pool();
  // False, and `work` is dropped, if as many as allowed wait already.
  bool TryRun(std::function<void()> work);

 private:
  void Loop();

  const size_t waiting_max_;
  absl::Mutex mutex_;
  std::deque<std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace shoujie::rpc
