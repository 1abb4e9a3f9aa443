#include "loadtest/generator/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "loadtest/generator/random.h"

namespace shoujie::load {
namespace {

TEST(HistogramTest, QuantilesAreNeverTooLowAndAtMostASixtyFourthTooHigh) {
  Random random(1);
  Histogram histogram;
  std::vector<int64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(static_cast<int64_t>(random.Below(1ull << random.Below(40))));
    histogram.Record(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double quantile : {0.001, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<size_t>(quantile * static_cast<double>(values.size()));
    const int64_t exact = values[std::max<size_t>(rank, 1) - 1];
    EXPECT_GE(histogram.At(quantile), exact) << quantile;
    EXPECT_LE(histogram.At(quantile), exact + exact / 64 + 1) << quantile;
  }
  EXPECT_EQ(histogram.max_ns(), values.back());
  EXPECT_EQ(histogram.count(), values.size());
}

TEST(HistogramTest, MergedIsTheSameAsRecordedTogether) {
  Random random(2);
  Histogram one, other, together;
  for (int i = 0; i < 1000; ++i) {
    const auto value = static_cast<int64_t>(random.Below(1'000'000));
    (i % 3 ? one : other).Record(value);
    together.Record(value);
  }
  one.Merge(other);
  EXPECT_EQ(one.count(), together.count());
  EXPECT_EQ(one.max_ns(), together.max_ns());
  for (int i = 0; i <= 100; ++i) EXPECT_EQ(one.At(i / 100.0), together.At(i / 100.0));
}

TEST(HistogramTest, EmptyAndExtremeValues) {
  Histogram histogram;
  EXPECT_EQ(histogram.At(0.5), 0);
  histogram.Record(-5);
  EXPECT_EQ(histogram.At(1), 0);
  histogram.Record(INT64_MAX);
  EXPECT_EQ(histogram.At(1), INT64_MAX);
}

}  // namespace
}  // namespace shoujie::load
