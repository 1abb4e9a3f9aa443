// The README's walk through a ticket's life is run as it stands, line by line, against a server of the test's own.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "tests/support/process/readme.h"
#include "tests/support/process/server.h"

namespace shoujie::e2e {
namespace {

TEST(ReadmeTest, EveryCommandOfTheWalkWorks) {
  TempDir dir;
  Server server(dir / "data");
  ASSERT_FALSE(server.address().empty()) << server.process().err();
  const Ran ran =
      RunReadmeWalk({"SHOUJIE_SERVER=" + server.address(), "SHOUJIE_TOKEN_FILE=" + server.token_file(),
                     "KEY=" + server.data() + "/master.key", "TRY=" + dir.path()});
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_TRUE(absl::StrContains(ran.out, "proven from the journal alone")) << ran.out;
  EXPECT_TRUE(absl::StrContains(ran.out, "verified: nothing is wrong")) << ran.out;
  EXPECT_EQ(server.Stop(), 0);
}

}  // namespace
}  // namespace shoujie::e2e
