// The directory as a file: export, import, diff; which shards have adopted a version; an agent's leave from its
// announcement to its end.
#pragma once

#include "services/cli/registry.h"

namespace shoujie::cli {

void AddDirectoryCommands(Registry* registry);

}  // namespace shoujie::cli
