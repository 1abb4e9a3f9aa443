#include "tests/integration/memory_node.h"

#include <utility>

#include "absl/strings/match.h"
#include "services/directory/sample.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/directory/v1/events.pb.h"
#include "shoujie/journal/v1/record.pb.h"

namespace shoujie {

// A reliable journal that others may write too.
class Disk::Shared : public Journal {
 public:
  explicit Shared(SimulatedJournal* journal) : journal_(journal) {}
  std::unique_ptr<JournalWriter> NewWriter(std::function<void(const Report&)> on_report) override {
    return journal_->NewWriter(std::move(on_report));
  }
  absl::Status Read(uint64_t position, size_t records_max, std::vector<StoredRecord>* out) override {
    return journal_->Read(position, records_max, out);
  }
  std::shared_ptr<void> Watch(std::function<void()> on_append) override {
    return journal_->Watch(std::move(on_append));
  }
  uint64_t EndHint() const override { return journal_->EndHint(); }
  bool exclusive() const override { return false; }

 private:
  SimulatedJournal* const journal_;
};

Journal* Disk::journal(const JournalId& id) {
  absl::MutexLock lock(&mutex_);
  auto& journal = journals_[id];
  if (journal == nullptr) journal = SimulatedJournal::Reliable([] { return absl::Now(); });
  if (exclusive_) return journal.get();
  auto& shown = shown_[id];
  if (shown == nullptr) shown = std::make_unique<Shared>(journal.get());
  return shown.get();
}

MemoryStore& Disk::memory(const JournalId& id) {
  absl::MutexLock lock(&mutex_);
  auto& store = stores_[id];
  if (store == nullptr) store = std::make_unique<MemoryStore>();
  return *store;
}

void Disk::LoseStores() {
  absl::MutexLock lock(&mutex_);
  stores_.clear();
}

std::map<JournalId, MemoryStore::Rows> Disk::Rows() {
  absl::MutexLock lock(&mutex_);
  std::map<JournalId, MemoryStore::Rows> all;
  for (const auto& [id, store] : stores_) all[id] = store->rows();
  return all;
}

void Disk::PublishAsBeforeFeatures() {
  directory::v1::Event event;
  event.mutable_published()->set_version(1);
  *event.mutable_published()->mutable_content() = directory::SampleDirectory();
  journal::v1::Record claim, published;
  claim.mutable_claim()->set_term(1);
  claim.mutable_claim()->set_node("earlier");
  auto* commit = published.mutable_commit();
  commit->set_revision(1);
  commit->set_term(1);
  commit->set_command_id("earlier");
  commit->set_principal("system/directory");
  commit->set_recorded_at_ms(absl::ToUnixMillis(absl::Now()));
  commit->set_stream_id("directories/main");
  commit->set_stream_version(1);
  commit->add_events()->set_body(event.SerializeAsString());
  const JournalId id{"directory", 0};
  journal(id);  // makes it
  absl::MutexLock lock(&mutex_);
  journals_[id]->Plant(claim.SerializeAsString());
  journals_[id]->Plant(published.SerializeAsString());
}

MemoryNode::MemoryNode(Disk* disk, Disk* stores) : disk_(disk), clock_(MakeSystemClock()) {
  Make(stores == nullptr ? disk : stores, nullptr, {});
  if (started_.ok()) started_ = PublishSample();
  if (started_.ok()) started_ = node_->AwaitAdoption(absl::Seconds(60));
}

MemoryNode::MemoryNode(Disk* disk, Disk* stores, Peers* peers, std::set<std::string> serves)
    : disk_(disk), clock_(MakeSystemClock()) {
  Make(stores, peers, std::move(serves));
}

void MemoryNode::Make(Disk* stores, Peers* peers, std::set<std::string> serves) {
  Disk* const disk = disk_;
  NodeEnv env;
  env.modules.push_back(directory::Service());
  env.modules.push_back(profile::Service());
  env.modules.push_back(interaction::Service());
  env.modules.push_back(router::Service());
  env.serves = std::move(serves);
  env.partitions = kTestPartitions;
  env.journal = [disk](const JournalId& id) -> absl::StatusOr<Journal*> { return disk->journal(id); };
  env.store = [stores](const JournalId& id) { return stores->store(id); };
  env.drop_store = [](const JournalId&) { return absl::UnimplementedError("nothing asks for it here"); };
  if (disk->topic() != nullptr) {
    env.published = [disk](const std::string&, uint32_t) { return disk->topic()->Open(); };
  }
  env.keys = disk->keys();
  env.clock = clock_.get();
  env.threads = 2;
  env.peers = peers;
  if (peers != nullptr) env.name = peers->self().name;
  node_ = std::make_unique<Node>(std::move(env));
  started_ = node_->Start();
}

absl::Status MemoryNode::PublishSample() {
  if (node_->reference()->version() > 0) return absl::OkStatus();
  directory::v1::PublishVersionRequest request;
  *request.mutable_content() = directory::SampleDirectory();
  return Do("directory", "operators/first", request).status();
}

Principal MemoryNode::PrincipalOf(const std::string& who) {
  const auto bits = [](std::initializer_list<Right> rights) {
    uint32_t all = 0;
    for (Right right : rights) all |= static_cast<uint32_t>(right);
    return all;
  };
  if (absl::StartsWith(who, "agents/")) return {who, bits({Right::kAgent})};
  if (absl::StartsWith(who, "adapters/")) return {who, bits({Right::kFacts, Right::kOrders})};
  return {who, bits({Right::kAgent, Right::kFacts, Right::kOrders, Right::kPublish, Right::kRead, Right::kOperate})};
}

absl::StatusOr<common::v1::CommandReply> MemoryNode::Execute(const std::string& service, const std::string& who,
                                                             std::unique_ptr<google::protobuf::Message> request) {
  ClientCommand command;
  command.payload = request->SerializeAsString();
  command.request = std::move(request);
  command.principal = PrincipalOf(who);
  command.deadline = clock_->Boot() + absl::Seconds(30);
  absl::StatusOr<common::v1::CommandReply> result = absl::UnknownError("");
  absl::Notification done;
  node_->Execute(*node_->module(service), std::move(command), [&](absl::StatusOr<common::v1::CommandReply> reply) {
    result = std::move(reply);
    done.Notify();
  });
  done.WaitForNotification();
  return result;
}

absl::StatusOr<common::v1::ListHistoryResponse> MemoryNode::History(const std::string& service,
                                                                    const common::v1::ListHistoryRequest& request) {
  absl::StatusOr<common::v1::ListHistoryResponse> result = absl::UnknownError("");
  absl::Notification done;
  node_->ListHistory(*node_->module(service), request, [&](absl::StatusOr<common::v1::ListHistoryResponse> history) {
    result = std::move(history);
    done.Notify();
  });
  done.WaitForNotification();
  return result;
}

}  // namespace shoujie
