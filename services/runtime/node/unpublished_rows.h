// Rows of published events that are not known to be in the feed's topic, as the read model keeps them for the relay
// (node/relay.h):
//
//   U partition, revision, number within the record → the event
//
// In the order in which they are to be there. For these two alone.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "services/runtime/shard/rows.h"

namespace shoujie::unpublished {

inline std::string Key(uint32_t partition, uint64_t revision, uint32_t n) {
  std::string key = "U";
  key.push_back(static_cast<char>(partition >> 8));
  key.push_back(static_cast<char>(partition));
  rows::AppendBig64(&key, revision);
  key.push_back(static_cast<char>(n >> 8));
  key.push_back(static_cast<char>(n));
  return key;
}

inline uint64_t RevisionOf(absl::string_view key) { return rows::ReadBig64(key.substr(3)); }

}  // namespace shoujie::unpublished
