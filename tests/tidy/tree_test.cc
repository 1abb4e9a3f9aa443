// Every rule on the tree as it is.
#include <gtest/gtest.h>

#include <string>

#include "tests/tidy/rules.h"

namespace shoujie::tidy {
namespace {

const Tree& RealTree() {
  static const Tree* tree = new Tree(Tree::Load(SHOUJIE_SOURCE_DIR));
  return *tree;
}

class HouseRule : public testing::TestWithParam<Rule> {};

TEST_P(HouseRule, Holds) {
  const Findings findings = GetParam().check(RealTree());
  std::string list;
  for (const Finding& finding : findings) list += "\n" + finding.ToString();
  EXPECT_TRUE(findings.empty()) << GetParam().why << list;
}

INSTANTIATE_TEST_SUITE_P(Tree, HouseRule, testing::ValuesIn(Rules()),
                         [](const testing::TestParamInfo<Rule>& info) { return info.param.name; });

TEST(RealTree, IsLoadedWithoutBuildOutput) {
  EXPECT_TRUE(RealTree().Has("services/runtime/domain.h"));
  EXPECT_TRUE(RealTree().Has("tests/tidy/tree.h"));
  EXPECT_FALSE(RealTree().HasFolder("build"));
  EXPECT_FALSE(RealTree().HasFolder(".git"));
}

}  // namespace
}  // namespace shoujie::tidy
