#include "loadtest/measure/figure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shoujie::load {
namespace {

using testing::HasSubstr;

Figure Example() {
  Figure figure;
  figure.id = "P1";
  figure.what = "commands/s";
  figure.target = 0.7;
  for (const double value : {60.0, 80.0, 75.0}) figure.ratios.Add(value, 100);
  return figure;
}

TEST(FigureTest, TheMedianOfThePairsDecides) {
  Figure figure = Example();
  EXPECT_DOUBLE_EQ(figure.ratios.Median(), 0.75);
  EXPECT_EQ(figure.Verdict(), "holds");
  figure.at_most = true;
  EXPECT_EQ(figure.Verdict(), "misses");
  EXPECT_THAT(ToTable({figure}), HasSubstr("0.600–0.800 (3)"));
}

TEST(FigureTest, AVoidRunHasNoOtherVerdict) {
  Figure figure = Example();
  figure.voided = true;
  EXPECT_EQ(figure.Verdict(), "void");
  EXPECT_THAT(ToJson({figure}, "run"), HasSubstr("\"verdict\": \"void\""));
}

TEST(FigureTest, WithoutATargetThereIsNoVerdict) {
  Figure figure = Example();
  figure.target = 0;
  EXPECT_EQ(figure.Verdict(), "-");
}

TEST(FigureTest, NumbersArePrintedAsPeopleReadThem) {
  EXPECT_EQ(Short(12'345), "12.3 k");
  EXPECT_EQ(Short(4'560'000), "4.56 M");
  EXPECT_EQ(Short(780), "780");
  EXPECT_EQ(ShortTime(870'000), "870 µs");
  EXPECT_EQ(ShortTime(1'230'000), "1.23 ms");
}

}  // namespace
}  // namespace shoujie::load
