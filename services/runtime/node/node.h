// A process: shards of its services on a runner, the directory's follower, the read models, and the calls of the RPC
// surface routed to them. Journals, stores and keys come from outside, so the same node runs on embedded, simulated and
// later Kafka journals. Thread-safe after `Start`.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/journal/published_log.h"
#include "services/runtime/node/backend.h"
#include "services/runtime/node/directory_follower.h"
#include "services/runtime/node/live_rebuild.h"
#include "services/runtime/node/peers.h"
#include "services/runtime/node/read_model.h"
#include "services/runtime/node/rebuild.h"
#include "services/runtime/node/relay.h"
#include "services/runtime/node/request_header.h"
#include "services/runtime/node/runner.h"
#include "services/runtime/node/shard_host.h"
#include "services/runtime/node/tailer.h"
#include "services/runtime/shard/courier.h"
#include "services/runtime/shard/history.h"
#include "services/runtime/shard/shard.h"

namespace shoujie {

struct NodeEnv {
  std::vector<ServiceModule> modules;  // one of them is "directory", which every node follows
  // Which of them this node serves; empty: all. The others' calls are for other nodes, so it needs `peers` then.
  std::set<std::string> serves;
  uint32_t partitions = limits::kPartitions;
  std::function<absl::StatusOr<Journal*>(const JournalId&)> journal;  // stable pointers; an error refuses the start
  std::function<Store*(const JournalId&)> store;
  std::function<absl::Status(const JournalId&)> drop_store;  // empties a store that must be rebuilt
  // A copy of a store, to be made beside it (node/rebuild.h); without it a store that must be made again is emptied and
  // written as the shard reads its journal.
  std::function<std::unique_ptr<SideStore>(const JournalId&)> side_store;
  std::function<void(const RebuildSum&)> rebuilt;  // what the start had to make again, for the log; may be empty
  // The log that a feed's events go to as well (node/relay.h), by the feed's collection; empty: there is none.
  std::function<std::unique_ptr<PublishedLog>(const std::string& feed, uint32_t partitions)> published;
  // What keeps a service's relay from it, when that becomes another thing; OK: nothing any more. May be empty.
  std::function<void(const std::string& service, const absl::Status& why)> relay_waits;
  KeyRing* keys = nullptr;
  const Clock* clock = nullptr;
  std::function<bool()> disk_low;                              // commands are refused, reads go on
  std::function<absl::Status(const std::string&)> checkpoint;  // copies journals, stores and keys
  size_t threads = 1;
  std::string name = "local";
  // Other nodes on the same journals. Null: this node owns everything, and `Start` waits until it does.
  Peers* peers = nullptr;
};

// As a host of shards, `Assign` only with peers.
class Node : public Backend, public ShardHost, private Courier {
 public:
  explicit Node(NodeEnv env);
  ~Node() override;

  // Opens every shard, claims and waits until all serve (or have halted: `Shards` says why). With peers no shard is
  // claimed or followed before `Assign`, and nothing but the directory is waited for. Refuses with a typed error where
  // going on could lose something: JOURNAL_SHORT, JOURNAL_FOREIGN, KEYS_SHORT.
  absl::Status Start();
  // Waits until every shard that is owned here has adopted the newest directory version that was published before.
  absl::Status AwaitAdoption(absl::Duration timeout);
  void Stop();

  void Assign(const JournalId& id, Role role) override;
  void HandOver(const JournalId& id, const std::string& to) override;
  void ReadOwnRow(const JournalId& id, const std::string& key, Peers::RowDone done) const override;
  std::vector<const Shard*> shards() const override;
  const Shard* shard(const JournalId& id) const override;
  std::vector<JournalId> journals() const override;
  void Receive(journal::v1::Letter letter) override;

  std::shared_ptr<const Reference> reference() const { return directory_->Latest(); }
  const ServiceModule* module(absl::string_view service) const;
  // Makes stores again beside those that serve: of one shard ("router/17"), a service ("router") or "all". Answers at
  // once. Errors: NOT_FOUND, REBUILD_RUNNING, REBUILD_UNAVAILABLE.
  absl::Status StartRebuild(const std::string& what, uint64_t events_per_second_max);
  LiveRebuilds::Progress rebuild() const;

  const std::vector<const ServiceModule*>& modules() const override { return module_list_; }
  bool Serves(const ServiceModule& module) const override { return mounted(module).served; }
  const Clock& clock() const override { return *env_.clock; }
  void Execute(const ServiceModule& module, ClientCommand command, Done done) override;
  void Get(const ServiceModule& module, const common::v1::GetRequest& request, GetDone done) override;
  void ListHistory(const ServiceModule& module, const common::v1::ListHistoryRequest& request,
                   HistoryDone done) override;
  absl::Status Run(const ServiceModule& module, const Query& query, const google::protobuf::Message& request,
                   google::protobuf::Message* response, const Principal& principal) override;
  absl::StatusOr<std::unique_ptr<AnswerStream>> Open(const ServiceModule& module, const Watch& watch,
                                                     const google::protobuf::Message& request,
                                                     const Principal& principal, WakeStream wake) override;
  absl::Status Checkpoint(const std::string& directory) override { return env_.checkpoint(directory); }
  std::vector<ShardInfo> Shards() const override;
  std::vector<Adoption> Adoptions() const override;

