// The rows of rpc_commands.h that are about supervision 督办, public notices 通报 and which tickets go ahead of the
// rest.
#pragma once

#include <vector>

#include "services/cli/rpc_commands.h"

namespace shoujie::cli {

std::vector<RpcCommand> SupervisionRows();

}  // namespace shoujie::cli
