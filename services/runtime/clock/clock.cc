#include "services/runtime/clock/clock.h"

#include <time.h>

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/runtime/base/error.h"

namespace shoujie {
namespace {

absl::Duration BootTime() {
  timespec ts;
  clock_gettime(CLOCK_BOOTTIME, &ts);
  return absl::DurationFromTimespec(ts);
}

class SystemClock : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
  absl::Duration Boot() const override { return BootTime(); }
};

class ScaledClock : public Clock {
 public:
  ScaledClock(absl::Time start, double speed) : start_(start), speed_(speed), boot_(BootTime()) {}
  absl::Time Now() const override { return start_ + (BootTime() - boot_) * speed_; }
  absl::Duration Boot() const override { return BootTime(); }
  double Speed() const override { return speed_; }

 private:
  absl::Time start_;
  double speed_;
  absl::Duration boot_;
};

}  // namespace

std::unique_ptr<Clock> MakeSystemClock() { return std::make_unique<SystemClock>(); }

absl::StatusOr<std::unique_ptr<Clock>> MakeScaledClock(const std::string& spec) {
  const std::vector<absl::string_view> parts = absl::StrSplit(spec, ',');
  const std::vector<absl::string_view> instants = absl::StrSplit(parts[0], '@');
  const absl::Time real_now = absl::Now();
  absl::Time start, real = real_now;
  double speed = 0;
  std::string why;
  absl::string_view factor = parts.size() == 2 ? parts[1] : "";
  bool good = parts.size() == 2 && instants.size() <= 2 &&
              absl::ParseTime(absl::RFC3339_full, instants[0], &start, &why) && absl::ConsumePrefix(&factor, "x") &&
              absl::SimpleAtod(factor, &speed) && speed >= 1 && speed <= 100'000;  // "nan" is a number to SimpleAtod
  if (good && instants.size() == 2) good = absl::ParseTime(absl::RFC3339_full, instants[1], &real, &why);
  if (good) start += (real_now - real) * speed;
  if (!good || start < absl::FromCivil(absl::CivilYear(1), absl::UTCTimeZone()) ||
      start >= absl::FromCivil(absl::CivilYear(10'000), absl::UTCTimeZone())) {
    return Invalid("CLOCK_SPEC",
                   "This is no clock. Give it as START,xN or START@REAL,xN: RFC 3339 instants and a factor from 1 to "
                   "100000.",
                   "时钟无效。请写成 START,xN 或 START@REAL,xN：RFC 3339 时间和 1 至 100000 的倍数。",
                   {{"clock", spec}});
  }
  return std::make_unique<ScaledClock>(start, speed);
}

}  // namespace shoujie
