#include "services/runtime/cluster/cluster.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/features.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/cluster/placement.h"

namespace shoujie::cluster {
namespace {

// An owner that was asked may have handed over and, not knowing yet of the node that asked, claimed once more.
constexpr absl::Duration kLastHandovers = absl::Seconds(1);  // for what is left when the time of a drain is up
constexpr absl::Duration kAskAgainAfter = absl::Seconds(2);
// Handed over at a time by one node, or to it: a new owner's writer needs a connection, and many at once are slow for
// all.
constexpr size_t kHandoversAtOnce = 4;
constexpr absl::Duration kSuccessorAwaited = absl::Milliseconds(500);

std::string NameOf(const JournalId& id) { return absl::StrCat(id.service, "/", id.partition); }

template <typename Response>
absl::StatusOr<Response> Parsed(const absl::StatusOr<std::string>& bytes) {
  if (!bytes.ok()) return bytes.status();
  Response response;
  if (!response.ParseFromString(*bytes)) return absl::InternalError("a node's answer cannot be parsed");
  return response;
}

}  // namespace

Cluster::Cluster(Options options) : options_(std::move(options)), alive_(std::make_shared<Alive>()) {
  absl::MutexLock lock(&alive_->mutex);
  alive_->cluster = this;
}

Cluster::~Cluster() { Stop(); }

absl::Status Cluster::Join(ShardHost* node) {
  node_ = node;
  started_ = options_.clock->Boot();
  auto alive = alive_;
  return options_.membership->Join([alive] {
    absl::MutexLock lock(&alive->mutex);
    if (alive->cluster) alive->cluster->Wake();
  });
}

absl::Status Cluster::Start(ShardHost* node) {
  if (absl::Status joined = Join(node); !joined.ok()) return joined;
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "cluster");
  return absl::OkStatus();
}

void Cluster::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stop_ = true;
  }
  if (thread_.joinable()) thread_.join();
  absl::MutexLock lock(&alive_->mutex);
  alive_->cluster = nullptr;
}

void Cluster::Wake() {
  absl::MutexLock lock(&mutex_);
  news_ = true;
}

void Cluster::Run() {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      const auto awake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return news_ || stop_; };
      mutex_.AwaitWithTimeout(absl::Condition(&awake), kStepEvery);
      if (stop_) return;
    }
    Step();
  }
}

bool Cluster::HasNews() const {
  absl::MutexLock lock(&mutex_);
  return news_;
}

void Cluster::Step() {
  {
    absl::MutexLock lock(&mutex_);
    news_ = false;
  }
  TakeMembers();
  AskPeers();
  Reconcile();
}

void Cluster::TakeMembers() {
  std::vector<Peer> live = options_.membership->Live();
  std::vector<Peer> before;
  {
    absl::MutexLock lock(&mutex_);
    before = std::exchange(members_, live);
  }
  for (const Peer& peer : before) {
    const bool there = std::any_of(live.begin(), live.end(), [&](const Peer& p) { return p.name == peer.name; });
    if (!there && options_.gone) options_.gone(peer);
  }
  absl::MutexLock lock(&mutex_);
  for (auto it = leaving_.begin(); it != leaving_.end();) {
    const bool there = std::any_of(live.begin(), live.end(), [&](const Peer& p) { return p.name == *it; });
    it = there ? std::next(it) : leaving_.erase(it);
  }
  live.erase(std::remove_if(live.begin(), live.end(), [&](const Peer& p) { return leaving_.count(p.name) > 0; }),
             live.end());
  if (live == live_) return;
  std::string names;
  for (const Peer& peer : live) absl::StrAppend(&names, names.empty() ? "" : " ", peer.name);
  live_ = std::move(live);
  orders_.clear();
  asked_for_.clear();
  pinned_.clear();
  heirs_.clear();
  for (auto it = answered_.begin(); it != answered_.end();) {
    const bool there = std::any_of(live_.begin(), live_.end(), [&](const Peer& p) { return p.name == *it; });
    if (!there) reads_.erase(*it);
    it = there ? std::next(it) : answered_.erase(it);
  }
  Log("nodes", names);
}

bool Cluster::Serves(const std::string& node, const std::string& service) const {
  if (node == options_.self.name) return options_.services.empty() || options_.services.contains(service);
  auto it = services_.find(node);
  return it == services_.end() || it->second.empty() || it->second.contains(service);
}

