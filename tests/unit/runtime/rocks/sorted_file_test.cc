#include "services/runtime/rocks/sorted_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "services/runtime/base/error.h"
#include "tests/support/temp_dir.h"

namespace shoujie::rocks {
namespace {

class SortedFileTest : public testing::Test {
 protected:
  SortedFileTest() { Open(); }
  void Open() {
    database_.reset();
    Options options;
    options.name = "test";
    options.tail = Tail::kDerived;
    auto opened = Database::Open(dir_ / "db", options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    database_ = *std::move(opened);
  }
  std::unique_ptr<SortedFile> File(const std::string& name, bool passing = false) {
    auto file = SortedFile::Create(dir_ / name, nullptr, passing);
    EXPECT_TRUE(file.ok()) << file.status();
    return *std::move(file);
  }
  std::string Finished(std::unique_ptr<SortedFile> file) {
    EXPECT_TRUE(file->Finish().ok());
    return file->path();
  }
  void Write(const std::map<std::string, std::string>& rows) {
    Batch batch;
    for (const auto& [key, value] : rows) batch.Put(key, value);
    database_->Write(std::move(batch), false);
  }
  std::map<std::string, std::string> Rows(const Snapshot* snapshot = nullptr) {
    std::map<std::string, std::string> rows;
    const auto all = database_->Scan("", "", snapshot);
    for (; all->Valid(); all->Next()) rows.emplace(std::string(all->key()), std::string(all->value()));
    EXPECT_TRUE(all->status().ok()) << all->status();
    return rows;
  }

  const TempDir dir_;
  std::unique_ptr<Database> database_;
};

using Map = std::map<std::string, std::string>;

TEST_F(SortedFileTest, LaterFilesOutrankEarlierOnesAndAllOutrankWhatWasThere) {
  Write({{"a", "0"}, {"b", "0"}, {"z", "0"}});
  auto first = File("1.sst", /*passing=*/true);
  first->Put("a", "1");
  first->Put("b", "1");
  first->Put("c", "1");
  auto second = File("2.sst");
  second->Delete("b");
  second->Put("c", "2");
  ASSERT_TRUE(database_->Ingest({Finished(std::move(first)), Finished(std::move(second))}).ok());
  const Map expected = {{"a", "1"}, {"c", "2"}, {"z", "0"}};
  EXPECT_EQ(Rows(), expected);
  Write({{"c", "3"}});
  EXPECT_EQ(**database_->Get("c"), "3") << "what is written later outranks the files";
  EXPECT_FALSE(std::filesystem::exists(dir_ / "1.sst")) << "taken, not copied";
}

TEST_F(SortedFileTest, ADeletedRangeAndNewRowsComeInOneStepAndSnapshotsKeepTheOldOnes) {
  Write({{"a", "old"}, {"b1", "old"}, {"b2", "old"}, {"c", "old"}});
  const auto before = database_->TakeSnapshot();
  auto range = File("1.sst");
  range->DeleteRange("b", "c");
  auto rows = File("2.sst");
  rows->Put("b2", "new");
  rows->Put("b3", "new");
  ASSERT_TRUE(database_->Ingest({Finished(std::move(range)), Finished(std::move(rows))}).ok());
  const Map expected = {{"a", "old"}, {"b2", "new"}, {"b3", "new"}, {"c", "old"}};
  EXPECT_EQ(Rows(), expected);
  EXPECT_FALSE(database_->Get("b1")->has_value());
  EXPECT_EQ(Rows(before.get()).size(), 4u);
  EXPECT_EQ(**database_->Get("b2", before.get()), "old");
}

TEST_F(SortedFileTest, WhatWasTakenOverOutlivesAReopeningAndACompaction) {
  Write({{"a", "old"}, {"b", "old"}});
  auto range = File("1.sst");
  range->DeleteRange("a", "b");
  auto rows = File("2.sst");
  rows->Put("a", "new");
  ASSERT_TRUE(database_->Ingest({Finished(std::move(range)), Finished(std::move(rows))}).ok());
  Write({{"c", "later"}});
  const Map expected = {{"a", "new"}, {"b", "old"}, {"c", "later"}};
  Open();
  EXPECT_EQ(Rows(), expected);
  database_->Scrub("", "~");
  EXPECT_EQ(Rows(), expected);
  Open();
  EXPECT_EQ(Rows(), expected);
}

TEST_F(SortedFileTest, KeysThatDoNotRiseAreAnErrorOfTheFileAlone) {
  auto file = File("1.sst");
  file->Put("b", "1");
  file->Put("a", "1");
  file->Put("c", "1");
  const absl::Status status = file->Finish();
  EXPECT_EQ(ReasonOf(status), "REBUILD_FAILED") << status;
}

TEST_F(SortedFileTest, AFileThatWasDamagedOnItsWayIsRefusedAndNothingIsTaken) {
  Write({{"a", "old"}});
  auto good = File("1.sst");
  good->Put("a", "new");
  auto bad = File("2.sst");
  for (int i = 0; i < 2000; ++i) bad->Put("b" + std::to_string(10000 + i), std::string(100, static_cast<char>(i)));
  const std::vector<std::string> files = {Finished(std::move(good)), Finished(std::move(bad))};
  {
    std::fstream file(files[1], std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(500);
    file.put('\x5a');
    file.put('\xa5');
  }
  EXPECT_EQ(ReasonOf(database_->Ingest(files)), "REBUILD_FAILED");
  const Map expected = {{"a", "old"}};
  EXPECT_EQ(Rows(), expected);
  Write({{"b", "1"}});  // the database goes on
  EXPECT_EQ(Rows().size(), 2u);
}

TEST_F(SortedFileTest, WithoutRoomForItAFileIsNotBegun) {
  EXPECT_EQ(ReasonOf(SortedFile::Create(dir_ / "nowhere/1.sst", nullptr, false).status()), "REBUILD_FAILED");
}

}  // namespace
}  // namespace shoujie::rocks
