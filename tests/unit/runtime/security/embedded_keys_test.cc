#include "services/runtime/security/embedded_keys.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <functional>

#include "services/runtime/base/error.h"
#include "services/runtime/security/master_key.h"
#include "tests/support/keys_clock.h"
#include "tests/support/temp_dir.h"

// What it has in common with other key stores: tests/contract/keys_contract.h.
namespace shoujie {
namespace {

class EmbeddedKeysTest : public testing::Test {
 protected:
  void SetUp() override { ::unsetenv(kMasterKeyVariable); }
  void TearDown() override { ::unsetenv(kMasterKeyVariable); }

  std::string master_file() const { return dir_ / "master.key"; }
  absl::Status TryOpen() {
    keys_.reset();
    auto opened = EmbeddedKeys::Open(dir_ / "keys", master_file(), &clock_);
    if (opened.ok()) keys_ = *std::move(opened);
    return opened.status();
  }
  void Open() {
    const absl::Status status = TryOpen();
    ASSERT_TRUE(status.ok()) << status;
  }
  // Takes the next key; waits while the pool is being filled.
  uint64_t Take() {
    // A refill is one fsync, however long this disk takes for one.
    for (;;) {
      if (auto id = keys_->TakeKey()) return *id;
      keys_->AwaitKeys();
    }
  }
  // Changes a row of the closed key store.
  void Change(const std::string& row, const std::function<std::optional<std::string>(std::string)>& how) {
    keys_.reset();
    rocks::Options options;
    options.name = "keys";
    auto database = *rocks::Database::Open(dir_ / "keys", options);
    const auto value = how(**database->Get(row));
    rocks::Batch batch;
    if (value) {
      batch.Put(row, *value);
    } else {
      batch.Delete(row);
    }
    database->Write(std::move(batch), true);
  }
  static std::string KeyRow(uint64_t id) {
    std::string row = "key ";
    rocks::AppendBigEndian64(&row, id);
    return row;
  }

  const TempDir dir_;
  KeysClock clock_;
  std::unique_ptr<EmbeddedKeys> keys_;
};

TEST_F(EmbeddedKeysTest, KeysAreContiguous) {
  Open();
  EXPECT_EQ(keys_->last(), 0u) << "what was there is compared with the records before anything is added";
  keys_->Maintain();
  EXPECT_GE(keys_->last(), limits::kKeyPoolSize) << "durable before they are taken";
  for (uint64_t id = 1; id <= 600; ++id) ASSERT_EQ(Take(), id);
  Open();
  const uint64_t reopened = keys_->last();
  for (uint64_t id = 601; id <= reopened; ++id) ASSERT_TRUE(keys_->DataKey(id).ok()) << id;
  EXPECT_EQ(Take(), reopened + 1);
}

TEST_F(EmbeddedKeysTest, AKeyThatIsNotThereIsMissingAndNotErased) {
  Open();
  keys_->Maintain();
  for (uint64_t id : {uint64_t{0}, keys_->last() + 1}) {
    EXPECT_EQ(ReasonOf(keys_->DataKey(id).status()), "KEYS_MISSING");
    EXPECT_EQ(keys_->DataKey(id).status().code(), absl::StatusCode::kDataLoss);
  }
  Change(KeyRow(5), [](std::string) { return std::nullopt; });
  Open();
  EXPECT_EQ(ReasonOf(keys_->DataKey(5).status()), "KEYS_MISSING");
  EXPECT_TRUE(keys_->DataKey(6).ok());
}

TEST_F(EmbeddedKeysTest, AChangedOrMovedRowIsDamage) {
  Open();
  keys_->Maintain();
  std::string fifth;
  Change(KeyRow(5), [&](std::string value) {
    fifth = value;
    value.back() ^= 1;
    return value;
  });
  Change(KeyRow(6), [&](std::string) { return fifth; });
  Open();
  EXPECT_EQ(ReasonOf(keys_->DataKey(5).status()), "KEYS_DAMAGED");
  EXPECT_EQ(ReasonOf(keys_->DataKey(6).status()), "KEYS_DAMAGED");
  EXPECT_TRUE(keys_->DataKey(7).ok());
  Change("slot", [](std::string value) { return value.substr(0, 20); });
  EXPECT_EQ(ReasonOf(TryOpen()), "KEYS_DAMAGED");
}

TEST(KeyCacheTest, KeepsWhatWasUsedLast) {
  KeyCache cache(2);
  cache.Add(1, "a");
  cache.Add(2, "b");
  ASSERT_NE(cache.Find(1), nullptr);
  cache.Add(3, "c");
  EXPECT_EQ(cache.Find(2), nullptr);
  EXPECT_EQ(*cache.Find(1), "a");
  EXPECT_EQ(*cache.Find(3), "c");
  EXPECT_EQ(cache.size(), 2u);
}

}  // namespace
}  // namespace shoujie
