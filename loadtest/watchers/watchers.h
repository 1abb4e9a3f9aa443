// Many watchers of one department's feed, in one process: streams over a few connections, each answer stamped when it
// is in the watcher's hands. For measurements; a program of a department watches with a client of its own.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "loadtest/generator/histogram.h"

namespace shoujie::load {

class Watchers {
 public:
  // Opens all of them; they begin with the present.
  Watchers(const std::string& target, const std::string& token, const std::string& department, int count,
           int connections);
  ~Watchers();  // cancels what is open

  // Until everybody has had his first answer. False: not in time, or some ended.
  bool AwaitOpen(absl::Duration timeout);
  // The command whose event has this id was sent at that instant. Before or after the event comes: ids are known from
  // answers.
  void Sent(const std::string& id, absl::Time at);
  // Until each of them has had so many events. False: not in time, or some ended.
  bool AwaitEvents(uint64_t each, absl::Duration timeout);

  uint64_t events() const { return events_; }
  uint64_t out_of_order() const { return out_of_order_; }
  int ended() const { return ended_; }
  // From the sending of an event's command to its being in a watcher's hands. All since the last call.
  Histogram TakeLatency();
  // The last answer with an event that the first watcher had, as it came.
  std::string sample() const;

 private:
  class Stream;
  void Took(const std::string& id, absl::Time at);

  std::vector<std::unique_ptr<Stream>> streams_;
  std::atomic<int> open_{0}, ended_{0}, done_{0};
  std::atomic<uint64_t> events_{0}, out_of_order_{0};
  mutable absl::Mutex mutex_;
  struct Event {
    absl::Time sent = absl::InfiniteFuture();
    std::vector<absl::Time> taken;  // before that is known
  };
  absl::flat_hash_map<std::string, Event> waiting_ ABSL_GUARDED_BY(mutex_);
  Histogram latency_ ABSL_GUARDED_BY(mutex_);
  std::string sample_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shoujie::load
