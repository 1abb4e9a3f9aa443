// Answers from the read model: lists of contacts, open orders and presences, the report of contacts; and the one look
// into a contact's personal data that an adapter needs, the number to dial.
#pragma once

#include <vector>

#include "services/runtime/service.h"

namespace shoujie::interaction {

std::vector<Query> Queries();

}  // namespace shoujie::interaction
