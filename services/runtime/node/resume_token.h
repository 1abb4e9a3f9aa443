// Where a watcher goes on: how far he has seen the journal of each partition, as text that callers give back unchanged.
// The same on every node, after restarts and rebuilds, since revisions are the journals' own. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace shoujie {

std::string ResumeTokenOf(const std::vector<uint64_t>& revisions);
// RESUME_TOKEN_INVALID: it was changed, cut, or comes from a service with another number of partitions.
absl::StatusOr<std::vector<uint64_t>> RevisionsIn(absl::string_view token, size_t partitions);

}  // namespace shoujie
