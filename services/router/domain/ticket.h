// Questions that rules, fold and proof ask a ticket. Pure functions of the state.
#pragma once

#include "absl/time/time.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// The hand-off that is offered or signed; nullptr if the ticket is with its owner. At most one at a time.
const v1::Handoff* ActiveHandoff(const v1::Ticket& ticket);
// Whether the present episode has ended (closed, or resolved in a source).
bool IsOver(v1::TicketState state);
inline bool IsOver(const v1::Ticket& ticket) { return IsOver(ticket.state()); }
// The number of the present episode; 0 before the opening.
uint32_t EpisodeOf(const v1::Ticket& ticket);
// The interval that runs now; nullptr before the opening.
const v1::Custody* RunningCustody(const v1::Ticket& ticket);

// The interval that held at this instant; nullptr before the opening.
const v1::Custody* CustodyAt(const v1::Ticket& ticket, absl::Time at);

v1::Party Person(const std::string& id);
v1::Party Department(const std::string& id);
inline bool SameParty(const v1::Party& a, const v1::Party& b) { return a.kind() == b.kind() && a.id() == b.id(); }

}  // namespace shoujie::router
