// Time enters the process here and nowhere else. `Now` is the wall clock (dates of records); `Boot` only counts
// forward, also while the machine sleeps (CLOCK_BOOTTIME): leases, deadlines and waits are measured by it. Safe from
// any thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace shoujie {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;       // milliseconds are what records keep
  virtual absl::Duration Boot() const = 0;  // since some fixed instant
  // How much faster than real time `Now` runs; 1 but for scaled clocks.
  virtual double Speed() const { return 1; }
};

// The machine's clocks.
std::unique_ptr<Clock> MakeSystemClock();

// `spec` = "START[@REAL],xN": `Now` read START at the instant REAL (else: at the call) and runs N = 1 … 100000 times as
// fast; `Boot` stays real. With REAL all nodes have one clock. For demonstrations and live replays of old days.
absl::StatusOr<std::unique_ptr<Clock>> MakeScaledClock(const std::string& spec);

}  // namespace shoujie
