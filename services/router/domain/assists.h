// Assisting departments 协办 (F068) as rules, fold and proof see them. An assist stands beside custody: it never names
// the holder, moves no owner and runs no clock. What it does is hold up the end: neither the lead department's hand-off
// nor the ticket is done while one is open. Pure functions of the state.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/runtime/domain.h"
#include "shoujie/router/v1/events.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// Asked for or signed, and not ended.
bool IsOpen(const v1::Assist& assist);
// The open one of this department; nullptr: it has none. At most one at a time.
const v1::Assist* OpenAssistOf(const v1::Ticket& ticket, absl::string_view department);
// ASSISTS_OPEN, which lists them: children before parent.
absl::Status RequireNoAssists(const v1::Ticket& ticket);

// "assist/<number>" at the deadline of each open one that is not overdue yet.
void AddAssistTimers(const v1::Ticket& ticket, std::vector<Timer>* timers);
// What an assist's timer that is wanted makes. Empty: it is no assist's.
std::vector<Decided<v1::Event>> DecideAssistTimer(const v1::Ticket& ticket, const std::string& timer);

}  // namespace shoujie::router
