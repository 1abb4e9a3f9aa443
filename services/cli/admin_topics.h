// `shoujie admin topics create|check`: the topics that this build's services need on a Kafka cluster, made or compared
// with what they must be. Talks to the cluster, to no server of ours.
#pragma once

#include "services/cli/registry.h"

namespace shoujie::cli {

void AddAdminTopics(Registry* registry);

}  // namespace shoujie::cli
