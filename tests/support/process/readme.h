// The README's walk through a ticket's life, run as it stands.
#pragma once

#include <string>
#include <vector>

#include "tests/support/process/process.h"

namespace shoujie::e2e {

// All ```sh blocks in one shell that stops at the first failure and finds the programs of this build; blocks marked
// `setup` name the quickstart's server and are left out. `env`: SHOUJIE_SERVER, SHOUJIE_TOKEN_FILE, KEY, and TRY, a
// directory for the walk's files.
Ran RunReadmeWalk(std::vector<std::string> env);

}  // namespace shoujie::e2e
