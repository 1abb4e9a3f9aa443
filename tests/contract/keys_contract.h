// What every KeyRing that keeps keys must do, whoever implements it. A test program says how to open one and
// instantiates the suite, as with journal_contract.h.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/security/keyring.h"
#include "services/runtime/security/master_key.h"
#include "tests/support/keys_clock.h"
#include "tests/support/temp_dir.h"

namespace shoujie::contract {

class KeysFixture {
 public:
  virtual ~KeysFixture() = default;
  // Lets go of the key store, if one is open, and opens it.
  virtual absl::Status Open() = 0;
  virtual void Close() = 0;
  virtual KeyRing& keys() = 0;
  // Does, or asks for, what a key store's thread does when it is asked.
  virtual void Maintain() = 0;
  virtual size_t pool() = 0;
  virtual size_t windows() = 0;
  // Everything that is stored, wherever it is.
  virtual std::vector<std::string> Stored() = 0;

  std::string master_file() const { return dir / "master.key"; }
  const TempDir dir;
  KeysClock clock;
};

struct KeysCase {
  const char* name;
  std::function<std::unique_ptr<KeysFixture>()> make;
};
inline void PrintTo(const KeysCase& c, std::ostream* out) { *out << c.name; }

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

template <typename Holds>
bool Eventually(const Holds& holds, absl::Duration limit = absl::Seconds(30)) {
  for (const absl::Time until = absl::Now() + limit; absl::Now() < until; absl::SleepFor(absl::Milliseconds(2))) {
    if (holds()) return true;
  }
  return holds();
}

class KeysContract : public testing::TestWithParam<KeysCase> {
 protected:
  void SetUp() override {
    ::unsetenv(kMasterKeyVariable);
    fixture_ = GetParam().make();
    const absl::Status status = fixture_->Open();
    ASSERT_TRUE(status.ok()) << status;
  }
  void TearDown() override { ::unsetenv(kMasterKeyVariable); }

  KeyRing& keys() { return fixture_->keys(); }
  // The next key; waits while the pool is being filled.
  uint64_t Take() {
    uint64_t taken = 0;
    EXPECT_TRUE(Eventually([&] {
      const auto id = keys().TakeKey();
      taken = id.value_or(0);
      return id.has_value();
    }));
    return taken;
  }

