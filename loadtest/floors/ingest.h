// B5: what RocksDB allows a rebuild. The rows of a stopped directory's stores, read and sorted beforehand, written to
// table files with the real settings and taken over by a fresh database; nothing decided, nothing read, no journal.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace shoujie::load {

struct IngestResult {
  uint64_t rows = 0, bytes = 0;  // of keys and values
  double seconds = 0;
  double cpu_seconds = 0;  // of the process, while it was measured
};

// `data`: the directory, which is not changed. `scratch`: made and removed, on the disk that is to be measured.
// `threads` write files side by side.
absl::StatusOr<IngestResult> IngestFloor(const std::string& data, const std::string& scratch, size_t threads);

}  // namespace shoujie::load
