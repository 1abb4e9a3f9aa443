// `shoujie directory leave AGENT`: an agent's leave from its announcement to its end, as far as it can go: announces
// it, waits until every shard knows, shows what is still his, and completes it once nothing is. What is open is handed
// over by `shoujie ticket handover`; the same command again goes on from where the leave is.
#pragma once

#include "services/cli/registry.h"

namespace shoujie::cli {

void AddDirectoryLeave(Registry* registry);

}  // namespace shoujie::cli
