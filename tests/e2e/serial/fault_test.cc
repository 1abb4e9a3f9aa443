// The short form of every fault of tests/fault: each is one command, ends with a table, and finds no violation.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_split.h"
#include "tests/support/process/server.h"

namespace shoujie::e2e {
namespace {

constexpr const char* kFaults[] = {"kill",
                                   "kill-at",
                                   "fsync-error",
                                   "write-error",
                                   "disk-full",
                                   "read-only",
                                   "flip",
                                   "torn",
                                   "old-store",
                                   "short-journal",
                                   "short-keys",
                                   "clock",
                                   "wrong-master-key",
                                   "copied-running",
                                   "slow-clients",
                                   "overload",
                                   "fds"};
constexpr int kSkipped = 77;

class FaultTest : public testing::TestWithParam<const char*> {};

TEST_P(FaultTest, ShortFormHolds) {
  TempDir dir;
  const Ran ran =
      e2e::Run({Program("fault"), GetParam(), "--short", "--seed", "1", "--dir", dir / "data"}, {}, absl::Minutes(4));
  if (ran.code == kSkipped) GTEST_SKIP() << ran.out;
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_NE(ran.out.find("0 violations"), std::string::npos) << ran.out;
}

TEST(FaultListTest, EveryFaultHasItsTest) {
  const Ran ran = e2e::Run({Program("fault"), "--list"});
  std::set<std::string> listed, tested(std::begin(kFaults), std::end(kFaults));
  for (const auto& line : absl::StrSplit(ran.out, '\n', absl::SkipEmpty())) {
    listed.insert(std::string(line.substr(0, line.find(' '))));
  }
  EXPECT_EQ(listed, tested);
}

INSTANTIATE_TEST_SUITE_P(All, FaultTest, testing::ValuesIn(kFaults), [](const auto& info) {
  std::string name = info.param;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
});

}  // namespace
}  // namespace shoujie::e2e
