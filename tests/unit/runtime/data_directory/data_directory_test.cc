#include "services/runtime/data_directory/data_directory.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "services/runtime/base/error.h"
#include "tests/support/temp_dir.h"

namespace shoujie {
namespace {

class DataDirectoryTest : public testing::Test {
 protected:
  std::string path() const { return dir_ / "data"; }
  absl::Status Open(bool scaled = false) { return DataDirectory::Open(path(), scaled).status(); }
  void WriteFormat(const std::string& text) { std::ofstream(path() + "/FORMAT") << text; }
  static mode_t ModeOf(const std::string& path) {
    struct stat info;
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
  }

  const TempDir dir_;
};

TEST_F(DataDirectoryTest, IsMadePrivateAndOpensAgain) {
  {
    const auto data = DataDirectory::Open(path() + "/", false);
    ASSERT_TRUE(data.ok()) << data.status();
    EXPECT_TRUE((*data)->made_now());
    EXPECT_EQ((*data)->path(), path());
    for (const std::string& folder :
         {path(), (*data)->journal(), (*data)->store(), (*data)->keys(), (*data)->lists()}) {
      EXPECT_EQ(ModeOf(folder), 0700u) << folder;
    }
  }
  const auto again = DataDirectory::Open(path(), false);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE((*again)->made_now());
}

TEST_F(DataDirectoryTest, AnExistingEmptyDirectoryIsTakenAndMadePrivate) {
  std::filesystem::create_directory(path());
  ::chmod(path().c_str(), 0755);
  EXPECT_TRUE(Open().ok());
  EXPECT_EQ(ModeOf(path()), 0700u);
}

TEST_F(DataDirectoryTest, OneServerAtATime) {
  auto first = DataDirectory::Open(path(), false);
  ASSERT_TRUE(first.ok());
  const absl::Status status = Open();
  EXPECT_EQ(ReasonOf(status), "DATA_LOCKED");
  EXPECT_NE(DetailOf(status).en().find(std::to_string(::getpid())), std::string::npos) << "names who holds it";
  first->reset();
  EXPECT_TRUE(Open().ok());
}

TEST_F(DataDirectoryTest, NewerDataIsRefusedUntouched) {
  ASSERT_TRUE(Open().ok());
  WriteFormat("shoujie 2\nclock real\nwhatever\n");
  EXPECT_EQ(ReasonOf(Open()), "DATA_NEWER");
  WriteFormat("shoujie 1\nclock real\n");
  EXPECT_TRUE(Open().ok());
}

TEST_F(DataDirectoryTest, ClocksDoNotMix) {
  ASSERT_TRUE(Open(false).ok());
  EXPECT_EQ(ReasonOf(Open(true)), "CLOCK_MISMATCH");
  EXPECT_TRUE(Open(false).ok());
  std::filesystem::remove_all(path());
  ASSERT_TRUE(Open(true).ok());
  EXPECT_EQ(ReasonOf(Open(false)), "CLOCK_MISMATCH");
  EXPECT_TRUE(Open(true).ok());
}

TEST_F(DataDirectoryTest, SomebodyElsesDirectoryIsLeftAlone) {
  std::filesystem::create_directory(path());
  std::ofstream(path() + "/thesis.tex") << "x";
  EXPECT_EQ(ReasonOf(Open()), "DATA_FOREIGN");
  EXPECT_FALSE(std::filesystem::exists(path() + "/LOCK"));
  std::filesystem::remove(path() + "/thesis.tex");
  ASSERT_TRUE(Open().ok());
  WriteFormat("something else\n");
  EXPECT_EQ(ReasonOf(Open()), "DATA_FOREIGN");
}

TEST_F(DataDirectoryTest, AStartThatWasCutShortIsFinished) {
  ASSERT_TRUE(Open().ok());
  std::filesystem::remove(path() + "/FORMAT");
  std::filesystem::remove(path() + "/lists");
  const auto data = DataDirectory::Open(path(), true);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_TRUE((*data)->made_now());
  EXPECT_TRUE(std::filesystem::exists((*data)->lists()));
}

TEST_F(DataDirectoryTest, PlacesThatCannotBeAreRefused) {
  EXPECT_EQ(ReasonOf(DataDirectory::Open(dir_ / "no/such/parent", false).status()), "DATA_UNAVAILABLE");
  std::ofstream(dir_ / "file") << "x";
  EXPECT_EQ(ReasonOf(DataDirectory::Open(dir_ / "file", false).status()), "DATA_UNAVAILABLE");
}

TEST_F(DataDirectoryTest, AReadOnlyFileSystemIsNamed) {
  std::filesystem::create_directory(path());
  if (::mount("none", path().c_str(), "tmpfs", MS_RDONLY, "size=64k") != 0) GTEST_SKIP() << "may not mount";
  EXPECT_EQ(ReasonOf(Open()), "DATA_READ_ONLY");
  ::umount(path().c_str());
}

TEST_F(DataDirectoryTest, ACheckpointIsADataDirectory) {
  const auto make = [&](const std::string& name) {
    return MakeCheckpoint(dir_ / name, true, "", [] { return absl::OkStatus(); });
  };
  ASSERT_TRUE(make("copy").ok());
  EXPECT_EQ(ReasonOf(make("copy")), "CHECKPOINT_FAILED");
  EXPECT_EQ(ReasonOf(make("no/parent")), "CHECKPOINT_FAILED");
  const auto data = DataDirectory::Open(dir_ / "copy", true);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_FALSE((*data)->made_now());
}

// Cut short it must not pass for one: started from it, a server would think that nothing had happened yet.
TEST_F(DataDirectoryTest, AnUnfinishedCheckpointIsNoDataDirectoryAndAFailedOneLeavesNothing) {
  const absl::Status status = MakeCheckpoint(dir_ / "copy", false, "", [&] {
    EXPECT_FALSE(std::filesystem::exists(dir_ / "copy/FORMAT"));
    std::filesystem::create_directory(dir_ / "copy/store");
    std::ofstream(dir_ / "copy/store/CURRENT") << "x";
    return absl::ResourceExhaustedError("the disk is full");
  });
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "copy"));
  EXPECT_TRUE(MakeCheckpoint(dir_ / "copy", false, "", [] { return absl::OkStatus(); }).ok());
}

// A state directory is a projection of certain journals; with others it would be a lie.
TEST_F(DataDirectoryTest, BelongsToTheJournalsItWasMadeWith) {
  const auto open = [&](const std::string& journals) { return DataDirectory::Open(path(), false, journals).status(); };
  ASSERT_TRUE(open("kafka abc shoujie").ok());
  EXPECT_TRUE(open("kafka abc shoujie").ok());
  EXPECT_FALSE(std::filesystem::exists(path() + "/journal"));
  EXPECT_FALSE(std::filesystem::exists(path() + "/keys"));
  EXPECT_EQ(*JournalsOf(path()), "kafka abc shoujie");
  for (const char* other : {"", "kafka abc other", "kafka xyz shoujie"}) {
    EXPECT_EQ(ReasonOf(open(other)), "JOURNAL_FOREIGN") << other;
  }
  EXPECT_EQ(ReasonOf(Open(true)), "CLOCK_MISMATCH");
}

TEST_F(DataDirectoryTest, OneWithItsOwnJournalsIsNoStateOfACluster) {
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(*JournalsOf(path()), "");
  EXPECT_EQ(ReasonOf(DataDirectory::Open(path(), false, "kafka abc shoujie").status()), "JOURNAL_FOREIGN");
  EXPECT_TRUE(Open().ok());
}

}  // namespace
}  // namespace shoujie
