// Whether a directory version is in force everywhere: each shard adopts it by a record of its own. The node that is
// asked knows it of every partition of the services that it serves; of the others, nodes that serve them are asked.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "services/cli/registry.h"
#include "services/cli/session.h"
#include "shoujie/ops/v1/service.pb.h"

namespace shoujie::cli {

struct WaitOptions {
  bool wait = false;
  std::string timeout = "60s";
};
void AddWaitFlags(CLI::App* app, WaitOptions* options);

// Of all services; `elsewhere` then names those that no node answered for. 0: the newest version.
absl::StatusOr<ops::v1::ListAdoptionResponse> FetchAdoption(Session& session, uint64_t version);
// Returns once every shard has adopted the version, with progress on the error output; kUnavailable: not in time.
int AwaitAdoption(Session& session, uint64_t version, const WaitOptions& options);

void AddDirectoryAdoption(Registry* registry);

}  // namespace shoujie::cli
