// Several nodes on one set of journals, without a network: members are who the test says, calls go from object to
// object and can be cut. What ClusterTest gives to tests of several nodes.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/runtime/cluster/cluster.h"
#include "shoujie/interaction/v1/service.pb.h"
#include "tests/integration/memory_node.h"

namespace shoujie {

using cluster::Cluster;
using google::protobuf::util::TimeUtil;

// Who is alive, as the test says: what a consumer group would say, at the same moment to everybody.
class Members {
 public:
  void Set(std::vector<Peer> live) {
    std::vector<std::function<void()>> tell;
    {
      absl::MutexLock lock(&mutex_);
      live_ = std::move(live);
      for (const auto& [name, on_change] : watchers_) tell.push_back(on_change);
    }
    for (const auto& each : tell) each();
  }
  std::vector<Peer> live() const {
    absl::MutexLock lock(&mutex_);
    return live_;
  }
  void Watch(const std::string& name, std::function<void()> on_change) {
    absl::MutexLock lock(&mutex_);
    watchers_[name] = std::move(on_change);
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<Peer> live_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::function<void()>> watchers_ ABSL_GUARDED_BY(mutex_);
};

class Told : public cluster::Membership {
 public:
  Told(Members* members, std::string self) : members_(members), self_(std::move(self)) {}
  absl::Status Join(std::function<void()> on_change) override {
    members_->Watch(self_, std::move(on_change));
    return absl::OkStatus();
  }
  std::vector<Peer> Live() const override { return members_->live(); }
  std::vector<Peer> Known() const override {
    std::vector<Peer> others = members_->live();
    others.erase(std::remove_if(others.begin(), others.end(), [this](const Peer& p) { return p.name == self_; }),
                 others.end());
    return others;
  }
  void Leave(absl::Duration) override {}

 private:
  Members* const members_;
  const std::string self_;
};

// Calls between the nodes, by address.
class Wire {
 public:
  void Connect(const std::string& address, Cluster* cluster) {
    absl::MutexLock lock(&mutex_);
    nodes_[address] = cluster;
  }
  // Nobody answers there any more; returns when no call is under way there.
  void Cut(const std::string& address) {
    absl::MutexLock lock(&mutex_);
    auto it = nodes_.find(address);
    if (it == nodes_.end()) return;
    Cluster* const cluster = it->second;
    nodes_.erase(it);
    const auto idle = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return calls_.count(cluster) == 0; };
    mutex_.Await(absl::Condition(&idle));
  }
  // From here on the node answers as one of a build of before features, or of this one.
  void SetOld(const std::string& address, bool old) {
    absl::MutexLock lock(&mutex_);
    old ? (void)old_.insert(address) : (void)old_.erase(address);
  }
  bool is_old(const std::string& address) {
    absl::MutexLock lock(&mutex_);
    return old_.count(address) > 0;
  }
  void Call(const std::string& address, const std::string& method, const std::string& request, cluster::CallDone done) {
    Cluster* to = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      auto it = nodes_.find(address);
      if (it != nodes_.end()) calls_.insert(to = it->second);
    }
    if (to == nullptr) return done(absl::UnavailableError("cut"));
    const bool before_features = is_old(address);
    Answer(to, method, request, [&](absl::StatusOr<std::string> answer) {
      node::v1::AskResponse said;
      if (before_features && method == "Ask" && answer.ok() && said.ParseFromString(*answer)) {
        said.clear_features();
        answer = said.SerializeAsString();
      }
      done(std::move(answer));
    });
    absl::MutexLock lock(&mutex_);
    calls_.erase(calls_.find(to));
  }

