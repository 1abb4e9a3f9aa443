// Which nodes are alive, told by a consumer group of the cluster: membership only, nothing is fetched or committed by
// it. Dynamic members (a static one would not leave at a stop) and the eager protocol (design: kafka.md, sections 6 and
// 9). The coordinator drops a node 6 s after its last heartbeat; a node's name and address are its client id, so
// whoever asks the coordinator after a rebalance knows all of them. A hint like every membership. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/runtime/cluster/membership.h"
#include "services/runtime/kafka/cluster.h"

namespace shoujie {

class GroupMembership : public cluster::Membership {
 public:
  // Joins `<prefix>.nodes` by way of `topic`, which must exist; its partitions mean nothing here. `self.name` must hold
  // no '@'.
  GroupMembership(kafka::Cluster cluster, std::string topic, Peer self);
  ~GroupMembership() override;  // Leave(0)

  // Does not wait for the cluster. Errors: KAFKA_SETTING, KAFKA_CLIENT.
  absl::Status Join(std::function<void()> on_change) override;
  std::vector<Peer> Live() const override;
  std::vector<Peer> Known() const override;
  // The coordinator hears of it at once. Ending a member can hang in the client library (its issues 4674 and 4724), so
  // that happens on a thread of its own, which is left behind if it takes longer than `deadline`.
  void Leave(absl::Duration deadline) override;

 private:
  struct Member;
  std::shared_ptr<Member> member_;
};

}  // namespace shoujie
