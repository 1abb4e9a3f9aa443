// A whole node with the real services on journals, stores and keys in memory: threads, reactions, adoption and read
// models as in the server, but nothing that ThreadSanitizer cannot see through. What lies in `Disk` outlives a node, so
// that restarts, rebuilds and takeovers can be played.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "services/directory/service.h"
#include "services/interaction/service.h"
#include "services/profile/service.h"
#include "services/router/service.h"
#include "services/runtime/base/request_id.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/journal/simulated.h"
#include "services/runtime/node/node.h"
#include "services/runtime/security/memory_keys.h"
#include "services/runtime/store/memory_store.h"
#include "tests/support/memory_topic.h"

namespace shoujie {

inline constexpr uint32_t kTestPartitions = 4;

class Disk {
 public:
  // `exclusive`: as one process under a lock, so that nobody's lease is waited for.
  explicit Disk(bool exclusive) : exclusive_(exclusive) {}

  Journal* journal(const JournalId& id);
  Store* store(const JournalId& id) { return &memory(id); }
  MemoryStore& memory(const JournalId& id);
  // The sample directory as builds of before features published it. Before any node starts.
  void PublishAsBeforeFeatures();
  // All stores are gone; journals and keys are there.
  void LoseStores();
  std::map<JournalId, MemoryStore::Rows> Rows();
  KeyRing* keys() { return &keys_; }
  // Nodes that start from now on write what they publish there.
  void PublishTo(MemoryTopic* topic) { topic_ = topic; }
  MemoryTopic* topic() const { return topic_; }

 private:
  class Shared;

  const bool exclusive_;
  MemoryKeys keys_;
  MemoryTopic* topic_ = nullptr;
  absl::Mutex mutex_;
  std::map<JournalId, std::unique_ptr<SimulatedJournal>> journals_ ABSL_GUARDED_BY(mutex_);
  std::map<JournalId, std::unique_ptr<Journal>> shown_ ABSL_GUARDED_BY(mutex_);
  std::map<JournalId, std::unique_ptr<MemoryStore>> stores_ ABSL_GUARDED_BY(mutex_);
};

class MemoryNode {
 public:
  // Starts, publishes the sample directory if there is none, and waits until it is adopted. `stores`: whose stores; of
  // a second node on the same journals another disk than that of the first.
  explicit MemoryNode(Disk* disk, Disk* stores = nullptr);
  // One of several nodes: owns what `peers` assigns to it, and publishes nothing by itself.
  MemoryNode(Disk* disk, Disk* stores, Peers* peers, std::set<std::string> serves = {});

  Node& node() { return *node_; }
  absl::Status started() const { return started_; }
  void Stop() { node_->Stop(); }

  // A command as a client sends it. `who`: "agents/1005", "adapters/switch-1", "operators/first".
  template <typename Request>
  absl::StatusOr<common::v1::CommandReply> Do(const std::string& service, const std::string& who, Request request) {
    if (request.request_id().empty()) request.set_request_id(NewId());
    return Execute(service, who, std::make_unique<Request>(std::move(request)));
  }
  // The same of a request that has its id.
  absl::StatusOr<common::v1::CommandReply> Execute(const std::string& service, const std::string& who,
                                                   std::unique_ptr<google::protobuf::Message> request);
  template <typename State>
  absl::StatusOr<State> Get(const std::string& service, const common::v1::GetRequest& request) {
    absl::StatusOr<State> result = absl::UnknownError("");
    absl::Notification done;
    node_->Get(*node_->module(service), request, [&](absl::StatusOr<std::unique_ptr<google::protobuf::Message>> state) {
      result = state.ok() ? absl::StatusOr<State>(static_cast<const State&>(**state)) : state.status();
      done.Notify();
    });
    done.WaitForNotification();
    return result;
  }
  template <typename State>
  absl::StatusOr<State> Get(const std::string& service, const std::string& name) {
    common::v1::GetRequest request;
    request.set_name(name);
    return Get<State>(service, request);
  }
  absl::StatusOr<common::v1::ListHistoryResponse> History(const std::string& service,
                                                          const common::v1::ListHistoryRequest& request);
  template <typename Response>
  absl::StatusOr<Response> Run(const std::string& service, const std::string& method,
                               const google::protobuf::Message& request, const std::string& who = "operators/first") {
    Response response;
    for (const Query& query : node_->module(service)->queries) {
      if (query.method != method) continue;
      absl::Status status = node_->Run(*node_->module(service), query, request, &response, PrincipalOf(who));
      if (!status.ok()) return status;
      return response;
    }
    return absl::NotFoundError(method);
  }
  // The sample directory, if there is none.
  absl::Status PublishSample();
  std::string NewId() { return MakeRequestId(clock_->Now(), disk_->keys()->Random(10)); }

 private:
  static Principal PrincipalOf(const std::string& who);
  void Make(Disk* stores, Peers* peers, std::set<std::string> serves);

  Disk* const disk_;
  const std::unique_ptr<Clock> clock_;
  std::unique_ptr<Node> node_;
  absl::Status started_;
};

}  // namespace shoujie