 private:
  static void Answer(Cluster* to, const std::string& method, const std::string& request,
                     const cluster::CallDone& done) {
    if (method == "Ask")
      return Serve<node::v1::AskRequest, node::v1::AskResponse>(request, done,
                                                                [to](auto& q, auto* r) { return to->Ask(q, r); });
    if (method == "HandOver") {
      return Serve<node::v1::HandOverRequest, node::v1::HandOverResponse>(
          request, done, [to](auto& q, auto* r) { return to->HandOver(q, r); });
    }
    if (method == "DeliverLetter") {
      return Serve<node::v1::DeliverLetterRequest, node::v1::DeliverLetterResponse>(
          request, done, [to](auto& q, auto* r) { return to->DeliverLetter(q, r); });
    }
    return Serve<node::v1::ReadRowRequest, node::v1::ReadRowResponse>(
        request, done, [to](auto& q, auto* r) { return to->ReadRow(q, r); });
  }
  template <typename Request, typename Response, typename Act>
  static void Serve(const std::string& bytes, const cluster::CallDone& done, Act act) {
    Request request;
    request.ParseFromString(bytes);
    Response response;
    absl::Status status = act(request, &response);
    status.ok() ? done(response.SerializeAsString()) : done(status);
  }
  absl::Mutex mutex_;
  std::map<std::string, Cluster*> nodes_ ABSL_GUARDED_BY(mutex_);
  std::multiset<Cluster*> calls_ ABSL_GUARDED_BY(mutex_);  // under way
  std::set<std::string> old_ ABSL_GUARDED_BY(mutex_);
};

class ClusterTest : public testing::Test {
 protected:
  // A node with stores of its own.
  struct Member {
    Member(ClusterTest* test, std::string name, std::set<std::string> serves = {})
        : wire(&test->wire), peer{name, name + ":1"}, membership(&test->members, name), stores(/*exclusive=*/false) {
      Cluster::Options options;
      options.self = peer;
      options.services = serves;
      options.membership = &membership;
      options.clock = clock.get();
      options.call = [test](const std::string& address, const std::string& method, std::string request, absl::Duration,
                            cluster::CallDone done) { test->wire.Call(address, method, request, std::move(done)); };
      cluster = std::make_unique<Cluster>(std::move(options));
      node = std::make_unique<MemoryNode>(&test->disk, &stores, cluster.get(), std::move(serves));
      EXPECT_TRUE(node->started().ok()) << node->started();
      test->wire.Connect(peer.address, cluster.get());
      EXPECT_TRUE(cluster->Start(&node->node()).ok());
    }
    ~Member() { Stop(); }
    void Stop() {
      wire->Cut(peer.address);
      cluster->Stop();
      node->Stop();
    }
    size_t Owned() const {
      size_t owned = 0;
      for (const Shard* shard : node->node().shards()) owned += shard->owns();
      return owned;
    }
    size_t Serving() const {
      size_t serving = 0;
      for (const Shard* shard : node->node().shards()) serving += shard->phase() == Shard::Phase::kServing;
      return serving;
    }
    Wire* const wire;
    const Peer peer;
    std::unique_ptr<Clock> clock = MakeSystemClock();
    Told membership;
    Disk stores;
    std::unique_ptr<Cluster> cluster;
    std::unique_ptr<MemoryNode> node;
  };

  static bool Within(absl::Duration limit, const std::function<bool()>& holds) {
    const absl::Time until = absl::Now() + limit;
    while (!holds()) {
      if (absl::Now() > until) return false;
      absl::SleepFor(absl::Milliseconds(2));
    }
    return true;
  }
  static constexpr size_t kShards = 3 * kTestPartitions + 1;

  // Reports a call to whoever owns it, the same bytes until it is acknowledged; the contact's name.
  static std::string Answered(const std::vector<Member*>& nodes, const std::string& call, absl::Duration limit) {
    interaction::v1::ReportContactFactRequest fact;
    fact.set_source("switch-1");
    fact.set_external_id(call);
    fact.set_identifier("1390000" + call);
    fact.set_site("hangzhou");
    *fact.mutable_occurred_at() = TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(absl::Now()) - 60'000);
    fact.mutable_fact()->mutable_answered()->set_agent("1005");
    fact.set_request_id(nodes[0]->node->NewId());
    std::string name;
    Within(limit, [&] {
      for (Member* member : nodes) {
        auto reply = member->node->Do("interaction", "adapters/switch-1", fact);
        if (reply.ok()) name = reply->name();
        if (reply.ok()) return true;
      }
      return false;
    });
    return name;
  }
  void Publish(Member& member) {
    ASSERT_TRUE(Within(absl::Seconds(20), [&] { return member.node->PublishSample().ok(); }));
  }

  Members members;
  Wire wire;
  Disk disk{/*exclusive=*/false};
};

}  // namespace shoujie
