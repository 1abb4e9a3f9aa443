// One run of the simulator by name: which clients, which rule is broken on purpose, which faults.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/runtime/sim/plan.h"
#include "services/runtime/sim/shrink.h"
#include "services/runtime/sim/world.h"
#include "tests/sim/call_broken.h"

namespace shoujie::testing {

struct Mutant {
  const char* name;
  const char* what;
  Mutation mutation = Mutation::kNone;
  bool split_place = false;
  Broken broken = Broken::kNothing;
  const char* workload = "calls";  // that finds it
  const char* faults = nullptr;    // that find it, if it takes many seeds until one draws them all
};
// The first is "none". Every other must be found within `kSeedsToFind` seeds of its workload.
const std::vector<Mutant>& Mutants();
const Mutant* FindMutant(const std::string& name);  // null: there is none
inline constexpr uint64_t kSeedsToFind = 400;
// "calls" and "flows" (interaction and router), "links" (interaction and profile), "desk" and "tills" (services for
// tests).
const std::vector<const char*>& Workloads();
bool IsWorkload(const std::string& name);
// How many times as long as usual a run of it is: a flow has some thirty steps, one after the other.
int LengthOf(const std::string& workload);

using Trace = std::function<void(const std::string&)>;
sim::Result RunPlan(const std::string& workload, const Mutant& mutant, const sim::Plan& plan, Trace trace = nullptr);
// With these faults, else the mutant's, else those that the seed draws.
sim::Plan PlanOf(const std::string& workload, const Mutant& mutant, uint64_t seed,
                 const std::optional<sim::FaultSet>& faults = std::nullopt);
sim::Result RunSeed(const std::string& workload, const Mutant& mutant, uint64_t seed, Trace trace = nullptr);

struct Found {
  uint64_t seed = 0;  // 0: none did
  std::string violation;
};
// The first seed that finds the mutant.
Found Find(const Mutant& mutant, uint64_t seeds = kSeedsToFind);

// A line of seeds.txt: `WORKLOAD SEED [FAULTS] # why`.
struct Regression {
  std::string workload;
  sim::Plan plan;
  std::string why;
};
// INVALID_ARGUMENT says which line and what is wrong with it.
absl::StatusOr<std::vector<Regression>> ParseSeeds(const std::string& text);
// Of the file kept in the tree.
absl::StatusOr<std::vector<Regression>> KeptSeeds();

}  // namespace shoujie::testing
