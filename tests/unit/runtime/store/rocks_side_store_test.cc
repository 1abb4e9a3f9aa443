#include "services/runtime/store/rocks_side_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "services/runtime/base/error.h"
#include "services/runtime/store/rocks_store.h"
#include "tests/support/temp_dir.h"

namespace shoujie {
namespace {

using Map = std::map<std::string, std::string>;

Map Rows(const StoreReader& reader) {
  Map rows;
  EXPECT_TRUE(reader
                  .Scan("", "",
                        [&](absl::string_view key, absl::string_view value) {
                          rows.emplace(std::string(key), std::string(value));
                          return true;
                        })
                  .ok());
  return rows;
}

// How the copy goes in: by one write, by files, by files made from runs.
struct Way {
  const char* name;
  size_t memory_bytes_max, write_bytes_max;
};

class SideStoreTest : public testing::TestWithParam<Way> {
 protected:
  SideStoreTest() { Open(); }
  void Open() {
    stores_.reset();
    auto opened = RocksStores::Open(dir_ / "store");
    ASSERT_TRUE(opened.ok()) << opened.status();
    stores_ = *std::move(opened);
    live_ = stores_->Get(id_);
  }
  std::unique_ptr<SideStore> Side() {
    return stores_->MakeSide(id_, dir_ / "side", GetParam().memory_bytes_max, GetParam().write_bytes_max);
  }
  void Write(Store* store, std::vector<Row> rows) {
    absl::Notification done;
    store->Write(std::move(rows), [&] { done.Notify(); });
    done.WaitForNotification();
  }
  static absl::Status Nothing() { return absl::OkStatus(); }

