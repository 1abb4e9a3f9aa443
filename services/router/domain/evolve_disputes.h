// What disputes, rulings, stalls and questions to superiors make of a ticket: the part of `Evolve` that knows them, and
// what they add to the events of hand-offs. Called with every event, after what `Evolve` makes of it. `now`: the
// instant at which it takes effect.
#pragma once

#include <string>

#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

void EvolveDispute(v1::Ticket& ticket, const v1::Event& event, const google::protobuf::Timestamp& now,
                   const std::string& principal);

}  // namespace shoujie::router
