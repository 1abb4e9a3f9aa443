// One thread that keeps followers of journals up to date: read models and the directory. A follower is polled after
// anything it watches was appended to, and from time to time.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"

namespace shoujie {

class Follower {
 public:
  virtual ~Follower() = default;
  // Reads on for a bounded while; true if there may be more at once. Called by the tailer's thread alone.
  virtual bool Poll() = 0;
};

class Tailer {
 public:
  ~Tailer();
  void Add(Follower* follower);  // before Start
  void Start();
  void Stop();
  void Wake();  // from any thread

 private:
  void Run();
  std::vector<Follower*> followers_;
  absl::Mutex mutex_;
  bool news_ ABSL_GUARDED_BY(mutex_) = true;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace shoujie
