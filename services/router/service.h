// The router service as the server mounts it.
#pragma once

#include "services/runtime/service.h"

namespace shoujie::router {

ServiceModule Service();

}  // namespace shoujie::router
