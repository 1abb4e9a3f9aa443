// What the router does because of what happened in other services. Stateless and pure.
#pragma once

#include <memory>
#include <vector>

#include "services/runtime/domain.h"

namespace shoujie::router {

// In the same slot: interaction's TicketNeeded → OpenTicketRequest, whose gist stays sealed; what changes the customer
// of a contact that has a ticket → SetCustomerRequest.
std::vector<std::unique_ptr<google::protobuf::Message>> OnInteraction(const ForeignEvent& foreign);

}  // namespace shoujie::router
