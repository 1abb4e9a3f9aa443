// A server that fails on purpose, for tests of what sends to it.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "loadtest/switch/random.h"
#include "loadtest/switch/sink.h"

namespace shoujie::loadtest {

// Remembers what counts: a request that it has seen is answered again, not counted again (as the server does by request
// id). Away: nothing gets through. Flaky: an answer may be lost after the request counted.
class FakeSink : public Sink {
 public:
  std::atomic<bool> away = false;
  std::atomic<int> lose_answers_percent = 0;

  absl::StatusOr<std::string> Send(const std::string& method, const std::string& request) override {
    absl::MutexLock lock(&mutex_);
    ++sent_;
    if (away) return absl::UnavailableError("away");
    if (auto it = refused_.find(request); it != refused_.end()) return it->second;
    if (!answered_.contains(request)) {
      answered_[request] = method;
      order_.push_back(request);
    }
    if (random_.Percent(static_cast<uint32_t>(lose_answers_percent))) {
      return absl::DeadlineExceededError("the answer was lost");
    }
    return std::string("ok");
  }
  void Refuse(const std::string& request, absl::Status status) {
    absl::MutexLock lock(&mutex_);
    refused_[request] = std::move(status);
  }
  // Each request once, in the order in which they first counted.
  std::vector<std::string> order() const {
    absl::MutexLock lock(&mutex_);
    return order_;
  }
  int sent() const {
    absl::MutexLock lock(&mutex_);
    return sent_;
  }

 private:
  mutable absl::Mutex mutex_;
  Random random_{7};
  int sent_ = 0;
  std::map<std::string, std::string> answered_;
  std::map<std::string, absl::Status> refused_;
  std::vector<std::string> order_;
};

}  // namespace shoujie::loadtest
