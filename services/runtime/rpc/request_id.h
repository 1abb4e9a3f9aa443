// Request ids of commands (AIP-155): UUIDv7, made by clients once for each command and kept for its repeats. The time
// in it must be that of the server's clock, which may be scaled (OpsService.GetServerInfo); a server refuses ids far
// from it. Thread-safe.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace shoujie::rpc {

std::string NewRequestId(absl::Time at);  // "0193a6b2-7c41-7d0e-9b1f-3f1c2d4e5f60"

}  // namespace shoujie::rpc
