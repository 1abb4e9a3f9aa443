#include "services/runtime/sim/plan.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace shoujie::sim {
namespace {

TEST(FaultSetTest, TextGivesTheSameSetAgain) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const FaultSet set = FaultsOf(seed);
    const auto again = FaultSet::Parse(set.ToString());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->ToString(), set.ToString());
  }
}

TEST(FaultSetTest, SeedsDrawDifferentSetsAndEveryFault) {
  std::set<std::string> sets;
  std::map<Fault, int> drawn;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    const FaultSet set = FaultsOf(seed);
    sets.insert(set.ToString());
    for (Fault fault : set.list()) ++drawn[fault];
  }
  EXPECT_GT(sets.size(), 300u);
  EXPECT_TRUE(sets.count("none"));
  ASSERT_EQ(drawn.size(), kFaults);
  for (const auto& [fault, times] : drawn) {
    EXPECT_GT(times, 100) << NameOf(fault);
    EXPECT_LT(times, 300) << NameOf(fault);
  }
}

TEST(FaultSetTest, RefusesWhatItDoesNotKnow) {
  EXPECT_FALSE(FaultSet::Parse("crash,quake").ok());
  EXPECT_FALSE(FaultSet::Parse("crash:0").ok());
  EXPECT_FALSE(FaultSet::Parse("crash:4").ok());
  EXPECT_FALSE(FaultSet::Parse("").ok());
}

TEST(PlanTest, OnlyDrawnFaultsAct) {
  auto count = [](const Plan& plan) {
    std::map<Act, int> acts;
    for (const Action& action : plan.actions) ++acts[action.act];
    return acts;
  };
  const auto none = count(MakePlan(5, FaultSet::None()));
  for (Act act : {Act::kCrash, Act::kStop, Act::kOwn, Act::kCutOff, Act::kTimeJump, Act::kClockStep, Act::kPublish,
                  Act::kRepeat, Act::kKeysShort}) {
    EXPECT_EQ(none.count(act), 0u) << static_cast<int>(act);
  }
  auto all = count(MakePlan(5, FaultSet::All(3), 20'000));
  for (int act = 0; act <= static_cast<int>(Act::kKeysShort); ++act) EXPECT_GT(all[static_cast<Act>(act)], 0) << act;
}

TEST(PlanTest, WithoutAFaultNothingOfItIsLeft) {
  const Plan whole = MakePlan(5, FaultSet::All(3), 2000);
  const Plan less = Without(whole, Fault::kCrash);
  EXPECT_FALSE(less.faults.has(Fault::kCrash));
  EXPECT_LT(less.actions.size(), whole.actions.size());
  for (const Action& action : less.actions) EXPECT_NE(action.act, Act::kCrash);
  EXPECT_EQ(less.faults.list().size(), kFaults - 1);
}

}  // namespace
}  // namespace shoujie::sim
