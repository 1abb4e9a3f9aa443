// What interaction does because of what happened in other services. Stateless and pure.
#pragma once

#include <memory>
#include <vector>

#include "services/runtime/domain.h"

namespace shoujie::interaction {

// profile's links, in the contact's slot: a customer's card → TakeCustomerCardRequest, a customer that there is not →
// RefuseAttributionRequest.
std::vector<std::unique_ptr<google::protobuf::Message>> OnProfile(const ForeignEvent& foreign);

}  // namespace shoujie::interaction
