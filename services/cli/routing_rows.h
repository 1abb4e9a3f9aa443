// Commands of routing: where an offer would go and why, and the directory's table and rosters that say so.
#pragma once

#include <vector>

#include "services/cli/rpc_commands.h"

namespace shoujie::cli {

std::vector<RpcCommand> RoutingRows();

}  // namespace shoujie::cli
