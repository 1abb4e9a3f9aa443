// The key store on a topic where only a real broker, or more than one node, can show it: what all nodes have in common,
// what comes late, what was erased, topics that are not the right one. What it has in common with other key stores:
// tests/contract/keys_contract.h.
#include "services/runtime/kafka/keys.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>

#include <map>
#include <thread>

#include "services/runtime/base/error.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/kafka/compacted.h"
#include "services/runtime/kafka/key_rows.h"
#include "services/runtime/security/master_key.h"
#include "services/runtime/store/memory_store.h"
#include "tests/kafka/fixture.h"
#include "tests/support/temp_dir.h"

namespace shoujie::kafka {
namespace {

template <typename Holds>
bool Eventually(const Holds& holds, absl::Duration limit = absl::Seconds(30)) {
  for (const absl::Time until = absl::Now() + limit; absl::Now() < until; absl::SleepFor(absl::Milliseconds(2))) {
    if (holds()) return true;
  }
  return holds();
}

class KafkaKeysTest : public testing::Test {
 protected:
  struct Node {
    std::unique_ptr<MemoryStore> copy = std::make_unique<MemoryStore>();
    int emptied = 0;
    std::unique_ptr<KafkaKeys> keys;
  };

  void SetUp() override {
    ::setenv(kMasterKeyVariable, std::string(64, 'a').c_str(), 1);
    clock_ = MakeSystemClock();
    cluster_.bootstrap = Brokers::Shared().bootstrap();
    cluster_.prefix = Brokers::NewName();
    CreateTopic();
  }
  void TearDown() override { ::unsetenv(kMasterKeyVariable); }

  // A topic that is compacted whenever the broker looks, about every 15 s.
  void CreateEagerTopic() {
    cluster_.prefix = Brokers::NewName();
    const Context context{&cluster_, nullptr};
    auto admin = NewAdmin(&context);
    ASSERT_TRUE(admin.ok()) << admin.status();
    char why[256];
    rd_kafka_NewTopic_t* topic =
        rd_kafka_NewTopic_new(TopicName(cluster_, KeysTopic()).c_str(), 1, 1, why, sizeof(why));
    for (const auto& [name, value] :
         {std::pair("cleanup.policy", "compact"), std::pair("segment.ms", "200"),
          std::pair("min.cleanable.dirty.ratio", "0.001"), std::pair("delete.retention.ms", "0")}) {
      rd_kafka_NewTopic_set_config(topic, name, value);
    }
    rd_kafka_queue_t* queue = rd_kafka_queue_new(admin->get());
    rd_kafka_CreateTopics(admin->get(), &topic, 1, nullptr, queue);
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 30'000);
    ASSERT_NE(event, nullptr);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    CreateTopic();  // waits until it is led
  }
  // What the topic still holds: positions by name.
  std::map<std::string, uint64_t> Held() {
    std::map<std::string, uint64_t> held;
    Compacted::Options options;
    options.cluster = &cluster_;
    options.topic = TopicName(cluster_, KeysTopic());
    options.on_rows = [&](std::vector<CompactedRow> rows, uint64_t) {
      for (const CompactedRow& row : rows) held[row.key] = row.position;
    };
    options.on_report = [](uint64_t, std::optional<uint64_t>) {};
    options.on_turn = [](Compacted&) {};
    auto topic = Compacted::Start(options);
    EXPECT_TRUE((*topic)->AwaitEnd(absl::Seconds(20)).ok());
    topic->reset();
    return held;
  }

  void CreateTopic() {
    auto topics = Topics::Connect(cluster_);
    ASSERT_TRUE(topics.ok()) << topics.status();
    auto made = (*topics)->Create({KeysTopic()}, 1);
    ASSERT_TRUE(made.ok()) << made.status();
  }
  absl::Status Open(Node* node) {
    node->keys.reset();
    KafkaKeys::Options options;
    options.cluster = &cluster_;
    options.copy = node->copy.get();
    options.empty_copy = [node] {
      ++node->emptied;
      std::vector<Row> rows;
      for (const auto& [key, value] : node->copy->rows()) rows.push_back({key, std::nullopt});
      node->copy->Write(std::move(rows), [] {});
      return absl::OkStatus();
    };
    options.clock = clock_.get();
    options.master_key_file = dir_ / "master.key";
    auto opened = KafkaKeys::Open(options);
    if (opened.ok()) node->keys = *std::move(opened);
    return opened.status();
  }
  static uint64_t Take(Node& node) {
    uint64_t taken = 0;
    EXPECT_TRUE(Eventually([&] {
      taken = node.keys->TakeKey().value_or(0);
      return taken != 0;
    }));
    return taken;
  }
  // Puts rows on the topic as somebody else.
  void Write(std::vector<std::pair<std::string, std::optional<std::string>>> rows) {
    std::atomic<size_t> landed{0};
    const size_t all = rows.size();
    Compacted::Options options;
    options.cluster = &cluster_;
    options.topic = TopicName(cluster_, KeysTopic());
    options.on_rows = [](std::vector<CompactedRow>, uint64_t) {};
    options.on_report = [&](uint64_t, std::optional<uint64_t> position) { landed += position.has_value(); };
    options.on_turn = [&](Compacted& topic) {
      for (auto& [key, value] : std::exchange(rows, {})) topic.Append(std::move(key), std::move(value), 1);
    };
    auto topic = Compacted::Start(options);
    ASSERT_TRUE(topic.ok()) << topic.status();
    ASSERT_TRUE(Eventually([&] { return landed == all; }));
  }

