// Clients of interaction and profile: contacts that are attributed, wrongly and anew, to customers in other slots who
// change meanwhile. For runs that try messages and reactions together.
#pragma once

#include <string>
#include <vector>

#include "services/runtime/sim/workload.h"

namespace shoujie::testing {

class LinkWorkload : public sim::Workload {
 public:
  LinkWorkload();

  const std::vector<const ServiceDomain*>& domains() const override { return domains_; }
  directory::v1::Directory Directory(sim::Random& random) override;
  sim::Intent Next(sim::Random& random, absl::Time now) override;
  void Answered(const sim::Intent& intent, const absl::StatusOr<common::v1::CommandReply>& answer) override;
  std::vector<std::string> Check(const sim::States& states, absl::Time now) const override;

 private:
  ServiceDomain interaction_, profile_;
  std::vector<const ServiceDomain*> domains_{&interaction_, &profile_};
  std::vector<std::string> contacts_, customers_;
  uint64_t calls_ = 0;
};

}  // namespace shoujie::testing
