// Clients who play the flows of the domain page (tests/support/flows), a few side by side: each asks for the next step
// of its flow once the one before has its answer, and begins another flow when it is over. Beside what holds of every
// ticket, each must stand exactly where its script says, at whatever step the run left it and whatever failed
// meanwhile.
//
// What must be refused is refused for the reason that the script names, and never counts afterwards, although some of
// it would fit later (whoever may not close yet may close soon): all of it is asked for as `Intent::certain`, so the
// steps that were answered are those that count, and no others.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/runtime/reference.h"
#include "services/runtime/sim/workload.h"
#include "tests/sim/call_broken.h"
#include "tests/support/flows/flow.h"

namespace shoujie::testing {

class FlowWorkload : public sim::Workload {
 public:
  explicit FlowWorkload(Broken broken = Broken::kNothing);

  const std::vector<const ServiceDomain*>& domains() const override { return domains_; }
  directory::v1::Directory Directory(sim::Random& random) override;
  sim::Intent Next(sim::Random& random, absl::Time now) override;
  void Answered(const sim::Intent& intent, const absl::StatusOr<common::v1::CommandReply>& answer) override;
  std::vector<std::string> Check(const sim::States& states, absl::Time now) const override;
  std::map<std::string, uint64_t> Over() const override { return over_; }

  // Names of the kinds in `Over`.
  static constexpr const char* kRework = "rework";
  static constexpr const char* kPausedClock = "paused clock";

 private:
  // One flow at a time, of the same kind: the kinds share the lanes evenly.
  static constexpr size_t kLanes = 4;

  struct Played {
    std::unique_ptr<flows::Flow> flow;
    size_t lane = 0;
    std::string refused;  // that the step under way must be
    bool busy = false;    // a step is under way
    // Directory versions that there were when its ticket was asked for, and when it was known to be there (0: not yet).
    uint64_t versions_asked = 0, versions_known = 0;
  };
  static bool PausesClocks(size_t lane) { return lane % 2 == 1; }
  void Begin(sim::Random& random, size_t lane);
  std::vector<std::string> CheckFlow(const Played& played, const router::v1::Ticket* ticket, absl::Time now) const;
  // Each clock has the target that the policies of its own version give it, and each verdict is what they make of its
  // life.
  void CheckClocks(const router::v1::Ticket& ticket, absl::Time now, std::vector<std::string>* wrong) const;

  ServiceDomain interaction_, router_;
  std::vector<const ServiceDomain*> domains_{&interaction_, &router_};
  std::vector<std::unique_ptr<Reference>> versions_;  // as they were published, from 1
  std::optional<absl::Duration> publishes_;           // the target of the version that a step publishes
  std::deque<Played> all_;
  std::array<Played*, kLanes> lanes_{};  // what each plays now; null: it begins
  std::vector<std::string> wrong_;       // seen on the way
  std::map<std::string, uint64_t> over_;
};

}  // namespace shoujie::testing