const std::vector<Peer>& Cluster::Order(const JournalId& id) const {
  auto [order, fresh] = orders_.try_emplace(id);
  if (fresh) {
    std::vector<Peer> serving;
    for (const Peer& peer : live_) {
      if (Serves(peer.name, id.service)) serving.push_back(peer);
    }
    order->second = OrderOf(id.partition, std::move(serving));
  }
  return order->second;
}

bool Cluster::IsAlive(const std::string& node) const {
  return options_.mutation == Mutation::kDeadAwaited || leaving_.count(node) > 0 ||
         std::any_of(live_.begin(), live_.end(), [&](const Peer& p) { return p.name == node; });
}

bool Cluster::AllAnswered() const {
  if (options_.clock->Boot() >= started_ + limits::kPeersAwaited) return true;
  const std::vector<Peer> known = options_.membership->Known();
  return std::all_of(known.begin(), known.end(), [this](const Peer& p) { return answered_.count(p.name) > 0; });
}

std::string Cluster::AddressOf(const std::string& node, const std::string& otherwise) const {
  for (const Peer& peer : live_) {
    if (peer.name == node) return peer.address;
  }
  return otherwise;
}

// ------------------------------------------------------------------------------------------- who owns what

void Cluster::OwnerChanged(const JournalId& id, uint64_t term, const std::string& node, const std::string& address) {
  absl::MutexLock lock(&mutex_);
  Known& known = owners_[id];
  if (term < known.term || (term == known.term && !node.empty() && known.node != "")) return;
  known = {term, node, address, options_.clock->Boot()};
  if (!node.empty()) heirs_.erase(id);
  news_ = true;
}

std::optional<Peer> Cluster::Locate(const JournalId& id) const {
  absl::MutexLock lock(&mutex_);
  auto it = owners_.find(id);
  if (it != owners_.end() && !it->second.node.empty() && it->second.node != options_.self.name &&
      IsAlive(it->second.node)) {
    std::string address = AddressOf(it->second.node, it->second.address);
    if (!address.empty()) return Peer{it->second.node, std::move(address)};
  }
  for (const Peer& peer : Order(id)) {
    if (peer.name != options_.self.name) return peer;
  }
  return std::nullopt;
}

void Cluster::AskPeers() {
  const absl::Duration boot = options_.clock->Boot();
  bool draining = false;
  std::vector<Peer> to_ask;
  {
    absl::MutexLock lock(&mutex_);
    draining = draining_;
    const bool due = boot >= asked_at_ + limits::kPeersAskedEvery;
    for (const Peer& peer : options_.membership->Known()) {
      if ((due || answered_.count(peer.name) == 0) && being_asked_.insert(peer.name).second) to_ask.push_back(peer);
    }
    if (due) asked_at_ = boot;
  }
  node::v1::AskRequest request;
  request.set_node(options_.self.name);
  request.set_leaving(draining);
  for (const Peer& peer : to_ask) {
    auto alive = alive_;
    options_.call(peer.address, "Ask", request.SerializeAsString(), absl::Seconds(2),
                  [alive, peer, boot](absl::StatusOr<std::string> answer) {
                    absl::MutexLock lock(&alive->mutex);
                    if (alive->cluster) alive->cluster->Answered(peer, boot, std::move(answer));
                  });
  }
}

void Cluster::Answered(const Peer& peer, absl::Duration asked, absl::StatusOr<std::string> answer) {
  auto response = Parsed<node::v1::AskResponse>(answer);
  if (response.ok()) options_.membership->Heard(peer.name);
  absl::MutexLock lock(&mutex_);
  being_asked_.erase(peer.name);
  if (!response.ok()) return;
  if (answered_.insert(peer.name).second) news_ = true;
  std::set<std::string> services(response->services().begin(), response->services().end());
  if (auto& before = services_[peer.name]; before != services) {
    before = std::move(services);
    orders_.clear();
    news_ = true;
  }
  reads_[peer.name] = {response->features().begin(), response->features().end()};
  std::set<JournalId> owned;
  for (const auto& one : response->owned()) {
    const JournalId id{one.journal().service(), one.journal().partition()};
    owned.insert(id);
    Known& known = owners_[id];
    if (one.term() > known.term || (one.term() == known.term && known.node.empty() && known.at < asked)) {
      known = {one.term(), peer.name, peer.address, options_.clock->Boot()};
      heirs_.erase(id);
    }
  }
  for (auto& [id, known] : owners_) {
    if (known.node == peer.name && known.at < asked && owned.count(id) == 0) {
      known.node.clear();  // it said itself that it is no owner any more
      news_ = true;
    }
  }
}

