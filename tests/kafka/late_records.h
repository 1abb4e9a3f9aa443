// What lies in a cluster's journals by the reader rule: how many records count, and which do not, because a replaced
// owner wrote them late. Reads all of every journal from outside, as no node does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/runtime/journal/journal.h"

namespace shoujie::kafka {

struct LateRecord {
  JournalId journal;
  uint64_t position = 0;
  std::string hash;  // as histories show it
};
struct Logs {
  uint64_t records = 0;
  uint64_t claims = 0;              // that count
  uint64_t claims_overtaken = 0;    // by another's, which came first
  std::vector<LateRecord> late;     // commands that count for nothing
  std::vector<std::string> broken;  // journals from which something is missing, and where
};
// Of all services of an installation.
absl::StatusOr<Logs> ReadLogs(const std::string& bootstrap, const std::string& prefix);

}  // namespace shoujie::kafka
