// The interaction service as data for the runtime.
#pragma once

#include "services/runtime/domain.h"

namespace shoujie::interaction {

ServiceDomain Domain();

}  // namespace shoujie::interaction
