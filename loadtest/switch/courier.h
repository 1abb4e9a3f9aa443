// Delivers an outbox: a few threads, each with one command in flight, so what is in flight is bounded. What the server
// could not answer (UNAVAILABLE, DEADLINE_EXCEEDED, overload) is repeated with the same bytes, at growing intervals,
// for ever. What it refuses for good is counted by reason and kept in the outbox's file. A missing right stops
// everything with nothing lost: `trouble` says so.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "loadtest/switch/outbox.h"
#include "loadtest/switch/sink.h"

namespace shoujie::loadtest {

enum class Verdict {
  kAnswered,
  kRepeat,   // unknown or not now: the same bytes again
  kRestamp,  // the request id is too old: facts are idempotent by content, so they go out under a new one
  kRefused,  // another answer will not come
  kHalt,     // our credentials are wrong: nothing may be dropped for that
};
Verdict Judge(const absl::Status& status);
// The n-th pause, n from 1: 20 ms doubling up to 1 s.
absl::Duration PauseBefore(uint32_t attempt);

class Courier {
 public:
  struct Counts {
    uint64_t delivered = 0, repeated = 0, restamped = 0, refused = 0;
    std::map<std::string, uint64_t> refused_by_reason;
  };
  // From courier threads, before the command counts as done; must not block on the courier.
  using Delivered = std::function<void(const OutboxEntry&, const absl::StatusOr<std::string>& reply)>;
  // A serialized request with a fresh request id.
  using Restamp = std::function<std::string(const OutboxEntry&)>;

  Courier(Outbox* outbox, Sink* sink, int threads, Delivered delivered, Restamp restamp);
  ~Courier();  // stops the outbox; waits for what is in flight

  Counts counts() const;
  absl::Status trouble() const;  // why it stopped for good, if it did
  // The server has not been answering since, by the machine's clock; nothing if it is.
  std::optional<absl::Time> silent_since() const;

 private:
  void Run();

  Outbox* const outbox_;
  Sink* const sink_;
  const Delivered delivered_;
  const Restamp restamp_;
  mutable absl::Mutex mutex_;
  Counts counts_ ABSL_GUARDED_BY(mutex_);
  absl::Status trouble_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Time> silent_since_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace shoujie::loadtest
