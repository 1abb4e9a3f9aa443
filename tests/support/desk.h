// Two small services that tests of the runtime run on: see desk.proto. Not an example of a real domain.
#pragma once

#include "services/runtime/domain.h"

namespace shoujie::testing {

// "cases/0413-000127-6": numbered, found by phone, with a reminder that rings three times. `forget_owner` breaks its
// fold on purpose: a change of owner leaves nobody accountable.
ServiceDomain DeskDomain(bool forget_owner = false);
// Amounts beyond are written as `LargeAdded`, which this feature guards.
inline constexpr int64_t kLargeAbove = 120;
inline constexpr char kLargeAmounts[] = "large-amounts";
// "entries/0413-000127-6": made by the reaction to what the desk adds and to nothing else.
ServiceDomain BookDomain();

}  // namespace shoujie::testing
