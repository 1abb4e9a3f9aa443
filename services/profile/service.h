// The profile service as the server mounts it.
#pragma once

#include "services/runtime/service.h"

namespace shoujie::profile {

ServiceModule Service();

}  // namespace shoujie::profile
