// What those who may become responsible for an offer have in hand, and whether they are there (F078): counted from the
// rows of tickets and presences as this node shows them, for an offer that it takes and for the account of where one
// would go. Hints of that moment: offers that are under way at the same time see the same counts.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "services/runtime/reference.h"
#include "services/runtime/service.h"
#include "shoujie/router/v1/commands.pb.h"
#include "shoujie/router/v1/routing.pb.h"

namespace shoujie::router {

// Of the people on rosters of this department (empty: of all), and of heads and deputies who have a capacity of their
// own: those who are bound by a capacity, and those who have said whether they are there. Nothing where that is nobody,
// or this node lists no tickets.
v1::RouteLoads LoadsNow(const std::string& department, const Reference& reference, absl::Time now,
                        const RowsOf& rows_of);

// To an offer that rosters decide on; whatever a client wrote there is gone.
void AddLoads(const HintContext& context, v1::OfferHandoffRequest* request);

}  // namespace shoujie::router
