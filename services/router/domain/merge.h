// Merging duplicates 并单 (F041): one ticket, the duplicate, goes on in another one, and can be taken back. The two
// live in slots of their own and know each other by messages alone:
//
//   duplicate: asks to be merged ──LinkDuplicate──> other: lists it
//   duplicate: is merged         <──AcceptMerge────
//   duplicate: is as it was      <──MessageDeclined─ other: is closed, merged or asks to be itself, is full, not his
//   duplicate: goes its own way  ──UnlinkDuplicate─> other: lists it no more
//
// Invariant: a ticket that is merged, or asks to be, lists no duplicates. Each keeps it by itself: it does not ask
// while it lists any, and takes none while it is merged or asks. The other ticket lists a duplicate before that one
// hears of it, and until after that one has left; so while D is merged into T, T lists D, and is not merged itself.
// There are no chains and no cycles, whatever is asked at the same time: two that ask each other are both declined.
//
// Nothing is lost: a duplicate has one question open at most, does nothing meanwhile that the answer could not stand
// with, and gets exactly one answer, since the runtime's messages are taken once each, in order (shard/outbox.h). A
// merge is numbered, so that each side knows of which one it is told.
//
// Closing the other ticket does nothing to its duplicates: what the customer is told of them is its stage.
#pragma once

#include "absl/status/status.h"
#include "services/runtime/domain.h"
#include "shoujie/router/v1/commands.pb.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

inline bool IsMerged(const v1::Ticket& ticket) { return ticket.state() == v1::TICKET_STATE_MERGED; }
// Has asked and not been answered.
inline bool IsMerging(const v1::Ticket& ticket) { return ticket.merge().state() == v1::MERGE_STATE_REQUESTED; }
// TICKET_MERGED, which names the ticket that it goes on in; TICKET_MERGING.
absl::Status RequireUnmerged(const v1::Ticket& ticket);

// Of the duplicate.
Decision<v1::Event> DecideMerge(const v1::Ticket&, const v1::MergeTicketRequest&, const Context&);
Decision<v1::Event> DecideUnmerge(const v1::Ticket&, const v1::UnmergeTicketRequest&, const Context&);
Decision<v1::Event> DecideAcceptMerge(const v1::Ticket&, const v1::AcceptMergeRequest&, const Context&);
Decision<v1::Event> DecideMergeDeclined(const v1::Ticket&, const common::v1::MessageDeclined&, const Context&);
// Of the other ticket.
Decision<v1::Event> DecideLinkDuplicate(const v1::Ticket&, const v1::LinkDuplicateRequest&, const Context&);
Decision<v1::Event> DecideUnlinkDuplicate(const v1::Ticket&, const v1::UnlinkDuplicateRequest&, const Context&);

}  // namespace shoujie::router
