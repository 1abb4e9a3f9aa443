// What a node's tickets go through is in the topic, once and in order, through restarts, lost stores and another owner.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/router/v1/service.pb.h"
#include "tests/integration/new_ticket.h"

namespace shoujie {
namespace {

using google::protobuf::util::TimeUtil;
using ::testing::ElementsAre;

class RelayOnNodesTest : public ::testing::Test {
 protected:
  RelayOnNodesTest() { disk_.PublishTo(&topic_); }

  absl::Status Offer(MemoryNode& node, const std::string& ticket) {
    router::v1::OfferHandoffRequest offer;
    offer.set_name(ticket);
    offer.set_department("tech");
    *offer.mutable_deadline() = TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(absl::Now() + absl::Hours(4)));
    offer.set_gist("please look at it");
    return node.Do("router", "agents/1005", offer).status();
  }
  // Kinds of a ticket's events in the topic, awaited until there are so many; each under its key, in one partition.
  std::vector<std::string> Kinds(const std::string& ticket, size_t count) {
    std::vector<std::string> kinds;
    for (int i = 0; i < 4000; ++i) {
      kinds.clear();
      for (uint32_t p = 0; p < kTestPartitions; ++p) {
        for (const PublishedRecord& record : topic_.records(p)) {
          if (record.key != ticket.substr(8)) continue;
          for (const auto& [name, value] : record.headers) {
            if (name == "ce_type") kinds.push_back(value.substr(15, value.size() - 18));
          }
        }
      }
      if (kinds.size() >= count) break;
      absl::SleepFor(absl::Milliseconds(5));
    }
    return kinds;
  }
  // Whether no partition lags.
  static bool AllIsThere(MemoryNode& node) {
    for (int i = 0; i < 2000; ++i) {
      const auto shards = node.node().Shards();
      const bool all = std::all_of(shards.begin(), shards.end(), [](const Backend::ShardInfo& shard) {
        return shard.published.has_value() == (shard.service == "router") &&
               (!shard.published || (shard.published->running && shard.published->lag_records == 0));
      });
      if (all) return true;
      absl::SleepFor(absl::Milliseconds(5));
    }
    return false;
  }
  size_t Records() const {
    size_t all = 0;
    for (uint32_t p = 0; p < kTestPartitions; ++p) all += topic_.records(p).size();
    return all;
  }

  MemoryTopic topic_{kTestPartitions, /*at_once=*/true};
  Disk disk_{/*exclusive=*/true};
};

TEST_F(RelayOnNodesTest, EveryPublishedEventIsThereOnceThroughRestartsAndLostStores) {
  std::string ticket;
  {
    MemoryNode node(&disk_);
    ASSERT_TRUE(node.started().ok()) << node.started();
    ticket = NewTicket(node, "1005", "0001");
    ASSERT_TRUE(Offer(node, ticket).ok());
    EXPECT_THAT(Kinds(ticket, 2), ElementsAre("opened", "offered")) << "also what concerns no department";
    EXPECT_TRUE(AllIsThere(node));
  }
  for (const bool lost : {false, true}) {
    SCOPED_TRACE(lost);
    if (lost) disk_.LoseStores();
    MemoryNode node(&disk_);
    ASSERT_TRUE(node.started().ok()) << node.started();
    EXPECT_TRUE(AllIsThere(node));
    EXPECT_EQ(Kinds(ticket, lost ? 3 : 2).size(), lost ? 3u : 2u) << "nothing is repeated";
    if (lost) break;
    router::v1::SignHandoffRequest sign;
    sign.set_name(ticket);
    ASSERT_TRUE(node.Do("router", "agents/1035", sign).ok());
    EXPECT_THAT(Kinds(ticket, 3), ElementsAre("opened", "offered", "signed"));
  }
}

TEST_F(RelayOnNodesTest, WithoutTheFeatureItIsKeptAndGoesOutOnceThatIsEnabled) {
  disk_.PublishAsBeforeFeatures();
  MemoryNode node(&disk_);
  ASSERT_TRUE(node.started().ok()) << node.started();
  const std::string ticket = NewTicket(node, "1005", "0001");
  ASSERT_TRUE(Offer(node, ticket).ok());
  EXPECT_FALSE([&] {
    for (int i = 0; i < 100; ++i) {
      if (Records() > 0) return true;
      absl::SleepFor(absl::Milliseconds(10));
    }
    return false;
  }());
  const auto shards = node.node().Shards();
  EXPECT_TRUE(std::any_of(shards.begin(), shards.end(), [](const auto& shard) {
    return shard.published && !shard.published->running && shard.published->lag_records > 0;
  }));
  directory::v1::EnableFeatureRequest enable;
  enable.set_feature("published");
  ASSERT_TRUE(node.Do("directory", "operators/first", enable).ok());
  EXPECT_THAT(Kinds(ticket, 2), ElementsAre("opened", "offered"));
  EXPECT_TRUE(AllIsThere(node));
}

}  // namespace
}  // namespace shoujie
