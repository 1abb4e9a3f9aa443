// Which nodes are alive, as far as one node knows. Decides who tries to own what and nothing else: whatever it says,
// late or wrong, the log arbitrates. Two kinds: a static list (below), and a Kafka consumer group (kafka/group.h). All
// calls are thread-safe.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/node/peers.h"

namespace shoujie::cluster {

class Membership {
 public:
  virtual ~Membership() = default;

  // `on_change` may be called from any thread, until `Leave` returns, after `Live` answers something else.
  virtual absl::Status Join(std::function<void()> on_change) = 0;
  // This node and those that are alive, by name; empty: not known yet.
  virtual std::vector<Peer> Live() const = 0;
  // All nodes that are worth asking, this one left out.
  virtual std::vector<Peer> Known() const = 0;
  // A node answered a question just now.
  virtual void Heard(const std::string&) {}
  // Tells others that this node goes. Returns after `deadline` at the latest, whatever the network does.
  virtual void Leave(absl::Duration deadline) = 0;
};

// A list that is the same on all nodes. A node is alive while it answers (Cluster asks each every
// limits::kPeersAskedEvery), and dead limits::kPeerDeadAfter after its last answer.
class StaticMembership : public Membership {
 public:
  // "a=host:port,b=host:port": with or without this node. Errors: PEERS_INVALID.
  static absl::StatusOr<std::vector<Peer>> Parse(absl::string_view peers);

  StaticMembership(Peer self, std::vector<Peer> peers, const Clock* clock);

  absl::Status Join(std::function<void()> on_change) override;
  std::vector<Peer> Live() const override;
  std::vector<Peer> Known() const override { return peers_; }
  void Heard(const std::string& node) override;
  void Leave(absl::Duration) override {}

 private:
  const Peer self_;
  std::vector<Peer> peers_;
  const Clock* const clock_;
  mutable absl::Mutex mutex_;
  std::map<std::string, absl::Duration> heard_ ABSL_GUARDED_BY(mutex_);  // by Clock::Boot
};

}  // namespace shoujie::cluster
