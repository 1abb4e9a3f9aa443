// Tills that pay each other by messages: see till.proto. Not an example of a real domain.
#pragma once

#include "services/runtime/domain.h"

namespace shoujie::testing {

// "tills/NAME", each in the slot of its name's hash.
ServiceDomain TillDomain();
// Whether a till takes this amount.
bool TillTakes(int64_t amount);

}  // namespace shoujie::testing
