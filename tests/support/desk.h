// Two small services that tests of the runtime run on: see desk.proto. Not an example of a real domain.
#pragma once

#include "services/runtime/domain.h"

namespace shoujie::testing {

// "cases/0413-000127-6": numbered, found by phone, with a reminder that rings three times. `forget_owner` breaks its
// fold on purpose: a change of owner leaves nobody accountable.
ServiceDomain DeskDomain(bool forget_owner = false);
// "entries/0413-000127-6": made by the reaction to the desk's `Added` and to nothing else.
ServiceDomain BookDomain();

}  // namespace shoujie::testing
