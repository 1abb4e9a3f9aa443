// The list of public notices 通报: which departments let the deadline of a supervision pass for so long as the
// directory says. Read-only, over rows of all partitions.
#pragma once

#include "absl/status/status.h"
#include "services/runtime/service.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

// Newest first; a page that had to look at very many rows ends early, with a token. Errors: INTERVAL, and those of a
// page (page.h).
absl::Status ListPublicNotices(const v1::ListPublicNoticesRequest& request, v1::ListPublicNoticesResponse* response,
                               const QueryContext& context);

}  // namespace shoujie::router
