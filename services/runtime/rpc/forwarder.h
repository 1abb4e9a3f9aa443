// Calls from node to node of a cluster: a client's call passed on to the owner, bytes as they came, and what nodes ask
// of each other. They carry the cluster's own token, a secret that every node derives from the slot key and that no
// client has; only with it a node takes a call's principal from its metadata, and such a call is never passed on again.
// One connection per node. Thread-safe. No gRPC header is included here.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/runtime/base/principal.h"
#include "services/runtime/rpc/client.h"

namespace shoujie::rpc {

// Metadata of a call that was passed on: who asked, and his rights as a decimal number.
inline constexpr char kHopPrincipal[] = "shoujie-hop-principal";
inline constexpr char kHopRights[] = "shoujie-hop-rights";

class Forwarder {
 public:
  using Done = std::function<void(absl::StatusOr<std::string>)>;

  explicit Forwarder(std::string node_token) : node_token_(std::move(node_token)) {}

  // `method` = "package.Service/Method". Passes on what `principal` asked.
  void Forward(const std::string& address, const std::string& method, std::string request, const Principal& principal,
               const std::string& traceparent, absl::Duration timeout, Done done);
  // A call of the node itself, to shoujie.node.v1.NodeService.
  void Call(const std::string& address, const std::string& method, std::string request, absl::Duration timeout,
            Done done);

  // Nobody answers at `address` any more, as far as is known: what is in flight to it ends with SERVER_UNREACHABLE.
  void GiveUp(const std::string& address);

 private:
  std::shared_ptr<Client> ClientOf(const std::string& address);

  const std::string node_token_;
  absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<Client>> clients_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shoujie::rpc
