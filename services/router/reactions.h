// What the router does because of what happened in other services. Stateless and pure.
#pragma once

#include <memory>
#include <vector>

#include "services/runtime/domain.h"

namespace shoujie::router {

// interaction's TicketNeeded → OpenTicketRequest, in the same slot. The gist stays sealed.
std::vector<std::unique_ptr<google::protobuf::Message>> OnInteraction(const ForeignEvent& foreign);

}  // namespace shoujie::router
