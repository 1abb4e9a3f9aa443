// Lists and reports over rows of all partitions. Read-only; answers name the partitions whose rows may lag.
#pragma once

#include "absl/status/status.h"
#include "services/runtime/service.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

// Reads one page of the index that the narrowest filter has; a page that had to look at very many rows ends early, with
// a token.
absl::Status ListTickets(const v1::ListTicketsRequest& request, v1::ListTicketsResponse* response,
                         const QueryContext& context);
// Looks at every row opened in the interval.
absl::Status ReportHandoffs(const v1::ReportHandoffsRequest& request, v1::ReportHandoffsResponse* response,
                            const QueryContext& context);

// Why each clock of a ticket stands as it does (domain/explain.h), by the directory versions that it was counted with.
absl::Status ExplainClocks(const v1::ExplainClocksRequest& request, v1::ExplainClocksResponse* response,
                           const QueryContext& context);

}  // namespace shoujie::router
