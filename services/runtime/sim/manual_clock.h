// Time that stands still until a test or the simulator moves it. `TrueTime` is what passes for everybody; a
// `ManualClock` is one node's view of it: its wall clock is off by a skew that may be stepped, its boot clock only
// counts.
#pragma once

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "services/runtime/clock/clock.h"

namespace shoujie::sim {

class TrueTime {
 public:
  // 2026-01-05 08:00 UTC, a Monday.
  explicit TrueTime(absl::Time start = absl::FromUnixSeconds(1767600000)) : start_(start) {}
  absl::Time Now() const { return start_ + Passed(); }
  absl::Duration Passed() const { return absl::Milliseconds(passed_ms_.load(std::memory_order_relaxed)); }
  void Advance(absl::Duration d) { passed_ms_.fetch_add(absl::ToInt64Milliseconds(d), std::memory_order_relaxed); }

 private:
  const absl::Time start_;
  std::atomic<int64_t> passed_ms_{0};
};

class ManualClock : public Clock {
 public:
  explicit ManualClock(const TrueTime* time, absl::Duration skew = absl::ZeroDuration()) : time_(time) { Skew(skew); }
  absl::Time Now() const override {
    return time_->Now() + absl::Milliseconds(skew_ms_.load(std::memory_order_relaxed));
  }
  // Differs from the wall clock's origin on purpose: nobody may mix the two.
  absl::Duration Boot() const override { return time_->Passed() + absl::Hours(1000); }
  void Skew(absl::Duration skew) { skew_ms_.store(absl::ToInt64Milliseconds(skew), std::memory_order_relaxed); }

 private:
  const TrueTime* time_;
  std::atomic<int64_t> skew_ms_{0};
};

}  // namespace shoujie::sim
