// All commands of the program, in the order of its help. A family of commands has a file and a line in
// `AddAllCommands`.
#pragma once

#include "services/cli/registry.h"

namespace shoujie::cli {

void AddAllCommands(Registry* registry);

}  // namespace shoujie::cli
