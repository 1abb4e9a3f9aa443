// One thread that keeps followers of journals up to date: read models and the directory. A follower is polled after
// anything it watches was appended to, a few moments later so that more is read at once, and from time to time.
#pragma once

#include <atomic>
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
  // From any thread.
  void Wake();
  void Hurry();  // somebody waits for what is new

 private:
  void Run();
  std::vector<Follower*> followers_;
  std::atomic<bool> news_{true};
  absl::Mutex mutex_;
  bool hurry_ ABSL_GUARDED_BY(mutex_) = false;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace shoujie
