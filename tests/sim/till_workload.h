// Clients of tills that pay each other: messages between slots, chained, refused and answered. For runs that try
// messages.
#pragma once

#include "services/runtime/sim/workload.h"
#include "tests/support/till.h"

namespace shoujie::testing {

class TillWorkload : public sim::Workload {
 public:
  TillWorkload() : till_(TillDomain()) {}

  const std::vector<const ServiceDomain*>& domains() const override { return domains_; }
  directory::v1::Directory Directory(sim::Random&) override { return {}; }
  sim::Intent Next(sim::Random& random, absl::Time now) override;
  void Answered(const sim::Intent&, const absl::StatusOr<common::v1::CommandReply>&) override {}
  std::vector<std::string> Check(const sim::States& states, absl::Time now) const override;

 private:
  ServiceDomain till_;
  std::vector<const ServiceDomain*> domains_{&till_};
};

}  // namespace shoujie::testing
