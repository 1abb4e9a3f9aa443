// The rows of rpc_commands.h that are for operators: servers, nodes, shards, tokens.
#pragma once

#include <vector>

#include "services/cli/rpc_commands.h"

namespace shoujie::cli {

std::vector<RpcCommand> OperatorRows();

}  // namespace shoujie::cli
