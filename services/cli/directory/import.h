// `shoujie directory import FILE`: puts a file in force. Every mistake is told before anything is sent; then what it
// would change, row by row; then it asks. What somebody else published since the file was drawn is never overwritten:
// it is told how the two differ, and nothing is done.
#pragma once

#include "services/cli/registry.h"

namespace shoujie::cli {

void AddDirectoryImport(Registry* registry);

}  // namespace shoujie::cli
