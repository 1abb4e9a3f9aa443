// Client's commands as the RPC surface would make them, without a server in front. For tests and the simulator.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "services/runtime/domain.h"
#include "services/runtime/security/keyring.h"
#include "services/runtime/shard/command.h"

namespace shoujie::sim {

// A request id (UUIDv7, 16 bytes) of that instant; `number` makes it distinct.
std::string RequestId(absl::Time at, uint64_t number);

// Finds the stream type that takes the request, routes it and marks its bytes. `etag` and `occurred_at` come from the
// fields of those names. Errors are what `Route` answers.
absl::StatusOr<Command> MakeCommand(const ServiceDomain& domain, const google::protobuf::Message& request,
                                    std::string id, Principal principal, KeyRing& keys);

}  // namespace shoujie::sim
