// The proof of a ticket's disputes, a part of `CheckTicket` (proof.h): from the state alone, without a directory.
#pragma once

#include "absl/status/status.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// DATA_LOSS saying what does not hold:
//  * disputes are numbered, one of an episode at a time, each with an arbiter and a deadline after its request;
//  * who is asked to rule works for no party; who ruled neither owned the ticket nor worked for a party or for the
//    department that has to do it;
//  * a ruling moves no owner: who was accountable then is in the ownership chain at that instant, and every link after
//    the first is somebody's explicit act, or the succession to an owner who has left;
//  * what a ruling gave to a department is a hand-off of that department, in its custody from the ruling's instant at
//    the latest, and neither refused nor returned nor withdrawn; what it took away ended at that instant;
//  * no department gave the ticket back beyond the budget that was in force;
//  * hand-offs stalled as often as the ticket counts.
absl::Status CheckDisputes(const v1::Ticket& ticket);

}  // namespace shoujie::router
