// The proof of a ticket's assists, a part of `CheckTicket` (proof.h): from the state alone.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// DATA_LOSS saying what does not hold:
//  * assists are numbered; each names department, person responsible, deadline and who asked;
//  * its instants are in order, offered → signed → ended, inside its episode, and go with its state;
//  * open ones belong to the episode that runs, within the limit, at most one of a department: children end before
//    their parent is closed;
//  * none was open when the lead department was done with its hand-off.
absl::Status CheckAssists(const v1::Ticket& ticket, absl::Time until);

}  // namespace shoujie::router