  std::unique_ptr<KeysFixture> fixture_;
};

constexpr int64_t kDay_s = 24 * 3600;

TEST_P(KeysContract, TheFirstStartMakesAPrivateMasterKey) {
  struct stat info;
  ASSERT_EQ(::stat(fixture_->master_file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(ReadFile(fixture_->master_file()).size(), 65u);
}

TEST_P(KeysContract, NothingIsAddedBeforeWhatIsThereWasCompared) {
  const uint64_t last = keys().last();
  absl::SleepFor(absl::Milliseconds(300));
  EXPECT_EQ(keys().last(), last);
  EXPECT_EQ(fixture_->pool(), 0u);
}

TEST_P(KeysContract, KeysGrowAreDurableAndReopen) {
  std::vector<std::pair<uint64_t, std::string>> made;
  for (int i = 0; i < 600; ++i) {
    const uint64_t id = Take();
    ASSERT_LE(id, keys().last()) << "durable before it is taken";
    if (!made.empty()) {
      ASSERT_GT(id, made.back().first);
    }
    made.emplace_back(id, *keys().DataKey(id));
    ASSERT_EQ(made.back().second.size(), 32u);
  }
  std::set<std::string> different;
  for (const auto& [id, key] : made) different.insert(key);
  EXPECT_EQ(different.size(), made.size());
  const std::string slot = keys().slot_key(), term = keys().IndexTerm("phone", "138");
  const std::string mark = keys().PayloadMac(fixture_->clock.Now(), "request");
  const uint64_t last = keys().last();
  ASSERT_TRUE(fixture_->Open().ok());
  EXPECT_GE(keys().last(), last);
  const uint64_t reopened = keys().last();
  for (const auto& [id, key] : made) ASSERT_EQ(*keys().DataKey(id), key) << id;
  EXPECT_GT(Take(), reopened) << "what the pool held is never handed out again";
  EXPECT_EQ(keys().slot_key(), slot);
  EXPECT_EQ(keys().IndexTerm("phone", "138"), term);
  EXPECT_EQ(keys().PayloadMac(fixture_->clock.Now(), "request"), mark);
}

TEST_P(KeysContract, WhatIsNotThereIsNeverErased) {
  Take();
  EXPECT_EQ(ReasonOf(keys().DataKey(0).status()), "KEYS_MISSING");
  const absl::Status beyond = keys().DataKey(keys().last() + 1'000'000).status();
  EXPECT_EQ(ReasonOf(beyond), keys().shared() ? "KEYS_BEHIND" : "KEYS_MISSING");
  EXPECT_NE(beyond.code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(keys().Await(keys().last() + 1'000'000, absl::Milliseconds(50)));
  EXPECT_TRUE(keys().Await(keys().last(), absl::ZeroDuration()));
}

TEST_P(KeysContract, ThePoolRefillsItselfAndGrowsWithUse) {
  uint64_t before = 0;
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t id = Take();
    ASSERT_GT(id, before);
    before = id;
  }
  fixture_->Maintain();
  EXPECT_TRUE(Eventually([&] {
    fixture_->Maintain();
    return fixture_->pool() > limits::kKeyPoolSize;
  }));
}

TEST_P(KeysContract, ManyThreadsNeverGetTheSameKey) {
  std::vector<std::vector<uint64_t>> taken(4);
  std::vector<std::thread> threads;
  for (auto& mine : taken) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        mine.push_back(Take());
        ASSERT_TRUE(keys().DataKey(mine.back()).ok());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<uint64_t> all;
  for (const auto& mine : taken) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 4000u);
}

TEST_P(KeysContract, AWrongMasterKeyIsRefused) {
  const std::string good = ReadFile(fixture_->master_file());
  ::setenv(kMasterKeyVariable, std::string(64, 'a').c_str(), 1);
  EXPECT_EQ(ReasonOf(fixture_->Open()), "MASTER_KEY_WRONG");
  ::setenv(kMasterKeyVariable, good.c_str(), 1);
  EXPECT_TRUE(fixture_->Open().ok()) << "the environment may hold it";
  ::setenv(kMasterKeyVariable, "not hex", 1);
  EXPECT_EQ(ReasonOf(fixture_->Open()), "MASTER_KEY_INVALID");
  ::unsetenv(kMasterKeyVariable);
  EXPECT_TRUE(fixture_->Open().ok());
}

TEST_P(KeysContract, ALostMasterKeyIsNotReplacedByANewOne) {
  fixture_->Close();
  std::filesystem::remove(fixture_->master_file());
  EXPECT_EQ(ReasonOf(fixture_->Open()), "MASTER_KEY_MISSING");
  EXPECT_FALSE(std::filesystem::exists(fixture_->master_file()));
}

TEST_P(KeysContract, AnExposedMasterKeyIsRefused) {
  for (mode_t mode : {0640u, 0604u, 0620u}) {
    ::chmod(fixture_->master_file().c_str(), mode);
    EXPECT_EQ(ReasonOf(fixture_->Open()), "FILE_EXPOSED");
  }
  ::chmod(fixture_->master_file().c_str(), 0400);
  EXPECT_TRUE(fixture_->Open().ok());
}

TEST_P(KeysContract, KeysOfPastWindowsAreThrownAway) {
  const absl::Time then = fixture_->clock.Now();
  const std::string mark = keys().PayloadMac(then, "13800138000");
  fixture_->clock.now_s += 7 * kDay_s;
  fixture_->Maintain();
  EXPECT_EQ(keys().PayloadMac(then, "13800138000"), mark) << "a command id of seven days ago may still be repeated";
  fixture_->clock.now_s += 10 * kDay_s;
  fixture_->Maintain();
  EXPECT_TRUE(Eventually([&] { return keys().PayloadMac(then, "13800138000") != mark; }));
  EXPECT_TRUE(Eventually([&] { return fixture_->windows() <= 4; })) << fixture_->windows();
  const std::string now = keys().PayloadMac(fixture_->clock.Now(), "x");
  ASSERT_TRUE(fixture_->Open().ok());
  EXPECT_EQ(keys().PayloadMac(fixture_->clock.Now(), "x"), now);
  EXPECT_NE(keys().PayloadMac(then, "13800138000"), mark) << "thrown away for ever";
}

TEST_P(KeysContract, OddTimesMakeNoRows) {
  const size_t before = fixture_->windows();
  for (int64_t day = 30; day < 3000; day += 30) {
    keys().PayloadMac(fixture_->clock.Now() + absl::Hours(24 * day), "x");
    keys().PayloadMac(fixture_->clock.Now() - absl::Hours(24 * day), "x");
  }
  EXPECT_EQ(fixture_->windows(), before);
}

TEST_P(KeysContract, NoKeyIsStoredInTheClear) {
  const std::string secrets[] = {*keys().DataKey(Take()), *keys().DataKey(Take()), keys().slot_key()};
  const std::vector<std::string> stored = fixture_->Stored();
  ASSERT_FALSE(stored.empty());
  for (const std::string& content : stored) {
    for (const std::string& secret : secrets) EXPECT_EQ(content.find(secret), std::string::npos);
  }
}

}  // namespace shoujie::contract
