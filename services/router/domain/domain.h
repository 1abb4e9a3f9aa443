// The router service as data for the runtime.
#pragma once

#include "services/runtime/domain.h"

namespace shoujie::router {

ServiceDomain Domain();

}  // namespace shoujie::router
