// The rows of rpc_commands.h that are about duplicates 并单: a ticket goes on in another one, or its own way again.
#pragma once

#include <vector>

#include "services/cli/rpc_commands.h"

namespace shoujie::cli {

std::vector<RpcCommand> MergeRows();

}  // namespace shoujie::cli
