// Prints the states in the stores of a stopped data directory, one line of JSON per stream: what a golden journal is
// kept with. How often each kind of event occurs in its journals goes to stderr.
#include <cstdio>

#include "services/all_in_one/modules.h"
#include "services/runtime/clock/clock.h"
#include "tests/golden/fold.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: golden_states DATA\n");
    return 64;
  }
  const auto clock = shoujie::MakeSystemClock();
  auto data = shoujie::EmbeddedData::Open(argv[1], clock.get(), /*scaled_clock=*/true);
  if (!data.ok()) {
    std::fprintf(stderr, "%s\n", data.status().ToString().c_str());
    return 1;
  }
  const auto modules = shoujie::AllModules();
  const auto folded = shoujie::golden::Fold(**data, modules);
  if (!folded.ok()) {
    std::fprintf(stderr, "%s\n", folded.status().ToString().c_str());
    return 1;
  }
  const auto states = shoujie::golden::StatesInStores(**data, modules);
  if (!states.ok()) {
    std::fprintf(stderr, "%s\n", states.status().ToString().c_str());
    return 1;
  }
  for (const std::string& line : *states) std::puts(line.c_str());
  for (const std::string& kind : shoujie::golden::KindsOf(modules)) {
    const auto it = folded->events.find(kind);
    std::fprintf(stderr, "%6llu %s\n", it == folded->events.end() ? 0ull : static_cast<unsigned long long>(it->second),
                 kind.c_str());
  }
}
