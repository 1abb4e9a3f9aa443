// `shoujie verify all | ticket`: proofs over a stopped data directory, or over a checkpoint that a running server on
// this machine makes first. Nothing here asks the server what is true.
#pragma once

#include "services/cli/registry.h"

namespace shoujie::cli {

void AddVerifyCommands(Registry* registry);

}  // namespace shoujie::cli
