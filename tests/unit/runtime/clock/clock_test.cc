#include "services/runtime/clock/clock.h"

#include <gtest/gtest.h>

#include "services/runtime/base/error.h"

namespace shoujie {
namespace {

TEST(ClockTest, AScaledClockBeginsWhereItIsToldAndRunsSoFast) {
  auto clock = MakeScaledClock("1999-02-01T04:59:00Z,x2000");
  ASSERT_TRUE(clock.ok()) << clock.status();
  EXPECT_EQ((*clock)->Speed(), 2000);
  EXPECT_GE((*clock)->Now(), absl::FromUnixSeconds(917'845'140));
}

// Nodes that start one after the other, and a node after its restart, have the same clock.
TEST(ClockTest, AScaledClockMayBeAnchoredAtARealInstant) {
  const std::string real = absl::FormatTime(absl::RFC3339_full, absl::Now() - absl::Seconds(100), absl::UTCTimeZone());
  auto first = MakeScaledClock("2026-03-02T08:00:00+08:00@" + real + ",x600");
  auto second = MakeScaledClock("2026-03-02T08:00:00+08:00@" + real + ",x600");
  ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
  const absl::Time start = absl::FromUnixSeconds(1'772'409'600);
  const absl::Time one = (*first)->Now(), two = (*second)->Now();
  EXPECT_GE(one, start + absl::Seconds(100 * 600));
  EXPECT_LT(one, start + absl::Seconds(110 * 600));
  EXPECT_LT(absl::AbsDuration(two - one), absl::Seconds(60)) << "a tenth of a second, times 600";
}

// A clock that is no number or never begins would write records that no calendar has.
TEST(ClockTest, WhatIsNoClockIsRefused) {
  for (const char* spec :
       {"", "x10", "1999-02-01T04:59:00Z", "1999-02-01T04:59:00Z,10", "1999-02-01T04:59:00Z,x0.5",
        "1999-02-01T04:59:00Z,x100001", "1999-02-01T04:59:00Z,xnan", "1999-02-01T04:59:00Z,xinf", "infinite-future,x1",
        "infinite-past,x1", "10000-01-01T00:00:00Z,x1", "tomorrow,x1", "2026-03-02T08:00:00Z@,x1",
        "2026-03-02T08:00:00Z@now,x1", "@2026-03-02T08:00:00Z,x1",
        "2026-03-02T08:00:00Z@2026-03-02T08:00:00Z@2026-03-02T08:00:00Z,x1", "2026-03-02T08:00:00Z@infinite-past,x1",
        "2026-03-02T08:00:00Z@1000-01-01T00:00:00Z,x100000"}) {
    EXPECT_EQ(ReasonOf(MakeScaledClock(spec).status()), "CLOCK_SPEC") << spec;
  }
}

}  // namespace
}  // namespace shoujie
