// Several nodes that share one set of journals: who tries to own what, who owns what, how a journal changes hands.
//
// A node owns a journal because its claim counts, never because somebody said so (architecture §3). This only wishes:
//  * the membership's live nodes that serve its service, as they say when they are asked, give each partition an order
//    (placement.h): the first is wanted as its owner, the next few stand by, the others rest;
//  * a node that is wanted and has caught up asks a living owner to hand the journal over, now and then until it has,
//  and
//    claims what nobody alive owns;
//  * an owner goes on until a foreign claim counts or it has handed over, whatever the membership says;
//  * who owns is known from claims in the journals that this node follows and from asking each node every half second:
//    a hint for locating (`Locate`), not for deciding.
//
// `Start` and `Stop` by one thread; everything else is thread-safe. Calls to other nodes go through `Call`, so that
// tests run without a network.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/message.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/cluster/membership.h"
#include "services/runtime/node/peers.h"
#include "services/runtime/node/shard_host.h"
#include "services/runtime/shard/mutation.h"
#include "shoujie/node/v1/service.pb.h"

namespace shoujie::cluster {

// Sends `request`, bytes of a message of shoujie.node.v1.NodeService, to the node at `address`; `done` comes once, from
// any thread, with the bytes of the response.
using CallDone = std::function<void(absl::StatusOr<std::string>)>;
using Call = std::function<void(const std::string& address, const std::string& method, std::string request,
                                absl::Duration timeout, CallDone done)>;

// One journal, for operators.
struct OwnerRow {
  JournalId id;
  Peer owner;  // as far as is known
  uint64_t term = 0;
  Peer wanted;
  std::vector<std::string> standbys;
  bool pinned = false;
};

class Cluster : public Peers {
 public:
  struct Options {
    Peer self;
    std::set<std::string> services;    // that this node serves; empty: all
    Membership* membership = nullptr;  // outlives this
    Call call;
    const Clock* clock = nullptr;
    size_t standbys = limits::kStandbys;
    // What an operator should see: "replaced twice", "nodes" and the like, with the journal if it is about one.
    std::function<void(const std::string& what, const std::string& about)> log;
    // A node is dead to the membership: nobody needs to wait for its answers any more.
    std::function<void(const Peer& peer)> gone;
    Mutation mutation = Mutation::kNone;
  };

  explicit Cluster(Options options);
  ~Cluster() override;

  // Once its shards are open: joins and begins to wish, on a thread of its own. `node` outlives `Stop`.
  absl::Status Start(ShardHost* node);
  // The same without a thread: whoever calls `Step` drives it, when there are news and every `kStepEvery`.
  absl::Status Join(ShardHost* node);
  static constexpr absl::Duration kStepEvery = absl::Milliseconds(100);
  bool HasNews() const;
  void Step();
  // Hands everything that this node owns to standbys and waits, for at most `timeout`, until others have claimed it.
  // The node goes on answering and forwarding meanwhile. Wants nothing any more afterwards.
  void Drain(absl::Duration timeout);
  void Stop();

  // Peers:
  const Peer& self() const override { return options_.self; }
  void OwnerChanged(const JournalId& id, uint64_t term, const std::string& node, const std::string& address) override;
  std::optional<Peer> Locate(const JournalId& id) const override;
  void ReadRow(const JournalId& id, const std::string& key, RowDone done) override;
  void Carry(journal::v1::Letter letter) override;
  std::vector<std::string> CannotRead(absl::string_view feature) const override;

  // What other nodes ask of this one. `ReadRow` blocks until the shard can answer.
  absl::Status Ask(const node::v1::AskRequest& request, node::v1::AskResponse* response);
  absl::Status HandOver(const node::v1::HandOverRequest& request, node::v1::HandOverResponse* response);
  absl::Status ReadRow(const node::v1::ReadRowRequest& request, node::v1::ReadRowResponse* response);
  absl::Status DeliverLetter(const node::v1::DeliverLetterRequest& request, node::v1::DeliverLetterResponse* response);

  // Operators'. `Promote` makes this node the owner and keeps it so until nodes come or go: the owner hands over, or,
  // if there is none that answers, the journal is claimed. Errors: SHARD_UNKNOWN, SHARD_BEHIND.
  absl::Status Promote(const JournalId& id);
  std::vector<OwnerRow> Owners() const;
  std::vector<Peer> Live() const;

 private:
  struct Known {
    uint64_t term = 0;
    std::string node, address;                      // empty: nobody, as far as is known
    absl::Duration at = -absl::InfiniteDuration();  // when that was heard, by Clock::Boot
  };

  void Run();
  void TakeMembers();
  void AskPeers();
  void Answered(const Peer& peer, absl::Duration asked, absl::StatusOr<std::string> answer);
  void Reconcile();
  void AskOwner(const JournalId& id, const Peer& owner);
  // Whether it may still do something about what it owns.
  bool IsAlive(const std::string& node) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool AllAnswered() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string AddressOf(const std::string& node, const std::string& otherwise) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Serves(const std::string& node, const std::string& service) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const std::vector<Peer>& Order(const JournalId& id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Wake();
  void Log(const std::string& what, const std::string& about) const {
    if (options_.log) options_.log(what, about);
  }

  const Options options_;
  ShardHost* node_ = nullptr;
  absl::Duration started_, asked_at_ = -absl::InfiniteDuration();

  mutable absl::Mutex mutex_;
  bool news_ ABSL_GUARDED_BY(mutex_) = true;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Peer> members_ ABSL_GUARDED_BY(mutex_);
  std::vector<Peer> live_ ABSL_GUARDED_BY(mutex_);  // without those that are leaving
  // Of `live_`, as far as they have been asked for.
  mutable std::map<JournalId, std::vector<Peer>> orders_ ABSL_GUARDED_BY(mutex_);
  // What other nodes serve, empty: all. Nodes that have not said it yet are taken for such.
  std::map<std::string, std::set<std::string>> services_ ABSL_GUARDED_BY(mutex_);
  std::map<JournalId, Known> owners_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> answered_ ABSL_GUARDED_BY(mutex_);  // live nodes that have said what they own
  std::map<std::string, std::set<std::string>> reads_ ABSL_GUARDED_BY(mutex_);  // by node: features that it can read
  std::set<std::string> being_asked_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> leaving_ ABSL_GUARDED_BY(mutex_);  // nodes that hand over and stop
  // When owners were asked to hand over; in the infinite future if they may not before the membership changes.
  std::map<JournalId, absl::Duration> asked_for_ ABSL_GUARDED_BY(mutex_);
  std::set<JournalId> pinned_ ABSL_GUARDED_BY(mutex_);  // here, by an operator, since that
  std::map<JournalId, std::string> heirs_
      ABSL_GUARDED_BY(mutex_);  // to whom this node handed over, until somebody owns
  std::map<JournalId, std::pair<uint64_t, bool>> alarms_ ABSL_GUARDED_BY(mutex_);
  // Callbacks of calls may come after the end.
  struct Alive {
    absl::Mutex mutex;
    Cluster* cluster ABSL_GUARDED_BY(mutex) = nullptr;
  };
  std::shared_ptr<Alive> alive_;
  std::thread thread_;
};

}  // namespace shoujie::cluster
