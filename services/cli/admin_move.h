// `shoujie admin move --to-kafka`: a stopped server's data directory goes to a Kafka cluster, so that a small site can
// grow. The directory itself is left as it is.
#pragma once

#include "services/cli/registry.h"

namespace shoujie::cli {

void AddAdminMove(Registry* registry);

}  // namespace shoujie::cli
