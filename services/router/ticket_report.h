// The report of tickets: how many, how long they took, whether they were resolved in time, and by whose doing. Verdicts
// come from what happened and from the instant by which a ticket should have been resolved; what a source itself says
// of being in time is neither imported nor asked for. Hand-offs in detail are ReportHandoffs' subject.
#pragma once

#include "absl/status/status.h"
#include "services/runtime/service.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

// Looks at every row opened in the interval.
absl::Status ReportTickets(const v1::ReportTicketsRequest& request, v1::ReportTicketsResponse* response,
                           const QueryContext& context);

}  // namespace shoujie::router
