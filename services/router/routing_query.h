// Answers `ExplainRouting` (domain/explain_routing.h) by the directory version and instant that are asked for; without
// an instant, by what people have in hand now.
#pragma once

#include "absl/status/status.h"
#include "services/runtime/service.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

absl::Status ExplainRouting(const v1::ExplainRoutingRequest& request, v1::ExplainRoutingResponse* response,
                            const QueryContext& context);

}  // namespace shoujie::router
