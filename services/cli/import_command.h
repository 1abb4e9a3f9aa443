// `shoujie import technion | servicenow FILE`: history of another system, as facts (see import/import.h). Ends with a
// summary; bad rows go to the error output as they are met.
#pragma once

#include "services/cli/registry.h"

namespace shoujie::cli {

void AddImportCommands(Registry* registry);

}  // namespace shoujie::cli
