// Tills on several partitions, with a post that does what a test says: nothing on its own, in order, in any order, or
// not at all.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "services/runtime/shard/courier.h"
#include "services/runtime/shard/outbox.h"
#include "tests/support/till.h"
#include "tests/unit/runtime/shard/bench.h"
#include "till.pb.h"

namespace shoujie::testing {

class Post : public Courier {
 public:
  void Carry(journal::v1::Letter letter) override { under_way.push_back(std::move(letter)); }
  std::deque<journal::v1::Letter> under_way;
};

class TillTest : public ::testing::Test {
 protected:
  static constexpr uint32_t kPartitions = 3;

  TillTest() {
    domain = TillDomain();
    for (uint32_t p = 0; p < kPartitions; ++p) {
      logs.push_back(SimulatedJournal::Reliable([this] { return time.Now(); }));
      tills.push_back(NewOwner(p, "a"));
    }
    Settle();
  }
  // Another process on the partition's journal, with an empty store.
  std::unique_ptr<Node> NewOwner(uint32_t p, const std::string& name, Mutation mutation = Mutation::kNone) {
    auto node = std::make_unique<Node>(&domain, logs[p].get(), &keys, &clock, &published, nullptr, name, mutation);
    node->env.id = {"till", p};
    node->env.partitions = kPartitions;
    node->env.courier = &post;
    node->Start();
    node->shard->Own();
    return node;
  }

  void StepAll() {
    for (int i = 0; i < 3; ++i) {
      bool woken;
      do {
        woken = false;
        for (auto& node : tills) {
          if (!node->shard) continue;
          node->woken = false;
          node->shard->Step();
        }
        for (auto& node : tills) woken |= node->shard && node->woken;
      } while (woken);
    }
  }
  void Deliver(const journal::v1::Letter& letter) {
    if (tills[letter.to_partition()]->shard) tills[letter.to_partition()]->shard->Receive(letter);
  }
  // Until nothing is under way. Time stands still: nothing is repeated.
  void Settle() {
    StepAll();
    while (!post.under_way.empty()) {
      Deliver(post.under_way.front());
      post.under_way.pop_front();
      StepAll();
    }
  }
  void LoseLetters() {
    StepAll();
    post.under_way.clear();
  }
  void Pass(absl::Duration d) {
    time.Advance(d);
    Settle();
  }
  // Another till each time, in that partition.
  std::string TillIn(uint32_t p) {
    for (;;) {
      const std::string name = absl::StrCat("tills/", ++names);
      if (PartitionOf(name) == p) return name;
    }
  }
  uint32_t PartitionOf(const std::string& name) {
    return PartitionOfSlot(SlotOfStream(name, keys.slot_key()), kPartitions);
  }
  Reply Pay(const std::string& from, const std::vector<std::string>& to, int64_t amount, const std::string& text = "") {
    PayRequest request;
    request.set_name(from);
    for (const std::string& t : to) request.add_to(t);
    request.set_amount(amount);
    request.set_text(text);
    auto command = sim::MakeCommand(domain, request, sim::RequestId(clock.Now(), ++ids), principal, keys);
    EXPECT_TRUE(command.ok()) << command.status();
    auto answer = std::make_shared<Reply>(absl::DeadlineExceededError("no answer"));
    command->done = [answer](Reply reply) { *answer = std::move(reply); };
    tills[PartitionOf(from)]->shard->Post(*std::move(command));
    StepAll();
    return *answer;
  }
  Till StateOf(const std::string& name) {
    Till till;
    auto row = tills[PartitionOf(name)]->store->Get(rows::StateKey(name));
    if (!row.ok() || !*row) return till;
    auto value = rows::StateValue::Decode(**row);
    EXPECT_TRUE(value && till.ParseFromString(value->state));
    return till;
  }
  std::vector<journal::v1::Commit> Commits(uint32_t p) const {
    std::vector<journal::v1::Commit> commits;
    for (const StoredRecord& stored : logs[p]->records()) {
      journal::v1::Record record;
      EXPECT_TRUE(record.ParseFromString(stored.bytes));
      if (record.has_commit()) commits.push_back(record.commit());
    }
    return commits;
  }
  // Numbers of the messages that the partition took from that one, in its journal's order.
  std::vector<uint64_t> Taken(uint32_t p, uint32_t from) const {
    std::vector<uint64_t> numbers;
    for (const auto& commit : Commits(p)) {
      if (commit.cause().seq() > 0 && commit.cause().partition() == from) numbers.push_back(commit.cause().seq());
    }
    return numbers;
  }
  size_t RowsOf(uint32_t p, char kind) const {
    size_t n = 0;
    for (const auto& [key, value] : tills[p]->store->rows()) n += key[0] == kind;
    return n;
  }

  sim::TrueTime time;
  sim::ManualClock clock{&time};
  MemoryKeys keys{7};
  sim::Published published;
  ServiceDomain domain;
  Post post;
  std::vector<std::unique_ptr<SimulatedJournal>> logs;
  std::vector<std::unique_ptr<Node>> tills;
  Principal principal{"agents/1001", static_cast<uint32_t>(Right::kAgent)};
  uint64_t ids = 0;
  int names = 0;
};

}  // namespace shoujie::testing
