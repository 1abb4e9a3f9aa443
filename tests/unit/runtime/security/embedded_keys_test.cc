#include "services/runtime/security/embedded_keys.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "absl/time/clock.h"
#include "services/runtime/base/error.h"
#include "services/runtime/security/master_key.h"
#include "tests/unit/runtime/temp_dir.h"

namespace shoujie {
namespace {

class FakeClock : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(now_s.load()); }
  absl::Duration Boot() const override { return absl::Seconds(now_s.load()); }
  std::atomic<int64_t> now_s{1'700'000'000};
};

constexpr int64_t kDay_s = 24 * 3600;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

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
  FakeClock clock_;
  std::unique_ptr<EmbeddedKeys> keys_;
};

TEST_F(EmbeddedKeysTest, TheFirstStartMakesAPrivateMasterKey) {
  Open();
  struct stat info;
  ASSERT_EQ(::stat(master_file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(ReadFile(master_file()).size(), 65u);
}

TEST_F(EmbeddedKeysTest, KeysAreContiguousDurableAndReopen) {
  Open();
  EXPECT_EQ(keys_->last(), 0u) << "what was there is compared with the records before anything is added";
  keys_->Maintain();
  EXPECT_GE(keys_->last(), limits::kKeyPoolSize) << "durable before they are taken";
  std::vector<std::string> made;
  for (uint64_t id = 1; id <= 600; ++id) {
    ASSERT_EQ(Take(), id);
    ASSERT_LE(id, keys_->last());
    made.push_back(*keys_->DataKey(id));
    ASSERT_EQ(made.back().size(), 32u);
  }
  EXPECT_EQ(std::set<std::string>(made.begin(), made.end()).size(), made.size());
  const std::string slot = keys_->slot_key(), term = keys_->IndexTerm("phone", "138");
  const std::string mark = keys_->PayloadMac(clock_.Now(), "request");
  const uint64_t last = keys_->last();
  Open();
  EXPECT_GE(keys_->last(), last);
  for (uint64_t id = 1; id <= 600; ++id) ASSERT_EQ(*keys_->DataKey(id), made[id - 1]);
  for (uint64_t id = 601; id <= keys_->last(); ++id) ASSERT_TRUE(keys_->DataKey(id).ok()) << id;
  const uint64_t reopened = keys_->last();
  EXPECT_EQ(Take(), reopened + 1) << "what the pool held is never handed out again";
  EXPECT_EQ(keys_->slot_key(), slot);
  EXPECT_EQ(keys_->IndexTerm("phone", "138"), term);
  EXPECT_EQ(keys_->PayloadMac(clock_.Now(), "request"), mark);
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

TEST_F(EmbeddedKeysTest, ThePoolRefillsItselfAndGrowsWithUse) {
  Open();
  for (uint64_t id = 1; id <= 20'000; ++id) ASSERT_EQ(Take(), id);
  Take();
  keys_->Maintain();
  EXPECT_GT(keys_->pool(), limits::kKeyPoolSize);
}

TEST_F(EmbeddedKeysTest, ManyThreadsNeverGetTheSameKey) {
  Open();
  std::vector<std::vector<uint64_t>> taken(4);
  std::vector<std::thread> threads;
  for (auto& mine : taken) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        mine.push_back(Take());
        ASSERT_TRUE(keys_->DataKey(mine.back()).ok());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<uint64_t> all;
  for (const auto& mine : taken) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 4000u);
}

TEST_F(EmbeddedKeysTest, AWrongMasterKeyIsRefused) {
  Open();
  const std::string good = ReadFile(master_file());
  ::setenv(kMasterKeyVariable, std::string(64, 'a').c_str(), 1);
  EXPECT_EQ(ReasonOf(TryOpen()), "MASTER_KEY_WRONG");
  ::setenv(kMasterKeyVariable, good.c_str(), 1);
  EXPECT_TRUE(TryOpen().ok()) << "the environment may hold it";
  ::setenv(kMasterKeyVariable, "not hex", 1);
  EXPECT_EQ(ReasonOf(TryOpen()), "MASTER_KEY_INVALID");
  ::unsetenv(kMasterKeyVariable);
  EXPECT_TRUE(TryOpen().ok());
}

TEST_F(EmbeddedKeysTest, ALostMasterKeyIsNotReplacedByANewOne) {
  Open();
  keys_.reset();
  std::filesystem::remove(master_file());
  EXPECT_EQ(ReasonOf(TryOpen()), "MASTER_KEY_MISSING");
  EXPECT_FALSE(std::filesystem::exists(master_file()));
}

TEST_F(EmbeddedKeysTest, AnExposedMasterKeyIsRefused) {
  Open();
  for (mode_t mode : {0640u, 0604u, 0620u}) {
    ::chmod(master_file().c_str(), mode);
    EXPECT_EQ(ReasonOf(TryOpen()), "FILE_EXPOSED");
  }
  ::chmod(master_file().c_str(), 0400);
  EXPECT_TRUE(TryOpen().ok());
}

TEST_F(EmbeddedKeysTest, KeysOfPastWindowsAreThrownAway) {
  Open();
  const absl::Time then = clock_.Now();
  const std::string mark = keys_->PayloadMac(then, "13800138000");
  clock_.now_s += 7 * kDay_s;
  keys_->Maintain();
  EXPECT_EQ(keys_->PayloadMac(then, "13800138000"), mark) << "a command id of seven days ago may still be repeated";
  clock_.now_s += 10 * kDay_s;
  keys_->Maintain();
  EXPECT_LE(keys_->windows(), 4u);
  EXPECT_NE(keys_->PayloadMac(then, "13800138000"), mark);
}

TEST_F(EmbeddedKeysTest, OddTimesMakeNoRows) {
  Open();
  const size_t before = keys_->windows();
  for (int64_t day = 30; day < 3000; day += 30) {
    keys_->PayloadMac(clock_.Now() + absl::Hours(24 * day), "x");
    keys_->PayloadMac(clock_.Now() - absl::Hours(24 * day), "x");
  }
  EXPECT_EQ(keys_->windows(), before);
}

TEST_F(EmbeddedKeysTest, NoKeyStandsInTheFilesInTheClear) {
  Open();
  keys_->Maintain();
  const std::string secrets[] = {*keys_->DataKey(1), *keys_->DataKey(keys_->last()), keys_->slot_key()};
  keys_.reset();
  for (const auto& entry : std::filesystem::directory_iterator(dir_ / "keys")) {
    const std::string content = ReadFile(entry.path());
    for (const std::string& secret : secrets) EXPECT_EQ(content.find(secret), std::string::npos) << entry.path();
  }
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
