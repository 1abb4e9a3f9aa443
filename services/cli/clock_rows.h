// The rows of rpc_commands.h that are about a ticket's clocks: why they stand as they do, what makes them stand still,
// more time.
#pragma once

#include <vector>

#include "services/cli/rpc_commands.h"

namespace shoujie::cli {

std::vector<RpcCommand> ClockRows();

}  // namespace shoujie::cli
