// `shoujie completion bash|zsh|fish`: a few lines of shell that ask the program itself (`shoujie __complete -- WORDS`),
// so that they never go stale.
#pragma once

#include "services/cli/registry.h"

namespace shoujie::cli {

// `registry` must outlive the commands: it is what is completed.
void AddCompletion(Registry* registry);

}  // namespace shoujie::cli
