// Several real nodes on one Kafka cluster, each a process with a state directory of its own and the same secrets: to be
// started, killed and started again by tests, faults and measurements. Free of any test framework. One thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "services/runtime/rpc/client.h"
#include "shoujie/ops/v1/service.pb.h"
#include "tests/support/process/process.h"

namespace shoujie::kafka {

// Where a node runs, if not beside all others.
struct NodePlace {
  std::string host = "127.0.0.1";  // that it listens on
  std::string bootstrap;           // empty: the cluster's
  std::vector<std::string> under;  // a program and its arguments that starts the node in its own place
  std::vector<std::string> flags;  // of the node, behind all others
  std::string program = "shoujied";
};

class Nodes {
 public:
  struct Options {
    std::string bootstrap;
    std::string prefix = "shoujie";    // of the topics
    uint32_t replicas = 1;             // of the topics; fewer than three are unsafe, and allowed
    std::string membership = "group";  // or "static"
  };
  using Journal = std::pair<std::string, uint32_t>;  // service, partition

  // Nodes are called "a", "b" and so on; none runs yet.
  Nodes(Options options, std::vector<NodePlace> places);

  // Makes the topics. What went wrong, or "".
  std::string MakeTopics() const;
  // Begins a start; whether it is ready is asked by `AwaitReady`.
  void Launch(size_t i);
  bool AwaitReady(size_t i, absl::Duration limit = absl::Seconds(180));
  bool Start(size_t i) { return Launch(i), AwaitReady(i); }
  // All of them: the first one alone, which makes the secrets.
  bool StartAll();
  // SIGTERM and the exit code; -1 if it does not end within the limit.
  int Stop(size_t i, absl::Duration limit = absl::Seconds(40));

  size_t size() const { return nodes_.size(); }
  e2e::Process& process(size_t i) { return *nodes_[i].process; }
  // Running, as far as is known: neither stopped by `Stop` nor ended by itself.
  bool running(size_t i) { return nodes_[i].process != nullptr && nodes_[i].process->running(); }
  const std::string& address(size_t i) const { return nodes_[i].address; }
  const std::string& name(size_t i) const { return nodes_[i].name; }
  std::string data(size_t i) const { return dir_ / nodes_[i].name; }
  std::string secrets() const { return dir_ / "secrets"; }
  std::string token() const;
  std::string log(size_t i) const { return nodes_[i].process == nullptr ? "" : nodes_[i].process->err(); }
  const Options& options() const { return options_; }
  NodePlace& place(size_t i) { return nodes_[i].place; }  // counts from the next start on
  // What the programs need to know of the cluster.
  std::vector<std::string> Env() const;

  // `wait`: for a node that is not there yet, until the time-out.
  std::unique_ptr<rpc::Client> Client(size_t i, absl::Duration timeout = absl::Seconds(20), bool wait = true) const;
  // The owners as node `i` knows them; `settled`: everything is owned by whom it should be, of `nodes` nodes.
  std::map<Journal, std::string> Owners(size_t i, size_t nodes, bool* settled) const;
  // Until that is so, as every node of `which` knows. Pinned journals may be anywhere.
  bool Settle(absl::Duration limit, const std::vector<size_t>& which) const;
  bool Settle(absl::Duration limit) const;
  std::vector<ops::v1::Shard> Shards(size_t i) const;  // empty if it does not answer
  // Makes node `i` the owner, as an operator would.
  absl::Status Promote(size_t i, const std::string& service, uint32_t partition) const;
  // How all stand, with their logs, to be told when something is wrong.
  std::string Told();

 private:
  struct One {
    std::string name, address;
    NodePlace place;
    std::unique_ptr<e2e::Process> process;
  };
  const Options options_;
  TempDir dir_;
  std::vector<One> nodes_;
};

// Of a stream's name: slots and partitions are the same for all slotted services.
uint32_t PartitionOf(const std::string& stream);

}  // namespace shoujie::kafka
