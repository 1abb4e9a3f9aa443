// The rows of rpc_commands.h that are about departments which assist 协办 on a ticket that another one has, or the
// owner.
#pragma once

#include <vector>

#include "services/cli/rpc_commands.h"

namespace shoujie::cli {

std::vector<RpcCommand> AssistRows();

}  // namespace shoujie::cli
