// What owners, departments and whoever takes the customer's next call do with a ticket.
#pragma once

#include <vector>

#include "loadtest/switch/acts.h"

namespace shoujie::loadtest {

// From `at` (the ticket should be there by then) on; what would fall after `ends` is left out.
void AddTicketActs(const TicketPlan& plan, absl::Time at, absl::Time ends, std::vector<Act>* acts);

}  // namespace shoujie::loadtest
