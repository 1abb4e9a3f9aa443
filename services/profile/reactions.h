// What profile does because of what happened in other services. Stateless and pure.
#pragma once

#include <memory>
#include <vector>

#include "services/runtime/domain.h"

namespace shoujie::profile {

// In the contact's slot: interaction's Attributed and AttributionRefused → MoveLinkRequest; the end of a contact that
// has a customer, and taking it back → SetLinkOpenRequest.
std::vector<std::unique_ptr<google::protobuf::Message>> OnInteraction(const ForeignEvent& foreign);
// The same of tickets.
std::vector<std::unique_ptr<google::protobuf::Message>> OnRouter(const ForeignEvent& foreign);

}  // namespace shoujie::profile
