// How a ticket of the plan goes on: through which departments, what each of them does with it, how it is closed and
// reopened.
#pragma once

#include <string>

#include "loadtest/switch/plan.h"
#include "loadtest/switch/staff.h"

namespace shoujie::loadtest {

TicketPlan PlanTicket(const directory::v1::Directory& directory, const Staff& staff, const ContactPlan& contact,
                      double brevity, Random* random);
std::string Describe(const TicketPlan& plan);

}  // namespace shoujie::loadtest