  const TempDir dir_;
  Cluster cluster_;
  std::unique_ptr<Clock> clock_;
};

TEST_F(KafkaKeysTest, NodesThatStartAtOnceAgree) {
  Node nodes[3];
  absl::Status opened[3];
  std::thread threads[3];
  for (int i = 0; i < 3; ++i) threads[i] = std::thread([&, i] { opened[i] = Open(&nodes[i]); });
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(opened[i].ok()) << opened[i];
  for (int i = 1; i < 3; ++i) {
    EXPECT_EQ(nodes[i].keys->slot_key(), nodes[0].keys->slot_key());
    EXPECT_EQ(nodes[i].keys->IndexTerm("phone", "1"), nodes[0].keys->IndexTerm("phone", "1"));
    for (int days : {-7, 0, 1}) {
      const absl::Time at = clock_->Now() + absl::Hours(24 * days);
      EXPECT_EQ(nodes[i].keys->PayloadMac(at, "x"), nodes[0].keys->PayloadMac(at, "x")) << days;
    }
  }
  ::setenv(kMasterKeyVariable, std::string(64, 'b').c_str(), 1);
  Node stranger;
  EXPECT_EQ(ReasonOf(Open(&stranger)), "MASTER_KEY_WRONG");
}

TEST_F(KafkaKeysTest, KeysOfAllNodesAreDifferentAndKnownToAll) {
  Node nodes[2];
  for (Node& node : nodes) ASSERT_TRUE(Open(&node).ok());
  std::vector<std::pair<uint64_t, std::string>> taken[2];
  std::thread threads[2];
  for (int i = 0; i < 2; ++i) {
    threads[i] = std::thread([&, i] {
      for (int k = 0; k < 1000; ++k) {
        const uint64_t id = Take(nodes[i]);
        taken[i].emplace_back(id, *nodes[i].keys->DataKey(id));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::map<uint64_t, std::string> all(taken[0].begin(), taken[0].end());
  all.insert(taken[1].begin(), taken[1].end());
  EXPECT_EQ(all.size(), 2000u);
  Node late;
  ASSERT_TRUE(Open(&late).ok());
  for (const auto& [id, key] : all) {
    for (Node* node : {&nodes[0], &nodes[1], &late}) {
      ASSERT_TRUE(node->keys->Await(id, absl::Seconds(10)));
      ASSERT_EQ(*node->keys->DataKey(id), key) << id;
    }
  }
}

TEST_F(KafkaKeysTest, AnErasedKeyIsErasedForEverybodyAndForEver) {
  Node nodes[2];
  for (Node& node : nodes) ASSERT_TRUE(Open(&node).ok());
  const uint64_t erased = Take(nodes[0]), kept = Take(nodes[0]);
  ASSERT_TRUE(nodes[1].keys->Await(kept, absl::Seconds(10)));
  nodes[1].keys->Erase(erased);
  for (Node& node : nodes) {
    EXPECT_TRUE(Eventually([&] { return ReasonOf(node.keys->DataKey(erased).status()) == "KEY_ERASED"; }));
  }
  // A row of the key that comes late: of a move that was cut short.
  constexpr uint64_t kMovedId = 1;
  Write({{key_rows::Numbered(key_rows::kErased, kMovedId), ""},
         {key_rows::Numbered(key_rows::kMoved, kMovedId), std::string(80, 'x')}});
  Node late;
  ASSERT_TRUE(Open(&late).ok());
  ASSERT_TRUE(Open(&nodes[0]).ok());
  for (Node* node : {&nodes[0], &nodes[1], &late}) {
    EXPECT_EQ(ReasonOf(node->keys->DataKey(erased).status()), "KEY_ERASED");
    EXPECT_TRUE(Eventually([&] { return ReasonOf(node->keys->DataKey(kMovedId).status()) == "KEY_ERASED"; }));
    EXPECT_TRUE(node->keys->DataKey(kept).ok());
    for (const auto& [key, value] : node->copy->rows()) {
      EXPECT_NE(key, key_rows::Numbered(key_rows::kKeyRow, erased)) << "its bytes stay nowhere";
    }
  }
}

TEST_F(KafkaKeysTest, ATopicThatIsNotTheCopysIsRefused) {
  Node node;
  ASSERT_TRUE(Open(&node).ok());
  Take(node);
  node.keys.reset();
  const auto rows = node.copy->rows();  // once nothing more of its own comes in
  const std::string good = cluster_.prefix;
  cluster_.prefix = Brokers::NewName();
  CreateTopic();
  EXPECT_EQ(ReasonOf(Open(&node)), "KEYS_SHORT") << "an empty one";
  std::vector<std::pair<std::string, std::optional<std::string>>> others;
  for (int i = 0; i < 1000; ++i) others.emplace_back(key_rows::Numbered("other ", static_cast<uint64_t>(i)), "x");
  Write(std::move(others));
  EXPECT_EQ(ReasonOf(Open(&node)), "KEYS_FOREIGN") << "a longer one";
  EXPECT_EQ(node.copy->rows(), rows) << "a refused start changes nothing";
  cluster_.prefix = good;
  EXPECT_TRUE(Open(&node).ok());
  EXPECT_EQ(node.emptied, 0);
}

TEST_F(KafkaKeysTest, ARowThatWasChangedOrMovedOpensNothing) {
  Node node;
  ASSERT_TRUE(Open(&node).ok());
  const uint64_t id = Take(node), other = Take(node);
  std::map<std::string, std::string> rows;
  for (const auto& [key, value] : node.copy->rows()) rows[key] = value;
  const std::string row = key_rows::Numbered(key_rows::kKeyRow, id);
  std::string name, wrapped, other_name, other_wrapped;
  ASSERT_TRUE(key_rows::ReadNamed(rows[row], &name, &wrapped));
  ASSERT_TRUE(key_rows::ReadNamed(rows[key_rows::Numbered(key_rows::kKeyRow, other)], &other_name, &other_wrapped));
  ASSERT_TRUE(Open(&node).ok());  // nothing is in memory
  node.copy->Write({{row, key_rows::Together(name, other_wrapped)}}, [] {});
  EXPECT_EQ(ReasonOf(node.keys->DataKey(id).status()), "KEYS_DAMAGED");
  node.copy->Write({{row, std::nullopt}}, [] {});
  EXPECT_EQ(ReasonOf(node.keys->DataKey(id).status()), "KEYS_MISSING");
  EXPECT_TRUE(node.keys->DataKey(other).ok());
}

TEST_F(KafkaKeysTest, CompactionTakesWhatWasErasedAndNothingElse) {
  CreateEagerTopic();
  Node node, behind;
  ASSERT_TRUE(Open(&node).ok());
  std::vector<std::pair<uint64_t, std::string>> kept;
  for (int i = 0; i < 300; ++i) {
    const uint64_t id = Take(node);
    kept.emplace_back(id, *node.keys->DataKey(id));
  }
  // A node whose copy ends with the very row that goes away.
  ASSERT_TRUE(Open(&behind).ok());
  behind.keys.reset();
  const uint64_t erased = key_rows::Read64(behind.copy->rows()[key_rows::kPlaceRow]) + 1;
  ASSERT_TRUE(node.keys->Await(erased, absl::Seconds(10)));
  std::string name, wrapped;
  ASSERT_TRUE(key_rows::ReadNamed(behind.copy->rows()[key_rows::Numbered(key_rows::kKeyRow, erased)], &name, &wrapped));
  ASSERT_EQ(Held().count(name), 1u);
  node.keys->Erase(erased);
  int rounds = 0;
  ASSERT_TRUE(Eventually(
      [&] {
        Write({{key_rows::Numbered("other ", 1), absl::StrCat(++rounds)}});  // a segment ends when another one begins
        absl::SleepFor(absl::Milliseconds(300));
        return Held().count(name) == 0;
      },
      absl::Seconds(90)));
  Node late;
  ASSERT_TRUE(Open(&late).ok());
  ASSERT_TRUE(Open(&behind).ok());
  EXPECT_EQ(behind.emptied, 1) << "nothing was left to compare its copy with";
  for (Node* one : {&node, &late, &behind}) {
    EXPECT_EQ(ReasonOf(one->keys->DataKey(erased).status()), "KEY_ERASED");
    for (const auto& [id, key] : kept) {
      if (id == erased) continue;
      ASSERT_EQ(*one->keys->DataKey(id), key) << id;
    }
    EXPECT_EQ(one->keys->slot_key(), node.keys->slot_key());
  }
}

}  // namespace
}  // namespace shoujie::kafka
