// OpsService (proto/shoujie/ops/v1): who serves, since when, and the acts of operators on a running server. Mounted
// beside the modules in `rpc::ServerOptions::mounted`. Not for anything about customers or tickets.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/runtime/base/principal.h"
#include "services/runtime/node/backend.h"
#include "services/runtime/reference.h"
#include "services/runtime/rpc/surface.h"
#include "shoujie/ops/v1/service.pb.h"

namespace shoujie::ops {

struct OpsOptions {
  std::string version;
  uint32_t data_format = 0;
  std::optional<absl::Time> clock_start;  // of a scaled clock
  // The token store (TokenFile of security/tokens.h). Both block and may be called from any thread; errors go to the
  // caller as they are.
  std::function<absl::StatusOr<std::string>(const std::string& principal, uint32_t rights)> create_token;
  std::function<absl::StatusOr<size_t>(const std::string& principal)> revoke_token;  // how many there were
  std::function<std::shared_ptr<const Reference>()> reference;                       // the directory's newest version
  // Of a node of a cluster (cluster/cluster.h); else empty.
  struct Owner {
    std::string service;
    uint32_t partition = 0;
    std::string owner, address, wanted;
    uint64_t term = 0;
    std::vector<std::string> standbys;
    bool pinned = false;
  };
  std::function<std::vector<Owner>()> owners;
  std::function<std::vector<std::string>(absl::string_view feature)> cannot_read;  // names of nodes
  std::function<std::vector<std::string>()> nodes;
  std::function<absl::Status(const std::string& service, uint32_t partition)> promote;  // blocks
  // Of a node whose stores can be made again beside the live ones; else empty. `what`: "router/17", "router", "all".
  std::function<absl::Status(const std::string& what, uint64_t events_per_second_max)> start_rebuild;
  std::function<v1::Rebuild()> rebuild;
};

// `backend` must outlive the server that this is mounted in.
rpc::MountedService MakeOpsService(Backend& backend, OpsOptions options);

}  // namespace shoujie::ops