// ------------------------------------------------------------------------------------------------- wishing

void Cluster::Reconcile() {
  struct Act {
    JournalId id;
    ShardHost::Role role;
    Peer ask;  // an owner to be asked to hand over
  };
  std::vector<Act> acts;
  const absl::Duration boot = options_.clock->Boot();
  {
    absl::MutexLock lock(&mutex_);
    if (draining_ || live_.empty()) return;
    const bool all_answered = AllAnswered();
    size_t under_way = 0;
    for (const auto& [id, again] : asked_for_) {
      under_way += boot < again && again != absl::InfiniteDuration() && !node_->shard(id)->owns();
    }
    for (const Shard* shard : node_->shards()) {
      const JournalId& id = shard->id();
      const std::pair<uint64_t, bool> alarm{shard->replaced(), shard->backs_off()};
      if (auto& before = alarms_[id]; before != alarm) {
        if (alarm.second && !before.second) Log("replaced twice within a minute, backs off", NameOf(id));
        before = alarm;
      }
      if (shard->owns()) continue;
      const auto& order = Order(id);
      // The last of all while the membership does not know this node yet.
      const auto me = order.empty() ? 1 : std::find_if(order.begin(), order.end(), [&](const Peer& p) {
                                            return p.name == options_.self.name;
                                          }) - order.begin();
      const bool pinned = pinned_.count(id) > 0;
      if (me > 0 && !pinned) {
        acts.push_back(
            {id,
             static_cast<size_t>(me) <= options_.standbys ? ShardHost::Role::kStandby : ShardHost::Role::kRest,
             {}});
        continue;
      }
      const Known& known = owners_[id];
      const auto heir = heirs_.find(id);
      const bool expected = heir != heirs_.end() && IsAlive(heir->second);
      const bool awaited = options_.mutation == Mutation::kHeirAwaited && known.term > 0;
      if (known.node.empty() &&
          (awaited || boot < known.at + (expected ? limits::kHandoverTimeout : kSuccessorAwaited))) {
        acts.push_back({id, ShardHost::Role::kStandby, {}});  // it was given up to somebody, who claims by himself
      } else if (known.node == options_.self.name || !IsAlive(known.node)) {
        acts.push_back({id, all_answered ? ShardHost::Role::kOwner : ShardHost::Role::kStandby, {}});
      } else if (boot >= asked_for_.try_emplace(id, boot).first->second && under_way < kHandoversAtOnce &&
                 leaving_.count(known.node) == 0 && shard->behind() <= limits::kClaimWithinRecords &&
                 shard->term() >= known.term) {
        asked_for_[id] = boot + kAskAgainAfter;
        ++under_way;
        acts.push_back({id, ShardHost::Role::kStandby, {known.node, AddressOf(known.node, known.address)}});
      } else {
        acts.push_back({id, ShardHost::Role::kStandby, {}});
      }
    }
  }
  for (const Act& act : acts) {
    node_->Assign(act.id, act.role);
    if (!act.ask.name.empty() && options_.mutation != Mutation::kOwnerNeverAsked) AskOwner(act.id, act.ask);
  }
}

void Cluster::AskOwner(const JournalId& id, const Peer& owner) {
  node::v1::HandOverRequest request;
  request.mutable_journal()->set_service(id.service);
  request.mutable_journal()->set_partition(id.partition);
  request.set_to(options_.self.name);
  auto alive = alive_;
  options_.call(
      owner.address, "HandOver", request.SerializeAsString(), limits::kHandoverTimeout,
      [alive, id, owner](absl::StatusOr<std::string> answer) {
        absl::MutexLock lock(&alive->mutex);
        if (alive->cluster == nullptr) return;
        Cluster& self = *alive->cluster;
        const auto response = Parsed<node::v1::HandOverResponse>(answer);
        const bool mine = response.ok() && response->outcome() == node::v1::HandOverResponse::OUTCOME_NOT_MINE;
        const bool pinned = response.ok() && response->outcome() == node::v1::HandOverResponse::OUTCOME_PINNED;
        if (pinned) {
          absl::MutexLock inner(&self.mutex_);
          self.asked_for_[id] = absl::InfiniteDuration();
        }
        if (response.ok() && !mine) return;
        // Nobody to ask, or nobody who answers: it is claimed.
        absl::MutexLock inner(&self.mutex_);
        Known& known = self.owners_[id];
        if (known.node == owner.name) known.node.clear();
        self.news_ = true;
      });
}

