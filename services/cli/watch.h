// `shoujie ticket watch`: a department's feed as JSON lines, one CloudEvent each, for as long as anybody reads them. It
// goes on by itself after a server's restart, and where it stopped with --resume-file. Not for lists: `ticket list` is
// one moment, this is what happens after it.
#pragma once

#include "services/cli/registry.h"

namespace shoujie::cli {

void AddTicketWatch(Registry* registry);

}  // namespace shoujie::cli
