// What a department's own programs ask of the router: the feed of what concerns it, and how to reach a customer. What
// they do to tickets are commands like everybody's.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/runtime/service.h"
#include "shoujie/router/v1/commands.pb.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

// DEPARTMENT_UNKNOWN, NOT_OF_DEPARTMENT: members, head and deputies of the department may watch it, operators, and
// whoever has the right to read what is not his own.
absl::StatusOr<WatchOrder> WatchTickets(const v1::WatchTicketsRequest& request, const Principal& principal,
                                        const Reference& reference);

// The answer to a GetContactDetails whose record counts. A repeat of the request is answered only while the department
// still has the ticket, or assists on it.
absl::Status GetContactDetails(const v1::GetContactDetailsRequest& request, v1::ContactDetails* response,
                               const QueryContext& context);

}  // namespace shoujie::router
