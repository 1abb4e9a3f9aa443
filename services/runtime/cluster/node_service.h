// How nodes reach each other by RPC: the service that others call, the calls to them, and the token that only nodes
// have.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/runtime/cluster/cluster.h"
#include "services/runtime/rpc/surface.h"

namespace shoujie::cluster {

// Shoujie.node.v1.NodeService, for `rpc::ServerOptions::mounted`. `cluster` must outlive the server.
rpc::MountedService MakeNodeService(Cluster* cluster);

// What every node of a cluster can make and nobody else: they share the slot key, which no client ever sees.
std::string NodeToken(absl::string_view slot_key);

}  // namespace shoujie::cluster
