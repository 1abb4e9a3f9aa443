#include "services/runtime/rocks/database.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/rocks/disk.h"
#include "services/runtime/rocks/fatal.h"
#include "services/runtime/rocks/group_thread.h"
#include "tests/support/temp_dir.h"

namespace shoujie::rocks {
namespace {

std::unique_ptr<Database> MustOpen(const std::string& path, Tail tail = Tail::kTruth) {
  Options options;
  options.name = "test";
  options.tail = tail;
  auto opened = Database::Open(path, options);
  EXPECT_TRUE(opened.ok()) << opened.status();
  return opened.ok() ? *std::move(opened) : nullptr;
}

void Put(Database& database, absl::string_view key, absl::string_view value, bool synced = true) {
  Batch batch;
  batch.Put(key, value);
  database.Write(std::move(batch), synced);
}

// The last write-ahead log of a closed database.
std::string WalOf(const std::string& path) {
  std::string last;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().extension() == ".log" && entry.path().string() > last) last = entry.path().string();
  }
  return last;
}

TEST(DatabaseTest, BatchesAreWholeAndReadBack) {
  TempDir dir;
  auto db = MustOpen(dir / "db");
  Batch batch;
  EXPECT_TRUE(batch.empty());
  batch.Put("a", "1");
  batch.Put("b", "2");
  batch.Put("c", "3");
  batch.Delete("a");
  db->Write(std::move(batch), true);
  EXPECT_FALSE(db->Get("a")->has_value());
  EXPECT_EQ(**db->Get("b"), "2");
  const auto snapshot = db->TakeSnapshot();
  Batch more;
  more.DeleteRange("a", "c");
  db->Write(std::move(more), false);
  EXPECT_FALSE(db->Get("b")->has_value());
  EXPECT_EQ(**db->Get("b", snapshot.get()), "2");
  EXPECT_EQ(**db->Get("c"), "3");
}

TEST(DatabaseTest, ScansStopAtTheirEnd) {
  TempDir dir;
  auto db = MustOpen(dir / "db");
  for (const char* key : {"a", "b", "c", "d"}) Put(*db, key, key);
  const auto rows = db->Scan("b", "d");
  std::string seen;
  for (; rows->Valid(); rows->Next()) seen += std::string(rows->key());
  EXPECT_TRUE(rows->status().ok());
  EXPECT_EQ(seen, "bc");
  rows->SeekToLast();
  EXPECT_EQ(rows->key(), "c");
}

TEST(DatabaseTest, ACheckpointOpensByItselfAndStaysAsItWas) {
  TempDir dir;
  auto db = MustOpen(dir / "db");
  Put(*db, "a", "1", false);
  ASSERT_TRUE(db->Checkpoint(dir / "copy").ok());
  Put(*db, "a", "2");
  EXPECT_EQ(**MustOpen(dir / "copy")->Get("a"), "1");
  EXPECT_EQ(ReasonOf(db->Checkpoint(dir / "copy")), "CHECKPOINT_FAILED");
}

