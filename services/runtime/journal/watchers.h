// The watchers of one journal (Journal::Watch). Thread-safe.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/runtime/journal/gate.h"

namespace shoujie {

class Watchers {
 public:
  // The handle may outlive this object.
  std::shared_ptr<void> Add(std::function<void()> on_append) {
    auto watcher = std::make_shared<Watcher>();
    watcher->on_append = std::move(on_append);
    absl::MutexLock lock(&mutex_);
    watchers_.erase(std::remove_if(watchers_.begin(), watchers_.end(), [](const auto& w) { return w->gate.closed(); }),
                    watchers_.end());
    watchers_.push_back(watcher);
    return std::shared_ptr<void>(watcher.get(), [watcher](void*) { watcher->gate.Close(); });
  }

  // Calls all watchers, in the order in which they came. Hold no lock that a watcher takes.
  void Notify() {
    std::vector<std::shared_ptr<Watcher>> watchers;
    {
      absl::MutexLock lock(&mutex_);
      watchers = watchers_;
    }
    for (const auto& watcher : watchers) watcher->gate.Run(watcher->on_append);
  }

 private:
  struct Watcher {
    std::function<void()> on_append;
    Gate gate;
  };

  absl::Mutex mutex_;
  std::vector<std::shared_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shoujie
