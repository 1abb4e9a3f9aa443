// `shoujie admin rebuild`: has a node make stores again from their journals while it serves, and tells how it goes.
#pragma once

#include "services/cli/registry.h"

namespace shoujie::cli {

void AddAdminRebuild(Registry* registry);

}  // namespace shoujie::cli
