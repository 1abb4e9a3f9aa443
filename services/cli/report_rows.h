// The rows of rpc_commands.h that are reports: figures counted from recorded events, zeros shown.
#pragma once

#include <vector>

#include "services/cli/rpc_commands.h"

namespace shoujie::cli {

std::vector<RpcCommand> ReportRows();

}  // namespace shoujie::cli
