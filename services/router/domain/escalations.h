// Escalations of all kinds (F075, F094, R204, R205): somebody higher is asked to act, asked what to do, or told by when
// he has to take a stand. One list, one kind of timer, one way to answer; neither owner nor custody moves.
#pragma once

#include "absl/status/status.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// Whether he may still answer: nobody has, and its episode runs.
bool IsAwaited(const v1::Escalation& escalation, const v1::Ticket& ticket);
// Whether its deadline still matters: the same, and it has not passed.
bool IsOpen(const v1::Escalation& escalation, const v1::Ticket& ticket);
// Whether the ticket may have one more.
absl::Status RequireRoomForEscalation(const v1::Ticket& ticket);

}  // namespace shoujie::router
