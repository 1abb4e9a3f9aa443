// The directory service as the server mounts it.
#pragma once

#include "services/directory/sample.h"  // what a server publishes on the first start
#include "services/runtime/service.h"

namespace shoujie::directory {

ServiceModule Service();

}  // namespace shoujie::directory
