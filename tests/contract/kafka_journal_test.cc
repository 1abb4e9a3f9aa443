#include "services/runtime/kafka/journal.h"
#include "tests/contract/journal_contract.h"
#include "tests/kafka/broker.h"

namespace shoujie::contract {
namespace {

constexpr uint32_t kPartitions = 8;

// Each fixture has topics of its own on the program's broker.
class OnBroker : public Fixture {
 public:
  OnBroker() {
    options_.cluster.bootstrap = kafka::Brokers::Shared().bootstrap();
    options_.cluster.prefix = kafka::Brokers::NewName();
    for (const char* service : {"router", "route", "routers"}) options_.topics.push_back({service, kPartitions});
    options_.allow_unsafe_topics = true;  // there is one replica only
    auto topics = kafka::Topics::Connect(options_.cluster);
    if (!topics.ok()) ADD_FAILURE() << topics.status();
    if (topics.ok()) {
      auto made = (*topics)->Create(options_.topics, 1);
      EXPECT_TRUE(made.ok()) << made.status();
    }
    Open();
  }
  Journal& Get(const JournalId& id) override {
    // 256 stands for a partition with a long number; that many would take their time.
    auto journal = journals_->Get({id.service, id.partition == 256 ? kPartitions - 1 : id.partition});
    if (!journal.ok()) ADD_FAILURE() << journal.status();
    return **journal;
  }
  bool Reopen() override {
    journals_.reset();
    Open();
    return true;
  }

 private:
  void Open() {
    auto opened = KafkaJournals::Open(options_);
    if (!opened.ok()) {
      ADD_FAILURE() << opened.status();
      return;
    }
    journals_ = *std::move(opened);
  }

  KafkaJournals::Options options_;
  std::unique_ptr<KafkaJournals> journals_;
};

INSTANTIATE_TEST_SUITE_P(Kafka, JournalContract,
                         testing::Values(Case{"kafka", [] { return std::make_unique<OnBroker>(); }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace shoujie::contract
