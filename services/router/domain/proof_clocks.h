// The proof of a ticket's clocks, a part of `CheckTicket` (proof.h): from the state alone, without calendars.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// DATA_LOSS saying what does not hold:
//  * clocks are numbered; at most one of a kind runs, and only while what it waits for is open: the episode, the offer,
//    the signed hand-off;
//  * a clock has runs, in order, without overlap, the first from its start on; only the last one of a clock that runs
//    may be open;
//  * no time counts while the customer's answer is awaited, unless the clock's policy says so; one that stands still
//    does so for that reason;
//  * never has more been spent than its runs are long;
//  * it is judged once at most, met only when it ends, breached at an instant after its start; dates are kept exactly
//    of what counts and is not judged;
//  * warnings rise.
absl::Status CheckClocks(const v1::Ticket& ticket, absl::Time until);

}  // namespace shoujie::router
