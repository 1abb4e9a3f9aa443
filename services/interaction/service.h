// The interaction service as the server mounts it.
#pragma once

#include "services/runtime/service.h"

namespace shoujie::interaction {

ServiceModule Service();

}  // namespace shoujie::interaction
