// The directory service as the server mounts it.
#pragma once

#include "services/runtime/service.h"

namespace shoujie::directory {

ServiceModule Service();

}  // namespace shoujie::directory
