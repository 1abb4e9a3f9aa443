// Stores made again from their journals beside the live ones, on RocksDB: equal row by row, wherever the live store
// stands when the copy takes its place.
#include "services/runtime/node/rebuild.h"

#include <gtest/gtest.h>

#include <map>

#include "absl/synchronization/notification.h"
#include "services/runtime/store/rocks_store.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/runtime/shard/bench.h"

namespace shoujie::testing {
namespace {

class RebuildTest : public ShardTest {
 protected:
  RebuildTest() {
    auto opened = RocksStores::Open(dir_ / "store");
    EXPECT_TRUE(opened.ok()) << opened.status();
    stores_ = *std::move(opened);
  }
  std::unique_ptr<SideStore> Side(const JournalId& id, size_t memory_bytes_max = 4000) {
    return stores_->MakeSide(id, dir_ / "side", memory_bytes_max, /*write_bytes_max=*/0);
  }
  RebuildEnv Env() {
    return {[this](const JournalId& id) { return stores_->MakeSide(id, dir_ / absl::StrCat("side-", id.service)); },
            &keys, &clock};
  }
  MemoryStore::Rows Rows(const JournalId& id) {
    MemoryStore::Rows rows;
    EXPECT_TRUE(stores_->Get(id)
                    ->Scan("", "",
                           [&](absl::string_view key, absl::string_view value) {
                             rows.emplace(std::string(key), std::string(value));
                             return true;
                           })
                    .ok());
    return rows;
  }
  // Cases that are opened, added to, handed on and reminded of; entries of the book that follow.
  void Work(int n) {
    for (int i = 0; i < n; ++i) {
      OpenCaseRequest request = Open(absl::StrCat("+86 ", ++opened_ % 17), absl::StrCat(1000 + i % 3));
      request.set_text("long enough");
      request.mutable_remind_in()->set_seconds(i);
      auto reply = Do(request);
      ASSERT_TRUE(reply.ok()) << reply.status();
      ASSERT_TRUE(Do(Add(reply->name(), i + 1)).ok());
      Pass(absl::Minutes(47));
    }
  }
  // Puts a copy of what the shard's own store holds into the database, as if it had been written there.
  void Show(const JournalId& id, const MemoryStore& from) {
    std::vector<Row> rows;
    for (const auto& [key, value] : from.rows()) rows.push_back({key, value});
    absl::Notification done;
    stores_->Get(id)->Write(std::move(rows), [&] { done.Notify(); });
    done.WaitForNotification();
  }

  const TempDir dir_;
  std::unique_ptr<RocksStores> stores_;
  int opened_ = 0;
};

TEST_F(RebuildTest, ARebuiltStoreEqualsTheLiveOneRowByRow) {
  published.Publish({});
  Work(120);
  for (Node* node : {desk.get(), book.get()}) {
    const JournalId id = node->env.id;
    for (const size_t memory : {size_t{3000}, size_t{100'000}, kSideMemoryBytesMax}) {
      auto side = Side(id, memory);
      Rebuilder rebuilder(node->env.domain, id, node->env.journal, &keys, side.get());
      ASSERT_TRUE(ReadOn(rebuilder, *node->env.journal, clock).ok());
      EXPECT_EQ(rebuilder.revision(), node->shard->revision());
      ASSERT_TRUE(side->Prepare().ok());
      ASSERT_TRUE(side->Replace([] { return absl::OkStatus(); }).ok());
      EXPECT_EQ(Rows(id), node->store->rows()) << id.service << " with " << memory;
    }
  }
}

TEST_F(RebuildTest, TheTailIsCaughtUpWhileTheLiveStoreStandsStill) {
  Work(40);
  const JournalId id = desk->env.id;
  auto side = Side(id);
  Rebuilder rebuilder(desk->env.domain, id, desk->env.journal, &keys, side.get());
  const uint64_t first = desk->shard->stored_revision();
  ASSERT_TRUE(ReadOn(rebuilder, *desk->env.journal, clock, {.revision_max = first - 11}).ok());
  EXPECT_EQ(rebuilder.revision(), first - 11) << "not one record further";
  ASSERT_TRUE(side->Prepare().ok());
  Work(15);  // it serves meanwhile
  Show(id, *desk->store);
  const MemoryStore::Rows then = desk->store->rows();
  const uint64_t stored = desk->shard->stored_revision();
  Work(5);  // in the journal, not in the live store yet: it must not be in the copy either
  ASSERT_TRUE(
      side->Replace([&] { return ReadOn(rebuilder, *desk->env.journal, clock, {.revision_max = stored}); }).ok());
  EXPECT_EQ(Rows(id), then);
}

TEST_F(RebuildTest, AtRestAllStoresAreMadeAndADamagedOneIsRepaired) {
  published.Publish({});
  Work(30);
  Show(desk->env.id, *desk->store);
  std::vector<Row> damage = {{rows::PlaceKey(), "no place"}, {"S from nowhere", "x"}};
  absl::Notification done;
  stores_->Get(desk->env.id)->Write(std::move(damage), [&] { done.Notify(); });
  done.WaitForNotification();
  std::vector<RebuildTask> tasks;
  for (Node* node : {desk.get(), book.get()}) tasks.push_back({node->env.domain, node->env.id, node->env.journal});
  const RebuildSum sum = RebuildAtRest(tasks, Env());
  EXPECT_EQ(sum.stores, 2u);
  EXPECT_EQ(sum.failed, 0u) << sum.why;
  EXPECT_EQ(sum.records, desk->shard->revision() + book->shard->revision());
  for (Node* node : {desk.get(), book.get()}) EXPECT_EQ(Rows(node->env.id), node->store->rows());
  // A shard goes on from there.
  desk->shard.reset();
  desk->env.store = stores_->Get(desk->env.id);
  desk->shard = std::make_unique<Shard>(desk->env);
  ASSERT_TRUE(desk->shard->Open().ok());
  EXPECT_EQ(desk->shard->stored_revision(), desk->shard->revision());
}

TEST_F(RebuildTest, AJournalThatCannotBeReadToTheEndLeavesTheLiveStore) {
  Work(3);
  Show(desk->env.id, *desk->store);
  journal::v1::Record unknown;  // neither claim nor commit
  desk_log->NewWriter([](const Report&) {})->Send({unknown.SerializeAsString()});
  const RebuildSum sum = RebuildAtRest({{desk->env.domain, desk->env.id, desk->env.journal}}, Env());
  EXPECT_EQ(sum.failed, 1u);
  EXPECT_REASON(sum.why, "JOURNAL_RECORD_UNKNOWN");
  EXPECT_EQ(Rows(desk->env.id), desk->store->rows());
}

TEST_F(RebuildTest, WhatTheJournalDoesNotHaveIsWaitedForAWhile) {
  Work(2);
  auto side = Side(desk->env.id);
  Rebuilder rebuilder(desk->env.domain, desk->env.id, desk->env.journal, &keys, side.get());
  int reads = 0;
  const absl::Status status =
      ReadOn(rebuilder, *desk->env.journal, clock,
             {.revision_max = desk->shard->revision() + 1, .patience = absl::Seconds(7), .between = [&] {
                time.Advance(absl::Seconds(1));
                return ++reads < 100;
              }});
  EXPECT_REASON(status, "REBUILD_UNREADABLE");
  EXPECT_EQ(rebuilder.revision(), desk->shard->revision());
  EXPECT_GE(reads, 7);
  EXPECT_LE(reads, 9);
}

}  // namespace
}  // namespace shoujie::testing
