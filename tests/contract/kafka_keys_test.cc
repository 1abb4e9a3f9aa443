#include "services/runtime/kafka/compacted.h"
#include "services/runtime/kafka/keys.h"
#include "services/runtime/kafka/topics.h"
#include "services/runtime/store/memory_store.h"
#include "tests/contract/keys_contract.h"
#include "tests/kafka/broker.h"

namespace shoujie::contract {
namespace {

// Each fixture has a topic of its own on the program's broker.
class OnTopic : public KeysFixture {
 public:
  OnTopic() : copy_(std::make_unique<MemoryStore>()) {
    cluster_.bootstrap = kafka::Brokers::Shared().bootstrap();
    cluster_.prefix = kafka::Brokers::NewName();
    auto topics = kafka::Topics::Connect(cluster_);
    if (!topics.ok()) ADD_FAILURE() << topics.status();
    if (topics.ok()) {
      EXPECT_TRUE((*topics)->Create({kafka::KeysTopic()}, 1).ok());
    }
  }
  absl::Status Open() override {
    Close();
    KafkaKeys::Options options;
    options.cluster = &cluster_;
    options.copy = copy_.get();
    options.empty_copy = [] { return absl::InternalError("nothing was compacted"); };
    options.clock = &clock;
    options.master_key_file = master_file();
    auto opened = KafkaKeys::Open(options);
    if (opened.ok()) keys_ = *std::move(opened);
    return opened.status();
  }
  void Close() override { keys_.reset(); }
  KeyRing& keys() override { return *keys_; }
  void Maintain() override { keys_->Maintain(); }
  size_t pool() override { return keys_->pool(); }
  size_t windows() override { return keys_->windows(); }
  std::vector<std::string> Stored() override {
    std::vector<std::string> all;
    kafka::Compacted::Options options;
    options.cluster = &cluster_;
    options.topic = kafka::TopicName(cluster_, kafka::KeysTopic());
    options.on_rows = [&](std::vector<kafka::CompactedRow> rows, uint64_t) {
      for (const auto& row : rows) all.push_back(row.key + row.value.value_or(""));
    };
    options.on_report = [](uint64_t, std::optional<uint64_t>) {};
    options.on_turn = [](kafka::Compacted&) {};
    auto topic = kafka::Compacted::Start(options);
    EXPECT_TRUE((*topic)->AwaitEnd(absl::Seconds(20)).ok());
    topic->reset();
    EXPECT_GT(all.size(), 3u);
    for (const auto& [key, value] : copy_->rows()) all.push_back(key + value);
    return all;
  }

 private:
  kafka::Cluster cluster_;
  std::unique_ptr<MemoryStore> copy_;
  std::unique_ptr<KafkaKeys> keys_;
};

INSTANTIATE_TEST_SUITE_P(Kafka, KeysContract,
                         testing::Values(KeysCase{"kafka", [] { return std::make_unique<OnTopic>(); }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace shoujie::contract
