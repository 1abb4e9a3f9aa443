// An import of one file into a server that takes everything, and what must hold of it. For the fuzzers of import files.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace shoujie::fuzz {

// Every row is accounted for, every request fits the server's limits and is one that it would parse, ids of people and
// groups are of their source, the facts of one case are numbered upwards, and the same file gives the same requests.
void CheckImport(const std::string& source, absl::string_view content);

}  // namespace shoujie::fuzz
