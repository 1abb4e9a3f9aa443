// Why an offer would go where it would go (F069, F078, F089): the routing table row by row as far as it is asked, then
// who is passed over, and who is responsible; in sentences for people in English and Chinese. Pure; nothing of it is
// stored.
// What a hand-off was really decided by stands in its record (`Handoff.routing`).
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/runtime/reference.h"
#include "shoujie/router/v1/routing.pb.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

// By the table and rosters of `as`, if it were offered at `at` with this duty role (may be empty), and people had
// `loads` in hand. The last line is what it comes to: CHOSEN, WAITS behind it, or NOBODY.
std::vector<v1::RouteLine> ExplainRoute(const v1::Ticket& ticket, const std::string& duty_role, const Reference& as,
                                        absl::Time at,
                                        const v1::RouteLoads& loads = v1::RouteLoads::default_instance());

}  // namespace shoujie::router
