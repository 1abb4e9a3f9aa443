// The directory service as data for the runtime.
#pragma once

#include "services/runtime/domain.h"

namespace shoujie::directory {

ServiceDomain Domain();

}  // namespace shoujie::directory
