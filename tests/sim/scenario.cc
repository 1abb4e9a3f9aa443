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
      {"ack-any-position", "a report without error is taken for \"counts\", wherever it lies",
       Mutation::kAckAnyPosition},
      {"hole-unnoticed", "a record behind a hole of its term is taken for \"counts\"", Mutation::kHoleUnnoticed},
      {"same-term-after-doubt", "writes on after a doubt without a new claim", Mutation::kSameTermAfterDoubt},
      {"lease-unchecked", "answers without a record whatever time has passed", Mutation::kLeaseUnchecked},
      {"no-lease-wait", "a new owner serves before the former one's lease is over", Mutation::kNoLeaseWait},
      {"declined-unrecorded", "a refused internal command leaves no record", Mutation::kDeclinedUnrecorded, false,
       false, "desk"},
      {"timer-twice", "a timer that waits to be decided is fired again", Mutation::kTimerTwice},
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
