// One run of the simulator by name: which clients, which rule is broken on purpose.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "services/runtime/sim/world.h"

namespace shoujie::testing {

struct Mutant {
  const char* name;
  const char* what;
  Mutation mutation = Mutation::kNone;
  bool split_place = false;
  bool forget_owner = false;
  const char* workload = "calls";  // that finds it
};
// The first is "none". Every other must be found within `kSeedsToFind` seeds of its workload.
const std::vector<Mutant>& Mutants();
inline constexpr uint64_t kSeedsToFind = 400;
const std::vector<const char*>& Workloads();

// `workload`: "calls" (interaction and router) or "desk".
sim::Result RunSeed(const std::string& workload, const Mutant& mutant, uint64_t seed,
                    std::function<void(const std::string&)> trace = nullptr);

}  // namespace shoujie::testing
