// Rulings of all tickets, so that later disputes can cite them (F074). Read-only, over the rows of lists.
#pragma once

#include "absl/status/status.h"
#include "services/runtime/service.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

absl::Status ListRulings(const v1::ListRulingsRequest& request, v1::ListRulingsResponse* response,
                         const QueryContext& context);

}  // namespace shoujie::router
