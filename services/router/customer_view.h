// What a customer may be told of his matter: how far it is, when it will be done, what has happened (R149–R152). Made
// of the ticket as it stands, without the names of those who work on it (R191) and without anybody's free text. Pure.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/runtime/service.h"
#include "shoujie/router/v1/service.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::router {

// `zone`: of the times in the texts.
v1::CustomerView ViewOf(const v1::Ticket& ticket, absl::Time now, const absl::TimeZone& zone);

absl::Status GetCustomerView(const v1::GetCustomerViewRequest& request, v1::CustomerView* response,
                             const QueryContext& context);

}  // namespace shoujie::router
