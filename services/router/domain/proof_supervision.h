// The proof of a ticket's supervisions and public notices, a part of `CheckTicket` (proof.h): from the state alone.
#pragma once

#include "absl/status/status.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// DATA_LOSS saying what does not hold:
//  * supervisions are numbered, each with a supervisor who did not own the ticket, somebody who has to answer and a
//    deadline after its beginning; who owned it then is in the ownership chain at that instant;
//  * at most one stands at a time, and none stands for a hand-off that is over;
//  * one is overdue only if nothing was answered before its deadline, and publicly noticed only if it was overdue, of a
//    department, at the instant that was recorded or later, and not answered before it;
//  * the ticket counts those that were overdue and those that were noticed.
absl::Status CheckSupervision(const v1::Ticket& ticket);

}  // namespace shoujie::router
