#include "services/runtime/security/vouch.h"

#include <gtest/gtest.h>

namespace shoujie {
namespace {

TEST(VouchTest, OnlyWhoHasTheKeyCanHaveSaidIt) {
  const std::string key(32, 'k'), statement = std::string("agent 1005\0 clear", 17);
  const std::string mark = VouchFor(key, statement);
  EXPECT_EQ(mark.size(), 32u);
  EXPECT_TRUE(IsVouchedFor(key, statement, mark));
  EXPECT_FALSE(IsVouchedFor(key, "agent 1006", mark));
  EXPECT_FALSE(IsVouchedFor(std::string(32, 'l'), statement, mark));
  EXPECT_FALSE(IsVouchedFor(key, statement, ""));
  EXPECT_FALSE(IsVouchedFor(key, statement, mark + "x"));
  std::string other = mark;
  other.back() ^= 1;
  EXPECT_FALSE(IsVouchedFor(key, statement, other));
}

}  // namespace
}  // namespace shoujie
