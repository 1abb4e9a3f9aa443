// What a run does, drawn before it begins: a list of actions, each with its own seed for whatever it has to draw. So an
// action does the same whether or not those before it are left out, and a failing run can be made shorter by leaving
// actions out (shrink.h). A plan is a function of seed, faults and length alone.
#pragma once

#include <cstdint>
#include <vector>

#include "services/runtime/sim/faults.h"

namespace shoujie::sim {

enum class Act : uint8_t {
  // Work.
  kAsk,      // a client wants something
  kStep,     // a shard does what it can
  kDeliver,  // the log takes a record, or reports one
  kFetch,    // a machine can read more of a log
  kStore,    // a store writes
  kRead,     // somebody reads
  // Faults.
  kCrash,
  kStop,
  kOwn,
  kCutOff,
  kTimeJump,
  kClockStep,
  kPublish,
  kRepeat,
  kKeysShort,
  kRelease,
  kWish,
};

struct Action {
  Act act = Act::kAsk;
  uint32_t after_ms = 0;  // time that passes before it
  uint64_t seed = 0;
};

struct Plan {
  uint64_t seed = 1;
  FaultSet faults;
  uint32_t partitions = 1;
  std::vector<Action> actions;
};

inline constexpr int kActions = 3500;

// The plan without a fault: neither its strength nor its actions.
Plan Without(Plan plan, Fault fault);
// The faults that this seed draws.
FaultSet FaultsOf(uint64_t seed);
Plan MakePlan(uint64_t seed, const FaultSet& faults, int actions = kActions);

}  // namespace shoujie::sim
