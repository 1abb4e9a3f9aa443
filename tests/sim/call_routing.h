// Offers of the callers' workload, routed or not: a table and rosters whose hours change every few minutes, capacities,
// loads as a node's lists might have shown them, and the check that each routed hand-off went where the directory
// version that it names leads with the loads that it was decided on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "services/runtime/sim/random.h"
#include "shoujie/directory/v1/directory.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::testing {

// To a directory of this workload: departments "repair" and "billing", a calendar "office".
void AddRouting(sim::Random& random, directory::v1::Directory* directory);

// By the owner's side. The loads are what the random numbers say: lists may lag as they like.
std::unique_ptr<google::protobuf::Message> OfferStep(sim::Random& random, absl::Time now, const std::string& ticket);

// As if capacities were not looked at: to the first one who was passed over for his. Nothing if nobody was.
void GiveToWhoIsFull(router::v1::Handoff* handoff);

// A sentence for each hand-off that, by what it was decided by, would have gone elsewhere. `versions`: as they were
// published, from version 1 on.
std::vector<std::string> CheckRouting(const router::v1::Ticket& ticket,
                                      const std::vector<directory::v1::Directory>& versions);

}  // namespace shoujie::testing