TEST(DatabaseTest, ATornLastRecordIsDroppedAndDamageFurtherUpRefusesToOpen) {
  TempDir dir;
  for (const bool torn : {true, false}) {
    const std::string path = dir / (torn ? "torn" : "damaged");
    // A process that ends without closing leaves everything in the log.
    EXPECT_EXIT(
        {
          auto db = MustOpen(path);
          for (int i = 0; i < 100; ++i) Put(*db, "key" + std::to_string(i), std::string(1000, 'x'));
          std::_Exit(0);
        },
        testing::ExitedWithCode(0), "");
    const std::string wal = WalOf(path);
    if (torn) {
      std::filesystem::resize_file(wal, std::filesystem::file_size(wal) - 10);
      auto db = MustOpen(path);
      EXPECT_TRUE(db->Get("key98")->has_value());
      EXPECT_FALSE(db->Get("key99")->has_value());
    } else {
      std::fstream file(wal, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(20'000);
      file.put('!');
      file.close();
      Options options;
      options.name = "test";
      const auto opened = Database::Open(path, options);
      ASSERT_FALSE(opened.ok()) << "acknowledged records must not vanish behind one flipped bit";
      EXPECT_EQ(ReasonOf(opened.status()), "STORAGE_DAMAGED");
      EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss);
      auto derived = MustOpen(path, Tail::kDerived);
      EXPECT_TRUE(derived->Get("key0")->has_value());
      EXPECT_FALSE(derived->Get("key99")->has_value());
    }
  }
}

// RocksDB itself takes such a manifest for an older state and opens without the last tables.
TEST(DatabaseTest, AManifestThatWasCutOffRefusesToOpenWhereverItWasCut) {
  TempDir dir;
  auto db = MustOpen(dir / "db", Tail::kDerived);
  for (int i = 0; i < 4; ++i) {
    Put(*db, absl::StrCat("key", i), std::string(1000, 'v'));
    db->Scrub("", "zzz");  // flushes, compacts: entries of the manifest
  }
  Put(*db, "later", "in the log");
  db.reset();
  const std::string manifest = dir / "db" + "/" + [&] {
    std::string name;
    std::ifstream(dir / "db/CURRENT") >> name;
    return name;
  }();
  const auto whole = std::filesystem::file_size(manifest);
  std::filesystem::copy(dir / "db", dir / "copy", std::filesystem::copy_options::recursive);
  ASSERT_NE(MustOpen(dir / "copy", Tail::kDerived), nullptr) << "a whole copy opens";
  Options options;
  options.name = "test";
  options.tail = Tail::kDerived;
  for (uintmax_t size = 0; size < whole; size += 7) {
    const std::string cut = dir / absl::StrCat("cut", size);
    std::filesystem::copy(dir / "db", cut, std::filesystem::copy_options::recursive);
    std::filesystem::resize_file(cut + manifest.substr((dir / "db").size()), size);
    auto opened = Database::Open(cut, options);
    ASSERT_FALSE(opened.ok()) << size << " of " << whole;
    EXPECT_EQ(ReasonOf(opened.status()), "STORAGE_DAMAGED");
    std::filesystem::remove_all(cut);
  }
}

TEST(DatabaseTest, AFailedWriteEndsTheProcessWithItsCode) {
  TempDir dir;
  EXPECT_EXIT(
      {
        auto db = MustOpen(dir / "db");
        std::signal(SIGXFSZ, SIG_IGN);  // the write itself fails, as on a full disk
        rlimit limit;
        limit.rlim_cur = limit.rlim_max = 64 << 10;
        ::setrlimit(RLIMIT_FSIZE, &limit);
        for (int i = 0; i < 1000; ++i) Put(*db, "key" + std::to_string(i), std::string(1000, 'x'));
        std::_Exit(0);
      },
      testing::ExitedWithCode(kExitStorageFailed), "STORAGE_FAILED: writing to test failed");
  auto db = MustOpen(dir / "db");
  EXPECT_TRUE(db->Get("key0")->has_value());
}

TEST(DatabaseTest, ScrubbedValuesAreNotInTheFiles) {
  TempDir dir;
  auto db = MustOpen(dir / "db");
  const std::string secret = "the-secret-that-must-go";
  Put(*db, "a", secret);
  Put(*db, "b", "stays");
  Batch batch;
  batch.Delete("a");
  db->Write(std::move(batch), true);
  db->Scrub("a", "b");
  db.reset();
  for (const auto& entry : std::filesystem::directory_iterator(dir / "db")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    EXPECT_EQ(content.find(secret), std::string::npos) << entry.path();
  }
  EXPECT_EQ(**MustOpen(dir / "db")->Get("b"), "stays");
}

TEST(DatabaseTest, APlaceThatCannotBeIsAnError) {
  Options options;
  options.name = "test";
  EXPECT_EQ(ReasonOf(Database::Open("/dev/null/db", options).status()), "STORAGE_UNAVAILABLE");
}

TEST(GroupThreadTest, WhatWaitedIsTheNextGroupInOrder) {
  absl::Mutex mutex;
  bool go = false;
  std::vector<std::vector<int>> groups;
  {
    GroupThread<int> thread("test", 10, [&](std::vector<int> group) {
      absl::MutexLock lock(&mutex);
      mutex.Await(absl::Condition(&go));
      groups.push_back(std::move(group));
    });
    for (int i = 0; i < 8; ++i) thread.Add(i, i == 7 ? 100 : 3);
    EXPECT_GT(thread.queued_bytes(), 100u);
    absl::MutexLock lock(&mutex);
    go = true;
  }
  int next = 0;
  for (const auto& group : groups) {
    EXPECT_LE(group.size(), 3u);
    for (int item : group) EXPECT_EQ(item, next++);
  }
  EXPECT_EQ(next, 8) << "the end handles what was added before";
  EXPECT_EQ(groups.back(), std::vector<int>{7});
}

TEST(DiskGuardTest, LowIsBelowTheMinimum) {
  const auto clock = MakeSystemClock();
  TempDir dir;
  EXPECT_FALSE(DiskGuard(dir.path(), 1, clock.get()).Low());
  EXPECT_TRUE(DiskGuard(dir.path(), UINT64_MAX, clock.get()).Low());
}

TEST(BigEndianTest, NumbersSortAsKeys) {
  std::string before;
  for (uint64_t number : {0ull, 1ull, 255ull, 256ull, 1ull << 40, UINT64_MAX - 0ull}) {
    std::string key;
    AppendBigEndian64(&key, number);
    EXPECT_LT(before, key);
    EXPECT_EQ(ReadBigEndian64(key), number);
    before = key;
  }
}

}  // namespace
}  // namespace shoujie::rocks
