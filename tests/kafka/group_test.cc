// Membership by a consumer group on a real broker: who comes, goes, dies and stands still is known to all in time.
#include "services/runtime/kafka/group.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "services/runtime/kafka/topics.h"
#include "tests/kafka/broker.h"

namespace shoujie {
namespace {

constexpr absl::Duration kSession = absl::Seconds(6);

// Not a test: the process that others kill.
TEST(Member, StaysUntilItIsKilled) {
  if (getenv("SHOUJIE_TEST_PREFIX") == nullptr) GTEST_SKIP() << "started by other tests";
  kafka::Cluster cluster;
  cluster.bootstrap = getenv("SHOUJIE_TEST_BOOTSTRAP");
  cluster.prefix = getenv("SHOUJIE_TEST_PREFIX");
  GroupMembership member(cluster, kafka::JournalTopic(cluster, "directory"), Peer{"b", "b:7400"});
  ASSERT_TRUE(member.Join([] {}).ok());
  while (getppid() != 1) absl::SleepFor(absl::Milliseconds(100));
}

class GroupTest : public ::testing::Test {
 protected:
  GroupTest() {
    cluster_.bootstrap = kafka::Brokers::Shared().bootstrap();
    cluster_.prefix = kafka::Brokers::NewName();
    auto topics = kafka::Topics::Connect(cluster_);
    EXPECT_TRUE(topics.ok()) << topics.status();
    auto made = (*topics)->Create({{"directory", 1}}, 1);
    EXPECT_TRUE(made.ok()) << made.status();
  }
  std::unique_ptr<GroupMembership> Join(const std::string& name) {
    auto member = std::make_unique<GroupMembership>(cluster_, kafka::JournalTopic(cluster_, "directory"),
                                                    Peer{name, name + ":7400"});
    EXPECT_TRUE(member->Join([this] { ++changes_; }).ok());
    return member;
  }
  static std::string Names(const cluster::Membership& member) {
    std::string names;
    for (const Peer& peer : member.Live()) names += peer.name + "=" + peer.address + " ";
    return names;
  }
  // How long it took until the member knew these.
  static absl::Duration Until(const cluster::Membership& member, const std::string& names,
                              absl::Duration limit = absl::Seconds(30)) {
    const absl::Time begun = absl::Now();
    while (Names(member) != names && absl::Now() < begun + limit) absl::SleepFor(absl::Milliseconds(5));
    EXPECT_EQ(Names(member), names);
    return absl::Now() - begun;
  }

  kafka::Cluster cluster_;
  std::atomic<int> changes_{0};
};

TEST_F(GroupTest, MembersKnowEachOtherAndWhoLeavesIsGoneAtOnce) {
  auto a = Join("a");
  Until(*a, "a=a:7400 ");
  auto b = Join("b");
  Until(*a, "a=a:7400 b=b:7400 ");
  Until(*b, "a=a:7400 b=b:7400 ");
  EXPECT_EQ(a->Known().size(), 1u);
  EXPECT_EQ(a->Known()[0].name, "b");
  EXPECT_GE(changes_.load(), 3);
  auto c = Join("c");
  Until(*a, "a=a:7400 b=b:7400 c=c:7400 ");
  const absl::Time left = absl::Now();
  b->Leave(absl::Seconds(5));
  EXPECT_LT(absl::Now() - left, absl::Seconds(3)) << "leaving must not hang";
  const absl::Duration took = Until(*a, "a=a:7400 c=c:7400 ");
  std::printf("left: known to others after %s\n", absl::FormatDuration(took).c_str());
  EXPECT_LT(took, absl::Seconds(2));
}

// A process of its own, so that it can be killed.
TEST_F(GroupTest, WhoDiesIsDroppedAfterTheSessionTimeoutAndWhoStoodStillIsBackAfterwards) {
  auto a = Join("a");
  Until(*a, "a=a:7400 ");
  for (const int fault : {SIGKILL, SIGSTOP}) {
    const pid_t other = fork();
    if (other == 0) {
      setenv("SHOUJIE_TEST_BOOTSTRAP", cluster_.bootstrap.c_str(), 1);
      setenv("SHOUJIE_TEST_PREFIX", cluster_.prefix.c_str(), 1);
      execl("/proc/self/exe", "member", "--gtest_filter=Member.StaysUntilItIsKilled", nullptr);
      _exit(1);
    }
    Until(*a, "a=a:7400 b=b:7400 ");
    absl::SleepFor(absl::Seconds(1));
    kill(other, fault);
    const absl::Duration took = Until(*a, "a=a:7400 ");
    std::printf("%s: dropped after %s\n", fault == SIGKILL ? "SIGKILL" : "SIGSTOP", absl::FormatDuration(took).c_str());
    EXPECT_GT(took, kSession - absl::Seconds(1));
    EXPECT_LT(took, 1.2 * kSession);
    if (fault == SIGSTOP) {
      kill(other, SIGCONT);
      Until(*a, "a=a:7400 b=b:7400 ");
      kill(other, SIGKILL);
    }
    waitpid(other, nullptr, 0);
  }
}

// A coordinator that is away for longer than any question to it waits: whoever asked goes on when it is back.
TEST(Group, OutlivesACoordinatorThatIsAwayForSeconds) {
  kafka::Brokers brokers(1);
  kafka::Cluster cluster;
  cluster.bootstrap = brokers.bootstrap();
  cluster.prefix = kafka::Brokers::NewName();
  auto topics = kafka::Topics::Connect(cluster);
  ASSERT_TRUE(topics.ok()) << topics.status();
  ASSERT_TRUE((*topics)->Create({{"directory", 1}}, 1).ok());
  GroupMembership a(cluster, kafka::JournalTopic(cluster, "directory"), Peer{"a", "a:7400"});
  ASSERT_TRUE(a.Join([] {}).ok());
  const auto until = [&](size_t members) {
    for (int i = 0; i < 600 && a.Live().size() != members; ++i) absl::SleepFor(absl::Milliseconds(50));
    EXPECT_EQ(a.Live().size(), members);
  };
  until(1);
  for (int round = 0; round < 2; ++round) {
    brokers.Signal(1, SIGKILL);
    brokers.AwaitEnd(1);
    absl::SleepFor(absl::Seconds(4));
    brokers.StartAgain(1);
    absl::SleepFor(absl::Seconds(4));
  }
  GroupMembership b(cluster, kafka::JournalTopic(cluster, "directory"), Peer{"b", "b:7400"});
  ASSERT_TRUE(b.Join([] {}).ok());
  until(2);
}

}  // namespace
}  // namespace shoujie
