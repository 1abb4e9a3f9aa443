// Folds the journals of a data directory from their first records with the domains of this build: what everybody would
// make of them who starts without a store. For tests of journals that other builds wrote.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/runtime/data_directory/embedded_data.h"
#include "services/runtime/service.h"

namespace shoujie::golden {

struct Folded {
  // One line of JSON per stream, in the order of services, partitions and names: service, stream, version and the state
  // with its personal fields opened.
  std::vector<std::string> states;
  std::map<std::string, uint64_t> events;  // how many of each kind: "router.handoff_signed"
  uint64_t records = 0;
};

// Errors: those of the journals, of the reader rule and of the projector.
absl::StatusOr<Folded> Fold(EmbeddedData& data, const std::vector<ServiceModule>& modules);

// The same lines from the stores as the build that wrote them left them.
absl::StatusOr<std::vector<std::string>> StatesInStores(EmbeddedData& data, const std::vector<ServiceModule>& modules);

// The kinds of events that this build can write, as in `Folded::events`.
std::vector<std::string> KindsOf(const std::vector<ServiceModule>& modules);

}  // namespace shoujie::golden
