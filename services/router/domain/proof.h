// The proof of a ticket (F085, F086, R001, R004): from its state alone, that somebody was accountable and somebody held
// it at every instant of its life. Used by verification, by the simulator and by tests; rules don't need it. The other
// half, that the state is what was recorded, is the hash chain of the stream's records.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// Checks the life from `open_time` to `until` (or to the last event, if that is later), DATA_LOSS saying what does not
// hold:
//  * exactly one owner at every instant, the links contiguous from `open_time`, the last one open and equal to `owner`;
//  * exactly one holder at every instant: custody contiguous across episodes, never negative, only the last interval
//    open, and its sum equal to the whole life to the millisecond;
//  * custody is what people did: owner's, closed and merged intervals name the owner of that time, a department's the
//  hand-off
//    and its instants of offer and signature;
//  * episodes numbered and ordered; those that are over have a resolution with a code, and of work done here the
//    contact that documents it (R021); state and at most one active hand-off agree with the interval that runs;
//  * a hand-off that was routed went to somebody (F070);
//  * what `CheckClocks` says of its clocks (proof_clocks.h), `CheckDisputes` of its disputes (proof_disputes.h),
//    `CheckAssists` of its assists (proof_assists.h), `CheckMerge` of its merge and duplicates (proof_merge.h) and
//    `CheckSupervision` of its supervisions (proof_supervision.h).
// A ticket that was never opened holds trivially.
absl::Status CheckTicket(const v1::Ticket& ticket, absl::Time until);

// How long a party held the ticket up to `until`, by kind; parts of the sum that `CheckTicket` proves.
absl::Duration HeldBy(const v1::Ticket& ticket, const v1::Party& party, v1::CustodyKind kind, absl::Time until);

}  // namespace shoujie::router
