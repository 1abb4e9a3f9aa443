// Clients of desk and book: the smallest services that have everything a shard offers. For tests of the simulator
// itself and for runs that shall be short.
#pragma once

#include "services/runtime/sim/workload.h"
#include "tests/support/desk.h"

namespace shoujie::testing {

class DeskWorkload : public sim::Workload {
 public:
  // `forget_owner` breaks the fold on purpose: a new owner leaves nobody accountable.
  explicit DeskWorkload(bool forget_owner = false) : desk_(DeskDomain(forget_owner)), book_(BookDomain()) {}

  const std::vector<const ServiceDomain*>& domains() const override { return domains_; }
  directory::v1::Directory Directory(sim::Random& random) override;
  sim::Intent Next(sim::Random& random, absl::Time now) override;
  void Answered(const sim::Intent& intent, const absl::StatusOr<common::v1::CommandReply>& answer) override;
  std::vector<std::string> Check(const sim::States& states, absl::Time now) const override;

 private:
  ServiceDomain desk_, book_;
  std::vector<const ServiceDomain*> domains_{&desk_, &book_};
  std::vector<std::string> cases_;
  int directories_ = 0;
};

}  // namespace shoujie::testing
