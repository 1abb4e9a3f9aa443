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

// A clock that is no number or never begins would write records that no calendar has.
TEST(ClockTest, WhatIsNoClockIsRefused) {
  for (const char* spec : {"", "x10", "1999-02-01T04:59:00Z", "1999-02-01T04:59:00Z,10", "1999-02-01T04:59:00Z,x0.5",
                           "1999-02-01T04:59:00Z,x100001", "1999-02-01T04:59:00Z,xnan", "1999-02-01T04:59:00Z,xinf",
                           "infinite-future,x1", "infinite-past,x1", "10000-01-01T00:00:00Z,x1", "tomorrow,x1"}) {
    EXPECT_EQ(ReasonOf(MakeScaledClock(spec).status()), "CLOCK_SPEC") << spec;
  }
}

}  // namespace
}  // namespace shoujie
