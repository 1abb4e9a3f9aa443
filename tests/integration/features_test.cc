// Readers before writers: a rolling upgrade, as the nodes see it (ADR 0007; with real builds: tests/kafka/upgrade).
#include <gtest/gtest.h>

#include <algorithm>

#include "services/runtime/base/error.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "tests/integration/cluster_nodes.h"

namespace shoujie {
namespace {

TEST_F(ClusterTest, AFeatureIsEnabledOnlyWhenEveryNodeThatLivesCanReadIt) {
  disk.PublishAsBeforeFeatures();
  members.Set({{"a", "a:1"}, {"b", "b:1"}});
  Member a(this, "a"), b(this, "b");
  ASSERT_TRUE(Within(absl::Seconds(20), [&] { return a.Serving() + b.Serving() == kShards; }));
  const JournalId directory{"directory", 0};
  Member& owner = a.node->node().shard(directory)->owns() ? a : b;
  Member& other = &owner == &a ? b : a;
  using Names = std::vector<std::string>;
  wire.SetOld(other.peer.address, true);
  ASSERT_TRUE(Within(absl::Seconds(5), [&] { return owner.cluster->CannotRead("urging") == Names{other.peer.name}; }));
  const auto enable = [&](Member& member, const std::string& feature) {
    directory::v1::EnableFeatureRequest request;
    request.set_feature(feature);
    return member.node->Do("directory", "operators/first", request).status();
  };
  const absl::Status refused = enable(owner, "urging");
  EXPECT_EQ(ReasonOf(refused), "FEATURE_UNREADABLE") << refused;
  const auto details = DetailOf(refused).metadata();
  EXPECT_TRUE(std::any_of(details.begin(), details.end(), [&](const auto& entry) {
    return entry.key() == "nodes" && entry.value() == other.peer.name;
  })) << refused;
  EXPECT_EQ(ReasonOf(enable(owner, "singing")), "FEATURE_UNKNOWN");
  EXPECT_EQ(ReasonOf(enable(other, "urging")), "NOT_OWNER") << "passed on by the surface";
  EXPECT_EQ(owner.node->node().reference()->version(), 1u) << "nothing was recorded";

  wire.SetOld(other.peer.address, false);
  ASSERT_TRUE(Within(absl::Seconds(5), [&] { return owner.cluster->CannotRead("urging").empty(); }));
  const absl::Status enabled = enable(owner, "urging");
  ASSERT_TRUE(enabled.ok()) << enabled;
  for (Member* member : {&a, &b}) {
    EXPECT_TRUE(Within(absl::Seconds(5), [&] { return member->node->node().reference()->enabled("urging"); }));
    for (const Shard* shard : member->node->node().shards()) {
      if (!shard->owns() || shard->id() == directory) continue;
      EXPECT_TRUE(Within(absl::Seconds(5), [&] { return shard->adopted() == 2; })) << shard->id().service;
    }
  }
  wire.SetOld(other.peer.address, true);
  ASSERT_TRUE(Within(absl::Seconds(5), [&] { return !owner.cluster->CannotRead("urging").empty(); }));
  EXPECT_TRUE(enable(owner, "urging").ok()) << "it is enabled already";
}

}  // namespace
}  // namespace shoujie
