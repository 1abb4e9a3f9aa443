// What events of merging make of the two tickets: the part of `Evolve` that knows them. `now`: the instant at which the
// event takes effect.
#pragma once

#include <string>

#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

void EvolveMerge(v1::Ticket& ticket, const v1::Event& event, const google::protobuf::Timestamp& now,
                 const std::string& principal);

}  // namespace shoujie::router
