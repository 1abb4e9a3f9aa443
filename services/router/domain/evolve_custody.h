// What several parts of the fold do to a ticket that was opened: who holds it from when on, and where it stands. Pauses
// go with the state: waiting for the customer is a pause of the present episode, however it begins or ends.
#pragma once

#include <cstdint>

#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// From `from` on exactly this party holds the ticket.
void Hold(v1::Ticket& ticket, v1::CustodyKind kind, const v1::Party& party, uint32_t handoff,
          const google::protobuf::Timestamp& from);
// What was begun by an act here (`awaiting_since`) lasts until an act ends it, or the closing, whoever holds the ticket
// meanwhile.
void SetState(v1::Ticket& ticket, v1::TicketState state, const google::protobuf::Timestamp& now);
void BackToOwner(v1::Ticket& ticket, const google::protobuf::Timestamp& now);
void BeginPause(v1::Ticket& ticket, const google::protobuf::Timestamp& now);
void StopWaiting(v1::Ticket& ticket, const google::protobuf::Timestamp& now);

}  // namespace shoujie::router
