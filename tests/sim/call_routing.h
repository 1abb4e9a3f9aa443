// Routed offers of the callers' workload: a table and rosters whose hours change every few minutes, and the check that
// each routed hand-off went where the directory version that it names leads.
#pragma once

#include <string>
#include <vector>

#include "services/runtime/sim/random.h"
#include "shoujie/directory/v1/directory.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::testing {

// To a directory of this workload: departments "repair" and "billing", a calendar "office".
void AddRouting(sim::Random& random, directory::v1::Directory* directory);

// A sentence for each hand-off that, by what it was decided by, would have gone elsewhere. `versions`: as they were
// published, from version 1 on.
std::vector<std::string> CheckRouting(const router::v1::Ticket& ticket,
                                      const std::vector<directory::v1::Directory>& versions);

}  // namespace shoujie::testing
