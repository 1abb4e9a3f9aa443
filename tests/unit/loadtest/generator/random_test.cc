#include "loadtest/generator/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace shoujie::load {
namespace {

TEST(ZipfTest, TheHottestRanksComeAsOftenAsTheLawSays) {
  constexpr uint64_t kRanks = 1000;
  constexpr double kTheta = 0.99;
  constexpr int kDraws = 400'000;
  double zeta = 0;
  for (uint64_t i = 1; i <= kRanks; ++i) zeta += std::pow(static_cast<double>(i), -kTheta);
  const Zipf zipf(kRanks, kTheta);
  Random random(3);
  std::vector<int> drawn(kRanks);
  for (int i = 0; i < kDraws; ++i) {
    const uint64_t rank = zipf.Next(random);
    ASSERT_LT(rank, kRanks);
    ++drawn[rank];
  }
  for (const uint64_t rank : {0, 1}) {
    const double expected = kDraws * std::pow(static_cast<double>(rank + 1), -kTheta) / zeta;
    EXPECT_NEAR(drawn[rank], expected, 0.03 * expected) << rank;
  }
  double upper_half = 0;
  for (uint64_t i = kRanks / 2; i < kRanks; ++i) upper_half += drawn[i];
  EXPECT_NEAR(upper_half / kDraws, std::log(2.0) / zeta, 0.02);
}

TEST(RandomTest, GapsOfArrivalsAreExponential) {
  Random random(4);
  double sum = 0, longer_than_mean = 0;
  constexpr int kDraws = 200'000;
  for (int i = 0; i < kDraws; ++i) {
    const double gap = random.Gap();
    sum += gap;
    longer_than_mean += gap > 1;
  }
  EXPECT_NEAR(sum / kDraws, 1, 0.01);
  EXPECT_NEAR(longer_than_mean / kDraws, std::exp(-1), 0.01);
}

TEST(RandomTest, TheSameSeedGivesTheSame) {
  Random one(5), other(5);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.Next(), other.Next());
  EXPECT_EQ(one.Bytes(10), other.Bytes(10));
  EXPECT_EQ(one.Bytes(10).size(), 10u);
}

}  // namespace
}  // namespace shoujie::load
