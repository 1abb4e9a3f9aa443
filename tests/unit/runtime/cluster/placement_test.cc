// Who should own what, and who is believed to be alive.
#include "services/runtime/cluster/placement.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/cluster/membership.h"
#include "services/runtime/sim/manual_clock.h"

namespace shoujie::cluster {
namespace {

std::vector<Peer> Nodes(int n) {
  std::vector<Peer> nodes;
  for (int i = 0; i < n; ++i) nodes.push_back({absl::StrCat("node-", i), absl::StrCat("10.0.0.", i, ":7400")});
  return nodes;
}

TEST(Placement, TheOrderOfNodesInTheListDoesNotMatter) {
  auto nodes = Nodes(5), reversed = nodes;
  std::reverse(reversed.begin(), reversed.end());
  for (uint32_t p = 0; p < limits::kPartitions; ++p) EXPECT_EQ(OrderOf(p, nodes), OrderOf(p, reversed));
}

TEST(Placement, WhenANodeGoesItsStandbyFollowsAndNothingElseMoves) {
  const auto nodes = Nodes(4);
  for (uint32_t p = 0; p < limits::kPartitions; ++p) {
    const auto before = OrderOf(p, nodes);
    for (size_t gone = 0; gone < nodes.size(); ++gone) {
      auto left = nodes;
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(gone));
      auto expected = before;
      expected.erase(std::find(expected.begin(), expected.end(), nodes[gone]));
      EXPECT_EQ(OrderOf(p, left), expected);
    }
  }
}

TEST(Placement, EveryNodeGetsAShare) {
  std::map<std::string, int> owned;
  for (uint32_t p = 0; p < limits::kPartitions; ++p) ++owned[OrderOf(p, Nodes(3)).front().name];
  EXPECT_EQ(owned.size(), 3u);
  for (const auto& [name, n] : owned) EXPECT_GT(n, static_cast<int>(limits::kPartitions) / 3 / 2) << name;
}

TEST(StaticList, IsReadOrRefusedWithWhatToWrite) {
  auto peers = StaticMembership::Parse("a=10.0.0.1:7400,b=host:1");
  ASSERT_TRUE(peers.ok()) << peers.status();
  EXPECT_EQ((*peers)[1], (Peer{"b", "host:1"}));
  for (const char* wrong : {"", "a", "a=", "=h:1", "a=host", "a=h:", "a=:1", "a=h:1,a=h:2"}) {
    EXPECT_EQ(ReasonOf(StaticMembership::Parse(wrong).status()), "PEERS_INVALID") << wrong;
  }
}

TEST(StaticList, ANodeIsAliveWhileItAnswersAndAWhileLonger) {
  sim::TrueTime time;
  sim::ManualClock clock(&time);
  StaticMembership members({"a", "a:1"}, {{"a", "a:1"}, {"b", "b:1"}, {"c", "c:1"}}, &clock);
  EXPECT_EQ(members.Known().size(), 2u);
  EXPECT_EQ(members.Live(), (std::vector<Peer>{{"a", "a:1"}}));
  members.Heard("b");
  EXPECT_EQ(members.Live(), (std::vector<Peer>{{"a", "a:1"}, {"b", "b:1"}}));
  time.Advance(limits::kPeerDeadAfter - absl::Milliseconds(1));
  EXPECT_EQ(members.Live().size(), 2u);
  time.Advance(absl::Milliseconds(1));
  EXPECT_EQ(members.Live(), (std::vector<Peer>{{"a", "a:1"}}));
}

}  // namespace
}  // namespace shoujie::cluster
