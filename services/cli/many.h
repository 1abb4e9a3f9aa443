// Acts on many tickets at once: one reason, one id, progress, each ticket answered by itself, and taken back as one.
// Not for what one command does: that is a row of rpc_commands.cc.
#pragma once

#include "services/cli/registry.h"

namespace shoujie::cli {

void AddManyCommands(Registry* registry);

}  // namespace shoujie::cli
