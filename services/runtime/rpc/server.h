// The RPC surface of a process: one gRPC server over the descriptors of the backend's modules, without generated stubs.
// Requests arrive as bytes and pass, in this order: metadata limit, authentication, access, size, form and UTF-8; then
// they go to the backend by the rules of runtime/service.h; where several nodes share the journals, a call for
// what another node owns is passed on to it, once. Every refusal is typed (rpc/status.h). Health (grpc.health.v1),
// reflection and keepalive limits come along. No gRPC header is included here.
//
// Not for anything a domain decides: this layer knows names, bytes and rights only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/principal.h"
#include "services/runtime/node/backend.h"
#include "services/runtime/rpc/surface.h"

namespace shoujie::rpc {

class Forwarder;

// Who a bearer token ("" if the call has none) stands for. Typed errors UNAUTHENTICATED reach the caller as they are;
// any other error becomes one. Called on gRPC's threads: must not block.
using Authenticator = std::function<absl::StatusOr<Principal>(absl::string_view token)>;

// One answered call, for logs and metrics. Holds no personal data; `method` lives as long as the server.
struct CallRecord {
  absl::string_view method;  // "shoujie.router.v1.TicketService/SignHandoff"
  absl::StatusCode code = absl::StatusCode::kOk;
  std::string reason;     // of errors
  std::string principal;  // empty if it was not known yet
  absl::Duration took;
  size_t request_bytes = 0;
  bool stream = false;  // it lasted as long as its caller liked
};
// Called once for each call, from any thread, before its answer goes out: must not block.
using Observer = std::function<void(const CallRecord&)>;

struct ServerOptions {
  std::string listen = "127.0.0.1:0";
  Authenticator authenticate;
  Observer observe;                     // may be empty
  std::vector<MountedService> mounted;  // beside the modules
  // Of a node of a cluster: the token that only its nodes have (empty: none is taken for a node), and how a call for
  // another node's shard is passed on (null: it is answered NOT_OWNER). Must outlive the server.
  std::string node_token;
  Forwarder* forwarder = nullptr;
  size_t query_threads = limits::kQueryThreads;
  size_t queries_max = limits::kQueriesMax;
  size_t calls_max = limits::kCallsMax;
  size_t batches_max = limits::kBatchCallsMax;
  size_t streams_max = limits::kStreamsMax;
};

// Where gRPC's own lines (about sockets and peers, never contents) go instead of the error output. Before the first
// server.
void SetTransportLog(void (*sink)(bool error, const char* text));

class RpcServer {
 public:
  // Refuses (FAILED_PRECONDITION) a surface that BindMethods refuses and (UNAVAILABLE) an address that cannot be bound.
  // The server answers from here on; health says NOT_SERVING until `SetServing(true)`. `backend` must outlive it.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(Backend& backend, ServerOptions options);
  ~RpcServer();  // Shutdown(0)

  int port() const;
  // "127.0.0.1:41234": where it listens, with the port that was given.
  const std::string& address() const;
  void SetServing(bool serving);
  // Takes nothing new, ends streams, lets calls finish for at most `grace` and cancels the rest. Later calls do
  // nothing.
  void Shutdown(absl::Duration grace);

 private:
  struct Impl;
  explicit RpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace shoujie::rpc
