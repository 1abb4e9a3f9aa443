// `shoujie directory playbooks`: the playbooks in force, of a category with what it is part of, and those whose review
// is overdue.
#pragma once

#include "services/cli/registry.h"

namespace shoujie::cli {

void AddDirectoryPlaybooks(Registry* registry);

}  // namespace shoujie::cli
