#include "tests/support/process/readme.h"

#include <fstream>

#include "absl/strings/match.h"

namespace shoujie::e2e {

Ran RunReadmeWalk(std::vector<std::string> env) {
  std::ifstream in(std::string(SHOUJIE_SOURCE_DIR) + "/README.md");
  std::string commands, line;
  for (bool inside = false; std::getline(in, line);) {
    if (absl::StartsWith(line, "```")) {
      inside = line == "```sh";
    } else if (inside) {
      commands += line + "\n";
    }
  }
  for (const char* const one : {"NO_COLOR=1", "LANG=C.UTF-8"}) env.emplace_back(one);
  env.push_back("PATH=" + std::string(SHOUJIE_BIN_DIR) + ":/usr/bin:/bin");
  return Run({"/bin/bash", "-euo", "pipefail", "-c", commands}, std::move(env), absl::Minutes(5));
}

}  // namespace shoujie::e2e
