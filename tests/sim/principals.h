// Who acts in several workloads.
#pragma once

#include "services/runtime/base/principal.h"

namespace shoujie::testing {

inline Principal Operator() { return {"operators/first", static_cast<uint32_t>(Right::kOperate)}; }
inline Principal Switch() { return {"adapters/switch-1", static_cast<uint32_t>(Right::kFacts)}; }

}  // namespace shoujie::testing
