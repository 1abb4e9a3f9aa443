// The proof of what a ticket has to do with duplicates, a part of `CheckTicket` (proof.h): from its state alone. That
// the two tickets of a merge agree can be seen only where no message is under way: the simulator looks there.
#pragma once

#include "absl/status/status.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// DATA_LOSS saying what does not hold:
//  * it is merged by its state exactly if it is by its merge, and exactly if the custody that runs says so; a merge is
//    numbered, names another ticket and who asked, and has instants in order that go with its state; one that was
//    declined has a reason;
//  * merged, or about to be, it has no hand-off, no assist, no wait and no closed episode, and lists no duplicates (no
//    chains, no cycles: merge.h);
//  * its duplicates are others than itself, each listed once, and no more than the limit;
//  * it was not held as merged more often than it was merged.
absl::Status CheckMerge(const v1::Ticket& ticket);

}  // namespace shoujie::router
