// What supervision 督办, public notices 通报 and priorities make of a ticket: the part of `Evolve` that knows them.
// Called with every event, after what `Evolve` makes of it: a hand-off that is over ends what was begun for it alone.
// `now`: the instant at which the event takes effect.
#pragma once

#include <string>

#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

void EvolveSupervision(v1::Ticket& ticket, const v1::Event& event, const google::protobuf::Timestamp& now,
                       const std::string& principal);

}  // namespace shoujie::router
