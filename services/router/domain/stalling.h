// Ping-pong and stalling (F077, R019, R022): what a ticket's hand-offs say of those who had it. Found by Decide and
// recorded once, so that a list can show it and a later rule makes no difference to what was found. Pure.
#pragma once

#include <optional>

#include "absl/time/time.h"
#include "services/runtime/reference.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// Whether this offer is one more of a ticket that goes back and forth: to a department that gave it back since the last
// result, and another one after it; or the first after so many hand-offs that came back with nothing done as
// `policies.ping_pong_after` says. Sending it again to who asked for information is neither. What the owner's side took
// back itself does not count, nor does offering that a second time.
std::optional<v1::PingPongFound> PingPongOf(const v1::Ticket& ticket, const v1::HandoffOffered& offered,
                                            const Reference& reference);

// When the active hand-off will have been without a sign of life for so long that it stalls; nothing: it is not signed,
// nobody watches, it was found to stall already, or the customer is awaited.
std::optional<absl::Time> StallsAt(const v1::Ticket& ticket);
// Of a signed hand-off: its signature, the last report, or the end of the last wait for the customer.
absl::Time LastSignOfLife(const v1::Ticket& ticket, const v1::Handoff& handoff);

}  // namespace shoujie::router
