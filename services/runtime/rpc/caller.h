// Who calls and what he sends, checked before anything else looks at it: what all kinds of calls have in common.
// Internal to rpc/: includes gRPC.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "services/runtime/base/principal.h"
#include "services/runtime/rpc/server.h"
#include "services/runtime/rpc/surface.h"

namespace shoujie::rpc {

struct Caller {
  Principal principal;
  std::string traceparent;  // of the W3C form, or empty
  bool hop = false;         // passed on by another node: never once more
};
// METADATA_TOO_LARGE, UNAUTHENTICATED and what the token store says. A node of the cluster says on whose behalf it
// calls; without that it calls for itself. Nobody else is believed.
absl::StatusOr<Caller> CallerOf(const ServerOptions& options, const grpc::CallbackServerContext& context);

std::string BytesOf(const grpc::ByteBuffer& bytes);
// Whether the message could be written: always below 2 GiB.
bool Write(const google::protobuf::Message& message, grpc::ByteBuffer* out);

// The refusal of everything that comes once the server is stopping.
absl::Status ServerStopping();

}  // namespace shoujie::rpc