 private:
  void Carry(journal::v1::Letter letter) override;
  struct Mounted {
    const ServiceModule* module;
    bool served = true;
    uint32_t partitions = 1;
    std::vector<std::unique_ptr<Shard>> shards;  // by partition; none if it is not served here
    std::unique_ptr<ReadModel> rows;             // null: the service has no lists
    std::unique_ptr<Relay> relay;                // null: nothing goes to a topic
    absl::flat_hash_map<const google::protobuf::Descriptor*, const StreamType*> commands;
  };
  static absl::Status NoSuch(absl::string_view name);
  // Of a service that is not served here: who should be asked instead.
  absl::Status Elsewhere(const Mounted& mounted, uint32_t partition) const;
  absl::Status OpenShard(Shard& shard);
  // Before any shard is opened: the stores that cannot be used, and (of a node that owns everything) those that are not
  // there.
  absl::Status RebuildAtStart();
  // Releases what it owns on a shared log, so that whoever owns it next need not wait for a lease.
  void GiveUpAll();
  // Empties the lists of a service that cannot be used, and makes again those of which nothing is there.
  absl::Status OpenLists(const ServiceDomain& domain, const std::vector<Journal*>& journals, ReadModel* lists);
  bool Relays(const ServiceDomain& domain) const { return domain.feed != nullptr && env_.published != nullptr; }
  void MakeRelay(Mounted* mounted);
  // Whether it put rows into their store.
  bool RebuildLists(const ServiceDomain& domain, const std::vector<Journal*>& journals);
  absl::Status AwaitOwned(absl::Duration limit) const;
  // Waits until `reference()` shows everything that the directory has published so far.
  absl::Status AwaitDirectory(absl::Duration limit) const;
  const Mounted& mounted(const ServiceModule& module) const;
  Shard& ShardOf(const Mounted& mounted, uint32_t slot) const;
  const StreamType* TypeOf(const ServiceModule& module, absl::string_view stream) const;
  // Runs `then` with the shard's snapshot once it shows what was acknowledged before, or with the error; on the thread
  // of a shard or of the stores, so it must be short.
  void WithSnapshot(const Mounted& mounted, const std::string& name,
                    std::function<void(absl::StatusOr<HistorySource>)> then) const;
  // The same for what takes longer: waits, and leaves the reading to the caller's thread.
  struct Readable {
    std::unique_ptr<StoreReader> snapshot;
    HistorySource source;
    uint32_t partition;
  };
  absl::StatusOr<Readable> AwaitReadable(const Mounted& mounted, const std::string& name) const;
  // A row of whoever owns the slot: this node, else its owner.
  void ReadRow(const Mounted& mounted, uint32_t slot, const std::string& key, Peers::RowDone done) const;
  absl::StatusOr<std::optional<std::string>> AwaitRow(const Mounted& mounted, uint32_t slot,
                                                      const std::string& key) const;
  // Of a stream of any service.
  absl::Status ReadState(const std::string& name, google::protobuf::Message* state) const;
  // A published version as it was: of those that the follower keeps, else folded from the directory's history.
  absl::StatusOr<std::shared_ptr<const Reference>> ReferenceOf(uint64_t version) const;
  static absl::Status ListsHalted(const absl::Status& why);
  // Reads each service's lists when they are first asked for, and waits for nothing.
  RowsOf ShownNow() const;
  // FEATURE_UNREADABLE: a node that lives cannot read what would be enabled. Asked by the node that the command came
  // to, whose operator is to be told also where the owner is of a build that does not know the command, and by the
  // owner itself.
  absl::Status MayEnable(absl::string_view feature) const;
  // NOT_FOUND: the owner of the customer's shard says that there is no such customer. Anything else says nothing: what
  // is no number of a customer is the domain's to refuse, and where nobody answers, his own slot will (profile's
  // links).
  void CheckCustomer(const std::string& name, std::function<void(absl::Status)> then) const;

  NodeEnv env_;
  std::vector<const ServiceModule*> module_list_;
  std::map<std::string, Mounted, std::less<>> mounted_;
  // Declared before the shards' users so that it stops first.
  std::unique_ptr<DirectoryFollower> directory_;
  std::shared_ptr<void> directory_watch_;
  std::unique_ptr<Runner> runner_;
  std::unique_ptr<Tailer> tailer_;
  std::unique_ptr<LiveRebuilds> rebuilds_;  // null: this node's stores cannot be made beside
  mutable RequestHeaders headers_;
  std::atomic<uint32_t> queries_elsewhere_{0};
};

}  // namespace shoujie
