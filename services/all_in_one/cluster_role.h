// What makes a process one of several nodes on the same journals: its name, how it knows the others, how it reaches
// them.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/cluster/cluster.h"
#include "services/runtime/kafka/cluster.h"
#include "services/runtime/ops/ops_service.h"
#include "services/runtime/rpc/forwarder.h"
#include "services/runtime/rpc/server.h"

namespace CLI {
class App;
}

namespace shoujie {

struct ClusterFlags {
  std::string node;       // empty: this process owns everything alone
  std::string peers;      // static list; empty: a consumer group
  std::string advertise;  // empty: what it listens on
};
void AddClusterFlags(CLI::App* app, ClusterFlags* flags);

// Members in the order that destruction needs.
struct ClusterRole {
  // `services`: that this node serves; empty: all. Errors: ADVERTISE_INVALID, PEERS_INVALID.
  static absl::StatusOr<std::unique_ptr<ClusterRole>> Make(const ClusterFlags& flags, const std::string& listen,
                                                           std::set<std::string> services, const std::string& slot_key,
                                                           const kafka::Cluster& kafka_cluster, const Clock* clock);
  void AddTo(rpc::ServerOptions* options);
  void AddTo(ops::OpsOptions* options);
  // Hands over what is owned here, and says goodbye. The node still answers and forwards meanwhile.
  void Drain();

  std::string node_token;
  std::unique_ptr<rpc::Forwarder> forwarder;
  std::unique_ptr<cluster::Membership> membership;
  std::unique_ptr<cluster::Cluster> cluster;
};

}  // namespace shoujie
