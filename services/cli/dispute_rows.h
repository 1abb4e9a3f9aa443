// The rows of rpc_commands.h that are about disputes between departments, rulings, and asking upwards.
#pragma once

#include <vector>

#include "services/cli/rpc_commands.h"

namespace shoujie::cli {

std::vector<RpcCommand> DisputeRows();

}  // namespace shoujie::cli
