// The README's walk through a ticket's life is run as it stands, line by line, against a server of the test's own.
#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/match.h"
#include "tests/support/process/server.h"

namespace shoujie::e2e {
namespace {

// The lines of all ```sh blocks; those marked `setup` name the quickstart's server and are left out.
std::string Commands() {
  std::ifstream in(std::string(SHOUJIE_SOURCE_DIR) + "/README.md");
  std::string all, line;
  bool inside = false;
  while (std::getline(in, line)) {
    if (absl::StartsWith(line, "```")) {
      inside = line == "```sh";
    } else if (inside) {
      all += line + "\n";
    }
  }
  return all;
}

TEST(ReadmeTest, EveryCommandOfTheWalkWorks) {
  TempDir dir;
  Server server(dir / "data");
  ASSERT_FALSE(server.address().empty()) << server.process().err();
  const std::string commands = Commands();
  ASSERT_TRUE(absl::StrContains(commands, "shoujie verify all")) << commands;
  const Ran ran = e2e::Run({"/bin/bash", "-euo", "pipefail", "-c", commands},
                           {"PATH=" + std::string(SHOUJIE_BIN_DIR) + ":/usr/bin:/bin",
                            "SHOUJIE_SERVER=" + server.address(), "SHOUJIE_TOKEN_FILE=" + server.token_file(),
                            "KEY=" + server.data() + "/master.key", "TRY=" + dir.path(), "NO_COLOR=1", "LANG=C.UTF-8"});
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_TRUE(absl::StrContains(ran.out, "proven from the journal alone")) << ran.out;
  EXPECT_TRUE(absl::StrContains(ran.out, "verified: nothing is wrong")) << ran.out;
  EXPECT_EQ(server.Stop(), 0);
}

}  // namespace
}  // namespace shoujie::e2e
