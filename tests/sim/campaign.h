// Many seeds on several threads, with progress on stderr and a table at the end on stdout.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/scenario.h"

namespace shoujie::testing {

struct Campaign {
  std::vector<std::string> workloads;
  uint64_t from = 1, seeds = 1000;
  double minutes = 0;  // 0: no limit; else it ends when the time or the seeds are over
  int jobs = 1;
  std::optional<sim::FaultSet> faults;  // empty: each seed draws
  const Mutant* mutant = &Mutants().front();
};

// Runs the kept seeds, then the campaign's. Answers how many runs had violations; a mutant's campaign ends at the
// first.
uint64_t Run(const Campaign& campaign);

}  // namespace shoujie::testing
