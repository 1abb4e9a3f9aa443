#include "services/all_in_one/cluster_role.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "services/runtime/base/error.h"
#include "services/runtime/cluster/node_service.h"
#include "services/runtime/kafka/group.h"
#include "services/runtime/kafka/topics.h"
#include "services/runtime/ops/log.h"

namespace shoujie {
namespace {

constexpr absl::Duration kLeaveTimeout = absl::Seconds(2);

}  // namespace

void AddClusterFlags(CLI::App* app, ClusterFlags* flags) {
  app->add_option("--node", flags->node,
                  "this node's name, the same at every start; several nodes share the journals on Kafka")
      ->envname("SHOUJIE_NODE");
  app->add_option("--peers", flags->peers,
                  "NAME=HOST:PORT,…: all nodes, the same list on each; without it they find each other by Kafka")
      ->envname("SHOUJIE_PEERS");
  app->add_option("--advertise", flags->advertise, "HOST:PORT where other nodes and clients reach this one")
      ->envname("SHOUJIE_ADVERTISE");
}

absl::StatusOr<std::unique_ptr<ClusterRole>> ClusterRole::Make(const ClusterFlags& flags, const std::string& listen,
                                                               std::set<std::string> services,
                                                               const std::string& slot_key,
                                                               const kafka::Cluster& kafka_cluster,
                                                               const Clock* clock) {
  const Peer self{flags.node, flags.advertise.empty() ? listen : flags.advertise};
  if (absl::EndsWith(self.address, ":0") || absl::StrContains(self.name, '@') ||
      absl::StartsWith(self.address, "0.0.0.0")) {
    return Invalid(
        "ADVERTISE_INVALID",
        "Other nodes must know where this one is: give --advertise HOST:PORT (or --listen with a fixed port), and "
        "a --node name without '@'.",
        "其他节点需要知道本节点的地址：请用 --advertise 给出 主机:端口（或用固定端口的 --listen），且 --node "
        "名称中不要含 '@'。",
        {{"address", self.address}});
  }
  auto role = std::make_unique<ClusterRole>();
  role->node_token = cluster::NodeToken(slot_key);
  role->forwarder = std::make_unique<rpc::Forwarder>(role->node_token);
  if (flags.peers.empty()) {
    role->membership =
        std::make_unique<GroupMembership>(kafka_cluster, kafka::JournalTopic(kafka_cluster, "directory"), self);
  } else {
    auto peers = cluster::StaticMembership::Parse(flags.peers);
    if (!peers.ok()) return peers.status();
    role->membership = std::make_unique<cluster::StaticMembership>(self, *std::move(peers), clock);
  }
  cluster::Cluster::Options options;
  options.self = self;
  options.services = std::move(services);
  options.membership = role->membership.get();
  options.clock = clock;
  options.call = [forwarder = role->forwarder.get()](const std::string& address, const std::string& method,
                                                     std::string request, absl::Duration timeout,
                                                     cluster::CallDone done) {
    forwarder->Call(address, method, std::move(request), timeout, std::move(done));
  };
  options.log = [](const std::string& what, const std::string& about) {
    ops::LogWarn("cluster", {{"what", what}, {"about", about}});
  };
  options.gone = [forwarder = role->forwarder.get()](const Peer& peer) { forwarder->GiveUp(peer.address); };
  role->cluster = std::make_unique<cluster::Cluster>(std::move(options));
  return role;
}

void ClusterRole::AddTo(rpc::ServerOptions* options) {
  options->node_token = node_token;
  options->forwarder = forwarder.get();
  options->mounted.push_back(cluster::MakeNodeService(cluster.get()));
}

void ClusterRole::AddTo(ops::OpsOptions* options) {
  options->owners = [this] {
    std::vector<ops::OpsOptions::Owner> rows;
    for (cluster::OwnerRow& row : cluster->Owners()) {
      rows.push_back({row.id.service, row.id.partition, row.owner.name, row.owner.address, row.wanted.name, row.term,
                      std::move(row.standbys), row.pinned});
    }
    return rows;
  };
  options->nodes = [this] {
    std::vector<std::string> names;
    for (const Peer& peer : cluster->Live()) names.push_back(peer.name);
    return names;
  };
  options->cannot_read = [this](absl::string_view feature) { return cluster->CannotRead(feature); };
  options->promote = [this](const std::string& service, uint32_t partition) {
    return cluster->Promote({service, partition});
  };
}

void ClusterRole::Drain() {
  cluster->Drain(limits::kDrainTimeout);
  membership->Leave(kLeaveTimeout);
}

}  // namespace shoujie
