// A clock that a test of key stores sets, in whole seconds, as keys' epochs go by. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

#include "services/runtime/clock/clock.h"

namespace shoujie {

class KeysClock : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(now_s.load()); }
  absl::Duration Boot() const override { return absl::Seconds(now_s.load()); }
  std::atomic<int64_t> now_s{1'700'000'000};
};

}  // namespace shoujie
