// An agent's last presence: a hint for offering and for rules that ask who is there (R009), never an invariant.
#pragma once

#include "services/interaction/domain/contact.h"

namespace shoujie::interaction {

Decision<v1::Event> DecidePresence(const v1::Presence&, const v1::SetPresenceRequest&, const Context&);
void EvolvePresence(v1::Presence& presence, const v1::Event& event, const EventContext& at);

}  // namespace shoujie::interaction
