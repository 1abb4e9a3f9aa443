#include "services/runtime/base/time.h"

#include <gtest/gtest.h>

namespace shoujie {
namespace {

TEST(TimeTest, KeepsMillisecondsBothWaysAlsoBefore1970) {
  for (int64_t ms : {0ll, 1ll, 999ll, 1'700'000'000'123ll, -1ll, -1'500ll}) {
    const absl::Time time = absl::FromUnixMillis(ms);
    EXPECT_EQ(ToTime(ToProto(time)), time) << ms;
    EXPECT_GE(ToProto(time).nanos(), 0);
  }
  EXPECT_EQ(ToDuration(ToProto(absl::Milliseconds(1500))), absl::Milliseconds(1500));
  EXPECT_EQ(ToDuration(ToProto(absl::Milliseconds(-1500))), absl::Milliseconds(-1500));
}

// A damaged record may hold any number; differences of what becomes of it must not overflow.
TEST(TimeTest, AnInstantOutsideTheCalendarBecomesItsBound) {
  google::protobuf::Timestamp first, last, wild;
  first.set_seconds(-62'135'596'800);
  last.set_seconds(253'402'300'799);
  wild.set_seconds(INT64_MIN);
  EXPECT_EQ(ToTime(wild), ToTime(first));
  wild.set_seconds(INT64_MAX);
  EXPECT_EQ(ToTime(wild), ToTime(last));
}

TEST(TimeTest, SortKeysAreInTheOrderOfTime) {
  const absl::Time a = absl::FromUnixMillis(999'999), b = absl::FromUnixMillis(1'000'000);
  EXPECT_LT(SortKey(a), SortKey(b));
  EXPECT_GT(ReverseSortKey(a), ReverseSortKey(b));
  EXPECT_EQ(SortKey(absl::InfinitePast()).size(), SortKey(absl::InfiniteFuture()).size());
  EXPECT_LT(SortKey(absl::InfinitePast()), SortKey(absl::InfiniteFuture()));
}

}  // namespace
}  // namespace shoujie
