#include "tests/sim/scenario.h"

#include <memory>

#include "tests/sim/call_workload.h"
#include "tests/sim/desk_workload.h"

namespace shoujie::testing {

const std::vector<Mutant>& Mutants() {
  static const auto* all = new std::vector<Mutant>{
      {"none", "nothing is broken"},
      {"ack-before-durable", "a command is answered when its record is sent", Mutation::kAckBeforeDurable},
      {"no-claim-barrier", "serves when the claim is reported, without reading up to it", Mutation::kNoClaimBarrier},
      {"dedup-forgotten", "a repeated request id is decided again", Mutation::kDedupForgotten},
      {"place-outside-batch", "the store's place is not written together with the rows", Mutation::kNone, true},
      {"owner-lost", "a change of owner forgets the owner", Mutation::kNone, false, true},
  };
  return *all;
}

const std::vector<const char*>& Workloads() {
  static const auto* all = new std::vector<const char*>{"calls", "desk"};
  return *all;
}

sim::Result RunSeed(const std::string& workload, const Mutant& mutant, uint64_t seed,
                    std::function<void(const std::string&)> trace) {
  sim::Options options;
  options.seed = seed;
  options.mutation = mutant.mutation;
  options.split_place = mutant.split_place;
  options.trace = std::move(trace);
  std::unique_ptr<sim::Workload> clients;
  if (workload == "desk") {
    clients = std::make_unique<DeskWorkload>(mutant.forget_owner);
  } else {
    clients = std::make_unique<CallWorkload>(mutant.forget_owner);
  }
  return sim::World(std::move(options), clients.get()).Run();
}

}  // namespace shoujie::testing
