// How far the leave of an agent is (R004): which shards know of it, and what is still his. Answered from the rows of
// all partitions, each as of a place in its journal. A shard that has adopted the version that announced the leave
// never makes the agent the owner of an open ticket again: not at an opening, by a transfer or by taking one back, nor
// by opening a ticket of his again. So where each place lies behind that adoption, and none of his tickets is open
// there, none ever will be while the announcement stands: that is what the clearance says.
//
// History of other systems is as it was: a ticket of an import whose owner has left may be opened again by its source.
#pragma once

#include "absl/status/status.h"
#include "services/runtime/service.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

absl::Status CheckLeave(const v1::CheckLeaveRequest& request, v1::CheckLeaveResponse* response,
                        const QueryContext& context);

}  // namespace shoujie::router
