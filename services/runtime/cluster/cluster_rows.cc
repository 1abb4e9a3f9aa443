// Rows of other nodes' stores, and what operators ask.
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/cluster/cluster.h"
#include "services/runtime/cluster/placement.h"
#include "services/runtime/shard/refusals.h"

namespace shoujie::cluster {
namespace {

// A look-up of a key or a name: its caller waits in a queue of queries.
constexpr absl::Duration kRowTimeout = absl::Seconds(5);
constexpr absl::Duration kLetterTimeout = absl::Seconds(2);

absl::Status ShardUnknown(const JournalId& id) {
  return NotFound("SHARD_UNKNOWN", "This node has no shard of this name. Look at the list of shards.",
                  "本节点没有该分片，请查看分片列表。", {{"shard", absl::StrCat(id.service, "/", id.partition)}});
}

}  // namespace

void Cluster::ReadRow(const JournalId& id, const std::string& key, RowDone done) {
  const auto owner = Locate(id);
  if (!owner) return done(NotOwner("", ""));
  node::v1::ReadRowRequest request;
  request.mutable_journal()->set_service(id.service);
  request.mutable_journal()->set_partition(id.partition);
  request.set_key(key);
  options_.call(owner->address, "ReadRow", request.SerializeAsString(), kRowTimeout,
                [done = std::move(done)](absl::StatusOr<std::string> answer) {
                  if (!answer.ok()) return done(answer.status());
                  node::v1::ReadRowResponse response;
                  if (!response.ParseFromString(*answer)) return done(absl::InternalError("a row's answer"));
                  if (!response.found()) return done(std::optional<std::string>());
                  done(std::optional<std::string>(response.value()));
                });
}

absl::Status Cluster::ReadRow(const node::v1::ReadRowRequest& request, node::v1::ReadRowResponse* response) {
  absl::Notification ready;
  absl::Status result;
  node_->ReadOwnRow({request.journal().service(), request.journal().partition()}, request.key(),
                    [&](absl::StatusOr<std::optional<std::string>> row) {
                      result = row.status();
                      if (row.ok() && *row) {
                        response->set_found(true);
                        response->set_value(**row);
                      }
                      ready.Notify();
                    });
  ready.WaitForNotification();
  return result;
}

void Cluster::Carry(journal::v1::Letter letter) {
  const auto owner = Locate({letter.service(), letter.to_partition()});
  if (!owner) return;
  node::v1::DeliverLetterRequest request;
  *request.mutable_letter() = std::move(letter);
  options_.call(owner->address, "DeliverLetter", request.SerializeAsString(), kLetterTimeout,
                [](const absl::StatusOr<std::string>&) {});  // a lost letter is repeated by the shard that wrote it
}

absl::Status Cluster::DeliverLetter(const node::v1::DeliverLetterRequest& request, node::v1::DeliverLetterResponse*) {
  node_->Receive(request.letter());
  return absl::OkStatus();
}

absl::Status Cluster::Promote(const JournalId& id) {
  const Shard* shard = node_->shard(id);
  if (shard == nullptr) return ShardUnknown(id);
  if (shard->owns()) {
    absl::MutexLock lock(&mutex_);
    pinned_.insert(id);
    return absl::OkStatus();
  }
  node_->Assign(id, ShardHost::Role::kStandby);
  const absl::Duration limit = options_.clock->Boot() + limits::kHandoverTimeout;
  // A shard that rested has to read first; how far it is behind shows once it has begun.
  const uint64_t at_first = shard->revision();
  while (shard->behind() > limits::kClaimWithinRecords && options_.clock->Boot() < limit) {
    absl::SleepFor(absl::Milliseconds(10));
  }
  if (shard->behind() > limits::kClaimWithinRecords) {
    return Refused(
        "SHARD_BEHIND",
        absl::StrCat("This node has still ", shard->behind(), " records of the shard to read (at revision ",
                     shard->revision(), ", at first ", at_first, "). Promote it again when it has caught up."),
        absl::StrCat("本节点该分片还有 ", shard->behind(), " 条记录未读。请在追上后再次提升。"),
        {{"behind", absl::StrCat(shard->behind())}});
  }
  Peer owner;
  {
    absl::MutexLock lock(&mutex_);
    pinned_.insert(id);
    const Known& known = owners_[id];
    if (known.node != options_.self.name && !known.node.empty()) {
      owner = {known.node, AddressOf(known.node, known.address)};
    }
  }
  bool claim = owner.address.empty();
  if (!claim) {
    node::v1::HandOverRequest request;
    request.mutable_journal()->set_service(id.service);
    request.mutable_journal()->set_partition(id.partition);
    request.set_to(options_.self.name);
    request.set_promoted(true);
    struct Waiting {
      absl::Notification done;
      bool given = false;
    };
    auto waiting = std::make_shared<Waiting>();
    options_.call(owner.address, "HandOver", request.SerializeAsString(), limits::kHandoverTimeout,
                  [waiting](absl::StatusOr<std::string> answer) {
                    node::v1::HandOverResponse response;
                    waiting->given = answer.ok() && response.ParseFromString(*answer) &&
                                     response.outcome() == node::v1::HandOverResponse::OUTCOME_UNDER_WAY;
                    waiting->done.Notify();
                  });
    claim = !waiting->done.WaitForNotificationWithTimeout(limits::kHandoverTimeout) || !waiting->given;
  }
  if (claim) node_->Assign(id, ShardHost::Role::kOwner);
  const absl::Duration owned_by = options_.clock->Boot() + limits::kHandoverTimeout;
  while (shard->phase() != Shard::Phase::kServing) {
    if (options_.clock->Boot() > owned_by) {
      return Error(
          absl::StatusCode::kUnavailable, "PROMOTION_UNDER_WAY",
          "The shard does not serve here yet; it does as soon as its claim counts. Look at the list of shards.",
          "该分片尚未在本节点开始服务，声明生效后即开始。请查看分片列表。");
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
  return absl::OkStatus();
}

std::vector<OwnerRow> Cluster::Owners() const {
  std::vector<OwnerRow> rows;
  for (const JournalId& id : node_->journals()) {
    OwnerRow& row = rows.emplace_back();
    row.id = id;
    const Shard* shard = node_->shard(id);
    absl::MutexLock lock(&mutex_);
    if (shard != nullptr && shard->owns()) {
      row.owner = options_.self;
      row.term = shard->term();
    } else if (auto it = owners_.find(id); it != owners_.end() && it->second.node != options_.self.name) {
      row.owner = {it->second.node, AddressOf(it->second.node, it->second.address)};
      row.term = it->second.term;
    }
    const auto& order = Order(id);
    if (!order.empty()) row.wanted = order.front();
    for (size_t i = 1; i < order.size() && i <= options_.standbys; ++i) row.standbys.push_back(order[i].name);
    row.pinned = pinned_.count(id) > 0;
  }
  return rows;
}

std::vector<std::string> Cluster::CannotRead(absl::string_view feature) const {
  std::vector<std::string> cannot;
  const std::vector<Peer> live = options_.membership->Live();  // those that are leaving, too: they still read
  absl::MutexLock lock(&mutex_);
  for (const Peer& peer : live) {
    if (peer.name == options_.self.name) continue;
    const auto known = reads_.find(peer.name);
    if (known == reads_.end() || known->second.count(std::string(feature)) == 0) cannot.push_back(peer.name);
  }
  return cannot;
}

std::vector<Peer> Cluster::Live() const {
  absl::MutexLock lock(&mutex_);
  return live_;
}

}  // namespace shoujie::cluster
