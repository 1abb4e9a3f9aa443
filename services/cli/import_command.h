// `shoujie import technion | servicenow | boston311 | zh12345 FILE`, and `events --map MAP FILE` for any other source:
// history of another system, as facts (see import/import.h). Ends with a summary; bad rows, and mistakes of a map, go
// to the error output as they are met.
#pragma once

#include "services/cli/registry.h"

namespace shoujie::cli {

void AddImportCommands(Registry* registry);

}  // namespace shoujie::cli
