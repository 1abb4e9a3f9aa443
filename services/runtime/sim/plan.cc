#include "services/runtime/sim/plan.h"

#include <algorithm>

namespace shoujie::sim {
namespace {

// How often a fault that is an action happens, per ten thousand actions and strength.
struct Often {
  Act act;
  Fault fault;
  uint32_t permyriad;
};
constexpr Often kOften[] = {
    {Act::kCrash, Fault::kCrash, 12},         {Act::kStop, Fault::kStop, 20},
    {Act::kOwn, Fault::kTakeover, 35},        {Act::kCutOff, Fault::kCutOff, 30},
    {Act::kTimeJump, Fault::kTimeJump, 15},   {Act::kClockStep, Fault::kClockStep, 40},
    {Act::kPublish, Fault::kDirectory, 4},    {Act::kRepeat, Fault::kLateRepeat, 120},
    {Act::kKeysShort, Fault::kKeysShort, 12}, {Act::kRelease, Fault::kHandover, 40},
    {Act::kWish, Fault::kWishes, 30},
};

Act DrawAct(const FaultSet& faults, Random& random) {
  uint64_t x = random.Below(10'000);
  const auto draw = [&x](uint32_t permyriad) {
    if (x < permyriad) return true;
    x -= permyriad;
    return false;
  };
  for (const Often& often : kOften) {
    if (draw(often.permyriad * faults[often.fault])) return often.act;
  }
  if (draw(500)) return Act::kRead;
  if (draw(3500)) return Act::kStep;
  if (draw(2400)) return Act::kDeliver;
  if (draw(1100)) return Act::kFetch;
  if (draw(900)) return Act::kStore;
  return Act::kAsk;
}

}  // namespace

Plan Without(Plan plan, Fault fault) {
  plan.faults.Set(fault, 0);
  for (const Often& often : kOften) {
    if (often.fault != fault) continue;
    auto& actions = plan.actions;
    actions.erase(std::remove_if(actions.begin(), actions.end(), [&](const Action& a) { return a.act == often.act; }),
                  actions.end());
  }
  return plan;
}

FaultSet FaultsOf(uint64_t seed) {
  Random random(seed ^ 0xfa017);
  return FaultSet::Draw(random);
}

Plan MakePlan(uint64_t seed, const FaultSet& faults, int actions) {
  Random random(seed);
  Plan plan{seed, faults, static_cast<uint32_t>(random.Between(1, 2)), {}};
  // How much fits into a lease differs: where actions are dense, another machine takes over, serves and acknowledges
  // before the former owner's lease is over.
  const uint64_t pace_ms = random.Pick(std::vector<uint64_t>{24, 24, 8, 3});
  plan.actions.reserve(static_cast<size_t>(actions));
  for (int i = 0; i < actions; ++i) {
    const Act act = DrawAct(faults, random);
    const auto after_ms = static_cast<uint32_t>(random.Below(pace_ms));
    plan.actions.push_back({act, after_ms, random.Next()});
  }
  return plan;
}

}  // namespace shoujie::sim
