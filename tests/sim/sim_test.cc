// The simulator in short: seeds without a violation, broken rules found, one seed one run.
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "tests/sim/scenario.h"

namespace shoujie::testing {
namespace {

const Mutant& NothingBroken() { return Mutants().front(); }

std::string Said(const sim::Result& result) {
  std::string all;
  for (const std::string& what : result.violations) all += what + "\n";
  return all;
}

// A fixed number of seeds, whatever the machine: `simulate` runs more.
class SimShort : public ::testing::TestWithParam<const char*> {};

TEST_P(SimShort, SeedsRunWithoutAViolation) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    const auto result = RunSeed(GetParam(), NothingBroken(), seed);
    ASSERT_TRUE(result.violations.empty()) << GetParam() << " seed " << seed << "\n" << Said(result);
  }
}

TEST_P(SimShort, OneSeedIsOneRun) {
  for (uint64_t seed : {3, 8, 21}) {
    std::string first, second;
    const auto a = RunSeed(GetParam(), NothingBroken(), seed, [&](const std::string& line) { first += line + "\n"; });
    const auto b = RunSeed(GetParam(), NothingBroken(), seed, [&](const std::string& line) { second += line + "\n"; });
    EXPECT_EQ(a.hash, b.hash);
    EXPECT_EQ(first, second);
    EXPECT_GT(a.records, 0u);
  }
  EXPECT_NE(RunSeed(GetParam(), NothingBroken(), 3).hash, RunSeed(GetParam(), NothingBroken(), 4).hash);
}

INSTANTIATE_TEST_SUITE_P(Workloads, SimShort, ::testing::ValuesIn(Workloads()),
                         [](const auto& param) { return std::string(param.param); });

TEST(SimMutations, EveryBrokenRuleIsFound) {
  for (const Mutant& mutant : Mutants()) {
    if (&mutant == &NothingBroken()) continue;
    uint64_t seed = 1;
    while (seed <= kSeedsToFind && RunSeed(mutant.workload, mutant, seed).violations.empty()) ++seed;
    EXPECT_LE(seed, kSeedsToFind) << mutant.name << ": " << mutant.what;
    std::printf("%-22s found by seed %llu\n", mutant.name, static_cast<unsigned long long>(seed));
  }
}

TEST(SimSeeds, WhatWasOnceFoundStaysFixed) {
  std::ifstream file(SHOUJIE_SOURCE_DIR "/tests/sim/seeds.txt");
  ASSERT_TRUE(file.good());
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string workload;
    uint64_t seed = 0;
    words >> workload >> seed;
    const auto result = RunSeed(workload, NothingBroken(), seed);
    EXPECT_TRUE(result.violations.empty()) << line << "\n" << Said(result);
  }
}

}  // namespace
}  // namespace shoujie::testing