void Cluster::Drain(absl::Duration timeout) {
  const absl::Duration until = options_.clock->Boot() + timeout;
  std::vector<std::pair<JournalId, std::string>> given;
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
    asked_at_ = -absl::InfiniteDuration();
    news_ = true;
    std::vector<Peer> others = live_;
    others.erase(
        std::remove_if(others.begin(), others.end(), [this](const Peer& p) { return p.name == options_.self.name; }),
        others.end());
    for (const Shard* shard : node_->shards()) {
      if (!shard->owns()) continue;
      std::vector<Peer> heirs;
      for (const Peer& peer : others) {
        if (Serves(peer.name, shard->id().service)) heirs.push_back(peer);
      }
      const auto order = OrderOf(shard->id().partition, std::move(heirs));
      given.emplace_back(shard->id(), order.empty() ? "" : order.front().name);
    }
  }
  const auto taken = [&](const std::pair<JournalId, std::string>& one) {
    if (node_->shard(one.first)->owns()) return false;
    if (one.second.empty() || node_->shard(one.first)->phase() == Shard::Phase::kHalted) return true;
    absl::MutexLock lock(&mutex_);
    const Known& known = owners_[one.first];
    return !known.node.empty() && known.node != options_.self.name;
  };
  std::vector<std::pair<JournalId, std::string>> under_way;
  for (size_t next = 0; next < given.size() || !under_way.empty();) {
    under_way.erase(std::remove_if(under_way.begin(), under_way.end(), taken), under_way.end());
    const bool late = options_.clock->Boot() >= until;
    while (next < given.size() && (late || under_way.size() < kHandoversAtOnce)) {
      node_->HandOver(given[next].first, given[next].second);
      under_way.push_back(given[next++]);
    }
    if (options_.clock->Boot() >= until + kLastHandovers) return;
    absl::SleepFor(absl::Milliseconds(2));
  }
}

// ------------------------------------------------------------------------------------------------- what others ask

absl::Status Cluster::Ask(const node::v1::AskRequest& request, node::v1::AskResponse* response) {
  {
    absl::MutexLock lock(&mutex_);
    const bool changed =
        request.leaving() ? leaving_.insert(request.node()).second : leaving_.erase(request.node()) > 0;
    if (changed) news_ = true;
  }
  response->set_node(options_.self.name);
  for (const std::string& service : options_.services) response->add_services(service);
  for (const Feature& feature : kFeatures) response->add_features(std::string(feature.name));
  if (node_ == nullptr) return absl::OkStatus();
  for (const Shard* shard : node_->shards()) {
    if (!shard->owns()) continue;
    auto* owned = response->add_owned();
    owned->mutable_journal()->set_service(shard->id().service);
    owned->mutable_journal()->set_partition(shard->id().partition);
    owned->set_term(shard->term());
  }
  return absl::OkStatus();
}

absl::Status Cluster::HandOver(const node::v1::HandOverRequest& request, node::v1::HandOverResponse* response) {
  const JournalId id{request.journal().service(), request.journal().partition()};
  const Shard* shard = node_ == nullptr ? nullptr : node_->shard(id);
  if (shard == nullptr || !shard->owns()) {
    response->set_outcome(node::v1::HandOverResponse::OUTCOME_NOT_MINE);
    return absl::OkStatus();
  }
  {
    absl::MutexLock lock(&mutex_);
    if (pinned_.count(id) > 0 && !request.promoted()) {
      response->set_outcome(node::v1::HandOverResponse::OUTCOME_PINNED);
      return absl::OkStatus();
    }
    pinned_.erase(id);
    // Given away by an operator's will: it is not asked back before nodes come or go.
    if (request.promoted()) asked_for_[id] = absl::InfiniteDuration();
    heirs_[id] = request.to();
  }
  node_->HandOver(id, request.to());
  response->set_outcome(node::v1::HandOverResponse::OUTCOME_UNDER_WAY);
  return absl::OkStatus();
}

}  // namespace shoujie::cluster
