#include "services/runtime/store/rocks_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace shoujie {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RocksStoreTest : public testing::Test {
 protected:
  RocksStoreTest() { Open(); }
  void Open() {
    stores_.reset();
    auto opened = RocksStores::Open(dir_ / "store");
    ASSERT_TRUE(opened.ok()) << opened.status();
    stores_ = *std::move(opened);
  }

  static void Await(const std::function<void(std::function<void()>)>& start) {
    absl::Mutex mutex;
    bool done = false;
    start([&] {
      absl::MutexLock lock(&mutex);
      done = true;
    });
    absl::MutexLock lock(&mutex);
    EXPECT_TRUE(mutex.AwaitWithTimeout(absl::Condition(&done), absl::Seconds(20)));
  }
  static void Write(Store* store, std::vector<Row> rows) {
    Await([&](std::function<void()> done) { store->Write(std::move(rows), std::move(done)); });
  }
  static std::vector<std::string> Keys(const StoreReader& reader, absl::string_view from = "",
                                       absl::string_view to = "") {
    std::vector<std::string> keys;
    EXPECT_TRUE(reader
                    .Scan(from, to,
                          [&](absl::string_view key, absl::string_view) {
                            keys.emplace_back(key);
                            return keys.size() < 100;
                          })
                    .ok());
    return keys;
  }

  const TempDir dir_;
  std::unique_ptr<RocksStores> stores_;
};

TEST_F(RocksStoreTest, RowsAreReadableOnceDone) {
  Store* const store = stores_->Get({"router", 3});
  EXPECT_EQ(stores_->Get({"router", 3}), store);
  Write(store, {{"b", "2"}, {"a", "1"}, {"c", ""}, {"\xff\xff", "last"}});
  EXPECT_EQ(**store->Get("a"), "1");
  EXPECT_EQ(**store->Get("c"), "");
  EXPECT_FALSE(store->Get("d")->has_value());
  EXPECT_THAT(Keys(*store), ElementsAre("a", "b", "c", "\xff\xff"));
  EXPECT_THAT(Keys(*store, "b", "c"), ElementsAre("b"));
  Write(store, {{"b", std::nullopt}});
  EXPECT_FALSE(store->Get("b")->has_value());
}

TEST_F(RocksStoreTest, ShardsDoNotSeeEachOther) {
  const std::vector<JournalId> ids = {{"router", 0}, {"router", 1}, {"router", 255}, {"router", 256}, {"routers", 0}};
  for (const JournalId& id : ids) Write(stores_->Get(id), {{"key", id.service + std::to_string(id.partition)}});
  for (const JournalId& id : ids) {
    EXPECT_EQ(**stores_->Get(id)->Get("key"), id.service + std::to_string(id.partition));
    EXPECT_THAT(Keys(*stores_->Get(id)), ElementsAre("key"));
  }
  Await([&](std::function<void()> done) { stores_->DropShard({"router", 255}, std::move(done)); });
  for (const JournalId& id : ids) EXPECT_EQ(Keys(*stores_->Get(id)).empty(), id.partition == 255);
}

TEST_F(RocksStoreTest, ADropComesAfterWhatWasGivenBeforeAndBeforeWhatComesLater) {
  Store* const store = stores_->Get({"router", 3});
  for (int i = 0; i < 50; ++i) store->Write({{"old" + std::to_string(i), "x"}}, nullptr);
  stores_->DropShard({"router", 3}, nullptr);
  Write(store, {{"new", "y"}});
  EXPECT_THAT(Keys(*store), ElementsAre("new"));
}

TEST_F(RocksStoreTest, ASnapshotDoesNotMove) {
  Store* const store = stores_->Get({"router", 3});
  Write(store, {{"a", "1"}});
  const auto snapshot = store->Snapshot();
  Write(store, {{"a", "2"}, {"b", "3"}});
  EXPECT_EQ(**snapshot->Get("a"), "1");
  EXPECT_THAT(Keys(*snapshot), ElementsAre("a"));
}

TEST_F(RocksStoreTest, GroupsOfManyShardsAreMergedAndReportedInOrder) {
  absl::Mutex mutex;
  bool held = false, go = false;
  stores_->Get({"router", 0})->Write({{"x", "y"}}, [&] {
    absl::MutexLock lock(&mutex);
    held = true;
    mutex.Await(absl::Condition(&go));
  });
  mutex.LockWhen(absl::Condition(&held));
  mutex.Unlock();
  std::vector<uint32_t> order;
  for (uint32_t p = 1; p <= 50; ++p) {
    stores_->Get({"router", p})->Write({{"x", "y"}}, [&order, p] { order.push_back(p); });
  }
  {
    absl::MutexLock lock(&mutex);
    go = true;
  }
  Write(stores_->Get({"router", 99}), {{"x", "y"}});
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(order.size(), 50u);
  EXPECT_LE(stores_->stats().groups, 3u);
  EXPECT_EQ(stores_->stats().writes, 52u);
}

TEST_F(RocksStoreTest, ReopenedAndInACheckpointRowsAreThere) {
  Write(stores_->Get({"router", 3}), {{"a", "1"}});
  ASSERT_TRUE(stores_->Checkpoint(dir_ / "copy").ok());
  stores_->Get({"router", 3})->Write({{"b", "2"}}, nullptr);  // nobody waits; the end writes it
  Open();
  EXPECT_THAT(Keys(*stores_->Get({"router", 3})), ElementsAre("a", "b"));
  const auto copy = *RocksStores::Open(dir_ / "copy");
  EXPECT_THAT(Keys(*copy->Get({"router", 3})), ElementsAre("a"));
  EXPECT_THAT(Keys(*copy->Get({"router", 4})), IsEmpty());
}

}  // namespace
}  // namespace shoujie
