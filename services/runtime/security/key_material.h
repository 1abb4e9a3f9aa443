// Everything of a key store, opened: to put it into another one when an installation moves. Never written down, logged
// or kept longer than that takes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace shoujie {

struct KeyMaterial {
  std::string master_key;  // that it was under, and will be
  std::string index_key, slot_key;
  std::map<int64_t, std::string> windows;  // keys of payload marks
  uint64_t last = 0;                       // data keys have the ids 1 to this
  std::function<absl::StatusOr<std::string>(uint64_t id)> key;
};

}  // namespace shoujie
