// How far a shard's events are published is a record of its journal, once every node can read it.
#include "services/runtime/base/features.h"
#include "tests/unit/runtime/shard/bench.h"

namespace shoujie::testing {
namespace {

class PublishedTest : public ShardTest {
 protected:
  std::vector<uint64_t> Recorded() const {
    std::vector<uint64_t> all;
    for (const auto& commit : Commits(*desk_log)) {
      if (commit.published_up_to() > 0) all.push_back(commit.published_up_to());
    }
    return all;
  }
  void Enable() {
    directory::v1::Directory directory;
    directory.add_features()->set_name(std::string(kPublishedFeature));
    published.Publish(std::move(directory));
    Settle();
  }
};

TEST_F(PublishedTest, TheHighestThatWasToldIsRecordedWithTheNextBatch) {
  Enable();
  const std::string name = OpenCase("+86 1");
  desk->shard->PublishedUpTo(1);
  desk->shard->PublishedUpTo(2);
  desk->shard->PublishedUpTo(1);
  EXPECT_TRUE(desk->woken);
  Settle();
  EXPECT_EQ(Recorded(), std::vector<uint64_t>{2});
  ASSERT_TRUE(Do(Add(name, 5)).ok());
  EXPECT_EQ(Recorded(), std::vector<uint64_t>{2}) << "and not again";
  // It changes no state, and is read like any other record.
  desk->Rebuild();
  desk->shard->Own();
  Settle();
  EXPECT_EQ(desk->shard->phase(), Shard::Phase::kServing) << desk->shard->halted();
  EXPECT_EQ(CaseOf(name).total(), 5);
}

TEST_F(PublishedTest, BeforeItsFeatureIsEnabledNothingIsRecorded) {
  OpenCase("+86 1");
  desk->shard->PublishedUpTo(1);
  Settle();
  EXPECT_TRUE(Recorded().empty());
  Enable();
  EXPECT_EQ(Recorded(), std::vector<uint64_t>{1});
}

TEST_F(PublishedTest, WhoDoesNotOwnRecordsNothing) {
  Enable();
  desk->shard->Release("b");
  Settle();
  desk->shard->PublishedUpTo(1);
  Settle();
  EXPECT_TRUE(Recorded().empty());
}

}  // namespace
}  // namespace shoujie::testing
