// Part of the calls' workload: what leaders and departments send about supervision 督办, and what is urged or
// prioritized. Mostly valid, never always.
#pragma once

#include <memory>
#include <string>

#include "services/runtime/sim/workload.h"
#include "shoujie/directory/v1/directory.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::testing {

// Little time for answers, and few notices or breaches until one begins by itself: so supervisions are overdue in a
// short run.
void AddSupervisionPolicies(sim::Random& random, directory::v1::Directory* directory);
std::unique_ptr<google::protobuf::Message> SupervisionStep(sim::Random& random, absl::Time now,
                                                           const std::string& ticket);
// The ticket as somebody sees it who has forgotten what stands over it: for a rule that is broken on purpose.
void ForgetSupervision(router::v1::Ticket* ticket);

}  // namespace shoujie::testing