  const TempDir dir_;
  const JournalId id_{"router", 7};
  std::unique_ptr<RocksStores> stores_;
  Store* live_ = nullptr;
};

TEST_P(SideStoreTest, TheCopyShowsWhatWasPutAndTakesThePlaceOfAllThatWasThere) {
  Write(live_, {{"gone", "old"}, {"kept", "old"}});
  Write(stores_->Get({"router", 6}), {{"beside", "x"}});
  Write(stores_->Get({"router", 8}), {{"beside", "x"}});
  auto side = Side();
  Map expected;
  for (int i = 0; i < 500; ++i) {
    const std::string key = absl::StrCat("k", i * 7919 % 250), value = absl::StrCat("v", i);
    std::vector<Row> rows = {{key, value}, {"place", absl::StrCat(i)}};
    expected[key] = value;
    if (i % 5 == 4) {
      const std::string gone = absl::StrCat("k", (i - 3) * 7919 % 250);
      rows.push_back({gone, std::nullopt});
      expected.erase(gone);
    }
    ASSERT_TRUE(side->Put(std::move(rows)).ok());
  }
  expected["kept"] = "new";
  expected["place"] = "499";
  ASSERT_TRUE(side->Put({{"kept", "new"}}).ok());
  EXPECT_EQ(Rows(*side), expected);
  EXPECT_EQ(Rows(*live_).size(), 2u) << "nothing is to be seen of it before";

  ASSERT_TRUE(side->Prepare().ok());
  EXPECT_EQ(Rows(*live_).size(), 2u);
  ASSERT_TRUE(side->Put({{"place", "500"}, {"kept", std::nullopt}, {"late", "1"}}).ok());
  expected["place"] = "500";
  expected["late"] = "1";
  expected.erase("kept");
  EXPECT_EQ(Rows(*side), expected);
  ASSERT_TRUE(side->Prepare().ok());
  EXPECT_EQ(Rows(*side), expected);
  auto before = live_->Snapshot();
  ASSERT_TRUE(side->Replace([&] {
                    expected["place"] = "501";
                    return side->Put({{"place", "501"}});
                  })
                  .ok());
  EXPECT_EQ(Rows(*live_), expected);
  EXPECT_EQ(Rows(*before).size(), 2u);
  before.reset();
  EXPECT_EQ(Rows(*stores_->Get({"router", 6})).size() + Rows(*stores_->Get({"router", 8})).size(), 2u);

  side.reset();
  EXPECT_FALSE(std::filesystem::exists(dir_ / "side"));
  Write(live_, {{"place", "502"}});
  expected["place"] = "502";
  Open();
  EXPECT_EQ(Rows(*live_), expected) << "after a restart";
}

TEST_P(SideStoreTest, AnEmptyStoreIsFilled) {
  auto side = Side();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(side->Put({{absl::StrCat("k", i), "v"}, {"place", "x"}}).ok());
  ASSERT_TRUE(side->Replace(&Nothing).ok());
  EXPECT_EQ(Rows(*live_).size(), 101u);
}

TEST_P(SideStoreTest, CatchingUpSeesAllThatWasGivenBeforeAndComesBeforeAllThatIsGivenAfter) {
  auto side = Side();
  ASSERT_TRUE(side->Put({{"n", "side"}}).ok());
  ASSERT_TRUE(side->Prepare().ok());
  std::atomic<int> done{0};
  for (int i = 0; i < 200; ++i) live_->Write({{"n", absl::StrCat(i)}}, [&done] { ++done; });
  ASSERT_TRUE(side->Replace([&] {
                    EXPECT_EQ(done, 200);
                    EXPECT_EQ(**live_->Get("n"), "199");
                    live_->Write({{"n", "after"}}, [&done] { ++done; });
                    return side->Put({{"n", "replaced"}, {"m", "replaced"}});
                  })
                  .ok());
  Write(live_, {{"last", "1"}});
  EXPECT_EQ(done, 201);
  const Map expected = {{"last", "1"}, {"m", "replaced"}, {"n", "after"}};
  EXPECT_EQ(Rows(*live_), expected);
}

TEST_P(SideStoreTest, IfCatchingUpFailsTheLiveRowsStay) {
  Write(live_, {{"a", "old"}});
  auto side = Side();
  ASSERT_TRUE(side->Put({{"a", "new"}}).ok());
  EXPECT_TRUE(absl::IsDataLoss(side->Replace([] { return absl::DataLossError("the journal is damaged"); })));
  EXPECT_EQ(**live_->Get("a"), "old");
  side.reset();
  Write(live_, {{"b", "1"}});
  EXPECT_EQ(Rows(*live_).size(), 2u);
}

// Readers meanwhile see one or the other: here all rows of one generation carry the same number.
TEST_P(SideStoreTest, NoReaderEverSeesAMixture) {
  std::vector<Row> first;
  for (int i = 0; i < 50; ++i) first.push_back({absl::StrCat("k", 100 + i), "0"});
  Write(live_, first);
  std::atomic<bool> stop{false};
  std::atomic<int> looks{0};
  std::thread reader([&] {
    while (!stop) {
      std::map<std::string, int> generations;
      const Map rows = Rows(*live_->Snapshot());
      for (const auto& [key, value] : rows) ++generations[value];
      ASSERT_EQ(generations.size(), 1u);
      ASSERT_EQ(rows.size(), 50u);
      ASSERT_TRUE(live_->Get("k120")->has_value());
      ++looks;
    }
  });
  for (int n = 1; n <= 10; ++n) {
    auto side = Side();
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(side->Put({{absl::StrCat("k", 100 + i), absl::StrCat(n)}}).ok());
    ASSERT_TRUE(side->Prepare().ok());
    ASSERT_TRUE(side->Replace(&Nothing).ok());
    for (const int seen = looks; looks == seen;) std::this_thread::yield();
  }
  stop = true;
  reader.join();
}

INSTANTIATE_TEST_SUITE_P(Ways, SideStoreTest,
                         testing::Values(Way{"Write", kSideMemoryBytesMax, kSideWriteBytesMax},
                                         Way{"Files", kSideMemoryBytesMax, 0}, Way{"Runs", 2000, 0}),
                         [](const auto& info) { return info.param.name; });

TEST(SideStoreDiskTest, WhereItCannotBeMadeNothingIsLost) {
  const TempDir dir;
  const auto stores = *RocksStores::Open(dir / "store");
  absl::Notification done;
  stores->Get({"router", 1})->Write({{"a", "old"}}, [&] { done.Notify(); });
  done.WaitForNotification();
  { std::ofstream(dir / "file") << "no folder"; }
  auto side = stores->MakeSide({"router", 1}, dir / "file/side", 100, 0);
  absl::Status status;
  for (int i = 0; i < 10 && status.ok(); ++i) status = side->Put({{absl::StrCat(i), std::string(50, 'x')}});
  EXPECT_EQ(ReasonOf(status), "REBUILD_FAILED") << status;
  EXPECT_EQ(**stores->Get({"router", 1})->Get("a"), "old");
}

}  // namespace
}  // namespace shoujie
