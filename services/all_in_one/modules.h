// The services of this build, in the order in which they are mounted. Adding a service is one line in the .cc file.
#pragma once

#include <vector>

#include "services/runtime/service.h"

namespace shoujie {

std::vector<ServiceModule> AllModules();

}  // namespace shoujie
