// Part of the calls' workload: what owners, departments and leaders send about disputes, and to those above them.
// Mostly valid, never always.
#pragma once

#include <memory>
#include <string>

#include "services/runtime/sim/workload.h"
#include "shoujie/directory/v1/directory.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::testing {

// Few refusals are left, and little time: so budgets are spent, rulings overdue and hand-offs found to stall in a short
// run.
void AddDisputePolicies(sim::Random& random, directory::v1::Directory* directory);
// `department`: that has the ticket, as its client believes; empty: none. `other`: one that may be another.
std::unique_ptr<google::protobuf::Message> DisputeStep(sim::Random& random, absl::Time now, const std::string& ticket,
                                                       const std::string& department, const std::string& other);
// The ticket as somebody sees it who has forgotten what departments gave back: for a rule that is broken on purpose.
void ForgetRefusals(router::v1::Ticket* ticket);

}  // namespace shoujie::testing
