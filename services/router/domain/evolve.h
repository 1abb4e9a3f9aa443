// The memory of a ticket: what each recorded event makes of its state. Cannot fail and depends on its arguments alone;
// rules live in `decide.h`. All instants of custody and ownership are the events' effective ones, never before the
// event before, so intervals can't be negative whatever order facts arrive in.
#pragma once

#include "absl/time/time.h"
#include "services/runtime/domain.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

void Evolve(v1::Ticket& ticket, const v1::Event& event, const EventContext& at);
// The same for an event that is decided and not recorded yet, as it will be: what is decided after it depends on it.
void EvolveDecided(v1::Ticket& then, const v1::Event& event, absl::Time effective_at, const Context& context);

}  // namespace shoujie::router
