// The machines of a world as a cluster: a real `cluster::Cluster` on each, a group that tells each machine late or
// wrongly who is alive, and calls between machines that are slow, lost, or answered when nobody waits any more. Who
// owns what is then their decision instead of the run's. For the simulator only.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "services/runtime/cluster/cluster.h"
#include "services/runtime/sim/manual_clock.h"
#include "services/runtime/sim/random.h"

namespace shoujie::sim {

class SimMembers {
 public:
  struct Options {
    std::vector<const ManualClock*> clocks;  // one for each machine
    const TrueTime* time = nullptr;
    uint32_t strength = 1;  // of trouble
    Mutation mutation = Mutation::kNone;
    // Whether a machine runs just now; whether it has a process at all.
    std::function<bool(size_t machine)> runs, is_up;
  };

  explicit SimMembers(Options options);
  ~SimMembers();

  static std::string NameOf(size_t machine);

  // A machine has started or crashed. `host` outlives the crash.
  void Started(size_t machine, ShardHost* host);
  void Crashed(size_t machine);
  // To be called between any two actions: beliefs change, calls arrive, clusters step.
  void Pass(Random& random, bool healing);

  cluster::Cluster& cluster(size_t machine) { return *machines_[machine].cluster; }
  // The machine that should own a partition when all know that all live.
  size_t WantedOwner(uint32_t partition) const;
  uint64_t asked() const { return asked_; }  // hand-overs that arrived

 private:
  // What a machine believes about who is alive.
  class Belief;
  struct Machine {
    std::unique_ptr<Belief> belief;
    std::unique_ptr<cluster::Cluster> cluster;  // null: crashed
    absl::Duration last_beat;                   // the group hears from it while it runs
    absl::Duration step_at, believes_at;        // by true time
    std::vector<Peer> believes_next;
    absl::Duration doubts_until;  // believes wrongly that others are dead
  };
  struct Message {  // a call, then its answer
    size_t from = 0, to = 0;
    std::string method, bytes;
    cluster::CallDone done;
    absl::Duration arrives, given_up;
    bool is_answer = false;
    absl::StatusOr<std::string> answer;
  };

  void Send(size_t from, const std::string& address, const std::string& method, std::string request,
            absl::Duration timeout, cluster::CallDone done);
  absl::StatusOr<std::string> Handle(size_t machine, const std::string& method, const std::string& request);
  absl::Duration Delay(Random& random, bool healing) const;
  void Believe(size_t machine, Random& random, bool healing);
  void Bring(Random& random, bool healing);

  const Options options_;
  std::deque<Machine> machines_;
  std::deque<Message> sent_;  // of this moment: their way is drawn when they are brought
  std::vector<Message> under_way_;
  uint64_t asked_ = 0;
};

}  // namespace shoujie::sim
