// The server's clock as seen from here. It may be scaled (`shoujied --clock=START,xN`): everything that is played,
// stamped or given a request id follows it, not the machine's clock. Between two readings it runs on by CLOCK_BOOTTIME
// times the speed. The estimate is never ahead of the server by more than the drift since the last reading: a reading
// is dated at the arrival of its answer. Thread-safe.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/runtime/clock/clock.h"

namespace shoujie::rpc {
class Client;
}

namespace shoujie::loadtest {

class ServerClock {
 public:
  explicit ServerClock(const Clock* machine) : machine_(machine) {}

  // Reads GetServerInfo. An unreachable server leaves the estimate as it was.
  absl::Status Read(rpc::Client& client);
  void Set(absl::Time now, double speed);

  absl::Time Now() const;
  double speed() const;
  // Of the machine: how long to wait until the server's clock shows `at`; zero or less if it has.
  absl::Duration Until(absl::Time at) const;

 private:
  const Clock* machine_;
  mutable absl::Mutex mutex_;
  absl::Time at_ ABSL_GUARDED_BY(mutex_);
  absl::Duration boot_ ABSL_GUARDED_BY(mutex_);
  double speed_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace shoujie::loadtest
