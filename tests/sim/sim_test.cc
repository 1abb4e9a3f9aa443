// The simulator in short: kept seeds and new ones without a violation, every broken rule found, one seed one run.
#include <chrono>
#include <cstdio>
#include <string>

#include "gtest/gtest.h"
#include "tests/sim/flow_workload.h"
#include "tests/sim/scenario.h"

namespace shoujie::testing {
namespace {

// As many seeds as fit, but never fewer (of usual length): all workloads together take about two minutes on any
// machine.
constexpr double kSecondsPerWorkload = 16;
constexpr uint64_t kSeedsAtLeast = 60;

const Mutant& NothingBroken() { return Mutants().front(); }

std::string Said(const sim::Result& result, const sim::Plan& plan) {
  std::string all = "--faults " + plan.faults.ToString() + "\n";
  for (const std::string& what : result.violations) all += what + "\n";
  return all;
}

TEST(SimSeeds, WhatWasOnceFoundStaysFixed) {
  const auto kept = KeptSeeds();
  ASSERT_TRUE(kept.ok()) << kept.status();
  for (const Regression& seed : *kept) {
    const auto result = RunPlan(seed.workload, NothingBroken(), seed.plan);
    EXPECT_TRUE(result.violations.empty()) << seed.workload << " seed " << seed.plan.seed << ": " << seed.why << "\n"
                                           << Said(result, seed.plan);
  }
}

class SimShort : public ::testing::TestWithParam<const char*> {};

TEST_P(SimShort, SeedsRunWithoutAViolation) {
  const auto begun = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(); };
  const uint64_t at_least = kSeedsAtLeast / static_cast<uint64_t>(LengthOf(GetParam()));
  uint64_t seed = 1;
  for (; seed <= at_least || seconds() < kSecondsPerWorkload; ++seed) {
    const sim::Plan plan = PlanOf(GetParam(), NothingBroken(), seed);
    const auto result = RunPlan(GetParam(), NothingBroken(), plan);
    ASSERT_TRUE(result.violations.empty()) << GetParam() << " seed " << seed << " " << Said(result, plan);
  }
  std::printf("%s: %llu seeds\n", GetParam(), static_cast<unsigned long long>(seed - 1));
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

// A checker that looks at nothing finds nothing: what the runs claim to exercise has to have happened.
TEST_P(SimShort, RunsExerciseWhatTheyCheck) {
  sim::Result sum;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const auto r = RunSeed(GetParam(), NothingBroken(), seed);
    sum.crashes += r.crashes, sum.claims += r.claims, sum.unknown += r.unknown, sum.timers += r.timers;
    sum.reactions += r.reactions, sum.messages += r.messages, sum.reads += r.reads, sum.repeats += r.repeats;
    sum.releases += r.releases;
    for (const auto& [kind, n] : r.over) sum.over[kind] += n;
  }
  EXPECT_GT(sum.crashes, 10u);
  EXPECT_GT(sum.claims, 100u);
  EXPECT_GT(sum.unknown, 10u);
  const std::string workload = GetParam();
  if (workload == "tills" || workload == "links") EXPECT_GT(sum.messages, 200u);
  if (workload == "calls" || workload == "desk" || workload == "flows") EXPECT_GT(sum.timers, 10u);
  if (workload != "tills") EXPECT_GT(sum.reactions, 10u);
  EXPECT_GT(sum.reads, 100u);
  EXPECT_GT(sum.repeats, 100u);
  EXPECT_GT(sum.releases, 20u);
  // It is the ends of flows that tell the most: many of either kind have to get there.
  if (workload != "flows") return;
  EXPECT_GT(sum.over[FlowWorkload::kRework], 20u);
  EXPECT_GT(sum.over[FlowWorkload::kPausedClock], 40u);
}

INSTANTIATE_TEST_SUITE_P(Workloads, SimShort, ::testing::ValuesIn(Workloads()),
                         [](const auto& param) { return std::string(param.param); });

class SimMutations : public ::testing::TestWithParam<Mutant> {};

TEST_P(SimMutations, IsFound) {
  const Found found = Find(GetParam());
  ASSERT_NE(found.seed, 0u) << GetParam().name << ": " << GetParam().what;
  std::printf("%-22s seed %llu  %s\n", GetParam().name, static_cast<unsigned long long>(found.seed),
              found.violation.c_str());
}

INSTANTIATE_TEST_SUITE_P(All, SimMutations, ::testing::ValuesIn(Mutants().begin() + 1, Mutants().end()),
                         [](const auto& param) {
                           std::string name = param.param.name;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

TEST(SimShrink, AFailingRunBecomesShortAndFailsInTheSameWay) {
  const Mutant& mutant = *FindMutant("ack-before-durable");
  const sim::Plan plan = PlanOf(mutant.workload, mutant, Find(mutant).seed);
  const auto run = [&](const sim::Plan& shorter) { return RunPlan(mutant.workload, mutant, shorter); };
  const std::string kind = sim::KindOf(run(plan).violations.front());
  const sim::Shrunk shrunk = sim::Shrink(plan, run, 3000);
  EXPECT_EQ(shrunk.kind, kind);
  EXPECT_LT(shrunk.plan.actions.size() * 20, plan.actions.size());
  EXPECT_LT(shrunk.plan.faults.list().size(), 4u);
  std::string history;
  const auto again =
      RunPlan(mutant.workload, mutant, shrunk.plan, [&](const std::string& line) { history += line + "\n"; });
  ASSERT_FALSE(again.violations.empty());
  EXPECT_EQ(sim::KindOf(again.violations.front()), kind);
  EXPECT_NE(history.find("VIOLATION  " + again.violations.front()), std::string::npos);
  // Unbroken, the same history is clean: it tells of the mutation and of nothing else.
  EXPECT_TRUE(RunPlan(mutant.workload, NothingBroken(), shrunk.plan).violations.empty());
}

TEST(SimShrink, ACleanRunStaysWhole) {
  const sim::Plan plan = PlanOf("desk", NothingBroken(), 1);
  const sim::Shrunk shrunk = sim::Shrink(plan, [](const sim::Plan& p) { return RunPlan("desk", NothingBroken(), p); });
  EXPECT_EQ(shrunk.kind, "");
  EXPECT_EQ(shrunk.runs, 1);
  EXPECT_EQ(shrunk.plan.actions.size(), plan.actions.size());
}

TEST(SimSeeds, AFaultThatNobodyKnowsIsRefusedWithTheKnownOnes) {
  const auto seeds = ParseSeeds("# a comment\n\ncalls 7 crash:3,crush # why\n");
  ASSERT_FALSE(seeds.ok());
  const std::string said(seeds.status().message());
  EXPECT_NE(said.find("line 3"), std::string::npos) << said;
  EXPECT_NE(said.find("'crush'"), std::string::npos) << said;
  for (const sim::Fault fault : sim::FaultSet::All().list()) {
    EXPECT_NE(said.find(sim::NameOf(fault)), std::string::npos) << sim::NameOf(fault);
  }
}

TEST(SimSeeds, EveryLineNamesWorkloadSeedAndReason) {
  const auto seeds = ParseSeeds("desk 12 # drawn\ncalls 7 crash:3,stop # forced\n");
  ASSERT_TRUE(seeds.ok()) << seeds.status();
  ASSERT_EQ(seeds->size(), 2u);
  EXPECT_EQ((*seeds)[0].plan.faults.ToString(), sim::FaultsOf(12).ToString());
  EXPECT_EQ((*seeds)[1].plan.faults.ToString(), "crash:3,stop:2");
  EXPECT_EQ((*seeds)[1].why, "forced");
  for (const char* wrong :
       {"chalk 7 # why", "desk seven # why", "desk 7", "desk 7 crash stop # why", "desk 7 crash:9 # why"}) {
    EXPECT_FALSE(ParseSeeds(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace shoujie::testing
