// Makes a failing run short: leaves out faults and actions (delta debugging) as long as what is left fails in the same
// way. The result is another plan; run it with a trace to read the history. Deterministic; takes up to `runs_max` runs.
#pragma once

#include <functional>
#include <string>

#include "services/runtime/sim/plan.h"
#include "services/runtime/sim/world.h"

namespace shoujie::sim {

// The first word of a violation: the invariant ("I5") or what else did not hold ("halt", "finish").
std::string KindOf(const std::string& violation);

struct Shrunk {
  Plan plan;
  std::string kind;  // of the violation; empty: the plan did not fail
  int runs = 0;
};

Shrunk Shrink(Plan plan, const std::function<Result(const Plan&)>& run, int runs_max = 5000);

}  // namespace shoujie::sim
