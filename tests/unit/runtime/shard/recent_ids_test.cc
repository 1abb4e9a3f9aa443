#include "services/runtime/shard/recent_ids.h"

#include <memory>
#include <random>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/request_id.h"
#include "services/runtime/shard/rows.h"
#include "services/runtime/store/memory_store.h"

namespace shoujie {
namespace {

// A view, what was laid on it, and the ids that are to spare the look-ups.
class RecentIdsTest : public ::testing::Test {
 protected:
  std::string Id(int64_t ms) {
    std::string entropy(10, '\0');
    for (char& c : entropy) c = static_cast<char>(random_());
    auto bytes = ParseRequestId(MakeRequestId(absl::FromUnixMillis(ms), entropy));
    EXPECT_TRUE(bytes.ok());
    return *bytes;
  }
  void Record(const std::string& id) {
    store_.Write({{rows::DedupKey(id), std::string("answer")}}, [] {});
    recorded_.insert(id);
    ids_.Add(id);
  }
  bool MayHold(const std::string& id) {
    auto may = ids_.MayHold(id, now_ms_);
    EXPECT_TRUE(may.ok()) << may.status();
    return may.ok() && *may;
  }

  std::mt19937_64 random_{1};
  MemoryStore store_;
  RecentIds ids_{&store_};
  std::set<std::string> recorded_;
  int64_t now_ms_ = 1'700'000'000'000;
};

TEST_F(RecentIdsTest, ANewIdNeedsNoLookUp) {
  EXPECT_FALSE(MayHold(Id(now_ms_ + 1)));
  Record(Id(now_ms_ + 1));
  EXPECT_FALSE(MayHold(Id(now_ms_ + 1)));
}

TEST_F(RecentIdsTest, WhatIsOlderThanTheFirstCallIsLookedUp) {
  EXPECT_FALSE(MayHold(Id(now_ms_ + 1)));
  EXPECT_TRUE(MayHold(Id(now_ms_)));
  EXPECT_TRUE(MayHold(Id(now_ms_ - 3'600'000)));
}

TEST_F(RecentIdsTest, IdsOfClientsWhoseClocksAreAheadAreReadFromTheViewFirst) {
  const std::string ahead = Id(now_ms_ + 200'000);
  Record(ahead);  // before anything was asked: as by an owner before this one
  EXPECT_FALSE(MayHold(Id(now_ms_ + 100'000)));
  EXPECT_TRUE(MayHold(ahead));
}

TEST_F(RecentIdsTest, WhatWasForgottenIsReadAgain) {
  EXPECT_FALSE(MayHold(Id(now_ms_ + 1)));
  const std::string kept = Id(now_ms_ + 5), lost = Id(now_ms_ + 6);
  Record(kept);
  ids_.Add(lost);  // in flight, and never counted
  EXPECT_TRUE(MayHold(lost));
  ids_.Forget();
  EXPECT_TRUE(MayHold(kept));
  EXPECT_FALSE(MayHold(lost));
}

// Whatever the order of ids, however many: one that has a row is never called new.
TEST_F(RecentIdsTest, NoRecordedIdIsEverTakenForNew) {
  size_t spared = 0;
  for (size_t i = 0; i < 3 * limits::kRecentIdsMax; ++i) {
    now_ms_ += random_() % 3;
    const std::string id = Id(now_ms_ + static_cast<int64_t>(random_() % 400'000) - 200'000);
    if (!MayHold(id)) ++spared;
    Record(id);
    if (random_() % 2000 == 0) ids_.Forget();
    if (i % 50 == 0) {
      for (const std::string& known : recorded_) ASSERT_TRUE(MayHold(known)) << i;
    }
  }
  EXPECT_GT(spared, limits::kRecentIdsMax / 4);
}

}  // namespace
}  // namespace shoujie
