// What events of assisting departments make of a ticket's assists: the part of `Evolve` that knows them. Of an assist
// that the ticket does not have they make nothing. `now`: the instant at which the event takes effect.
#pragma once

#include <string>

#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

void EvolveAssist(v1::Ticket& ticket, const v1::Event& event, const google::protobuf::Timestamp& now,
                  const std::string& principal);

}  // namespace shoujie::router
