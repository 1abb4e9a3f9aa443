// The profile service as data for the runtime.
#pragma once

#include "services/runtime/domain.h"

namespace shoujie::profile {

ServiceDomain Domain();

}  // namespace shoujie::profile
