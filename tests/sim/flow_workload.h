// Clients who play the flows of the domain page (tests/support/flows), many of them side by side: each asks for the next
// step of its flow once the one before has its definite answer. Beside what holds of every ticket, each must stand
// exactly where its script says, whatever failed meanwhile.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "services/runtime/reference.h"
#include "services/runtime/sim/workload.h"
#include "tests/support/flows/flow.h"

namespace shoujie::testing {

class FlowWorkload : public sim::Workload {
 public:
  // What is broken on purpose: whoever reopens a ticket becomes its owner, as properly as by a transfer. No proof of a
  // ticket can see that; only the flow knows whose it was.
  explicit FlowWorkload(bool reopener_owns = false);

  const std::vector<const ServiceDomain*>& domains() const override { return domains_; }
  directory::v1::Directory Directory(sim::Random& random) override;
  sim::Intent Next(sim::Random& random, absl::Time now) override;
  void Answered(const sim::Intent& intent, const absl::StatusOr<common::v1::CommandReply>& answer) override;
  std::vector<std::string> Check(const sim::States& states, absl::Time now) const override;

  // Flows that were played to their end.
  uint64_t over() const { return over_; }

 private:
  struct Played {
    std::unique_ptr<flows::Flow> flow;
    std::string refused;  // that the step must be, of the intent under way
    std::string already;
    bool doubtful = false;  // the step was refused by somebody who did not know enough yet
    bool busy = false;
  };
  std::vector<std::string> CheckFlow(const Played& played, const router::v1::Ticket* ticket, absl::Time now) const;
  // Each verdict is what the policies of its own version make of the clock's life.
  void CheckVerdicts(const router::v1::Ticket& ticket, absl::Time now, std::vector<std::string>* wrong) const;

  ServiceDomain interaction_, router_;
  std::vector<const ServiceDomain*> domains_{&interaction_, &router_};
  std::vector<std::unique_ptr<Reference>> versions_;  // as they were published, from 1
  std::deque<Played> all_;
  std::vector<size_t> live_;
  std::vector<std::string> wrong_;  // seen on the way
  uint64_t over_ = 0;
};

}  // namespace shoujie::testing
