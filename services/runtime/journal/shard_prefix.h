// How the keys of one (service, partition) begin in a database that several share: service, 0, partition (big endian).
// No prefix of one is a prefix of another, and those of one service lie together.
#pragma once

#include <string>

#include "services/runtime/journal/journal.h"
#include "services/runtime/rocks/database.h"

namespace shoujie {

inline std::string ShardPrefix(const JournalId& id) {
  std::string prefix = id.service;
  prefix.push_back('\0');
  rocks::AppendBigEndian32(&prefix, id.partition);
  return prefix;
}

}  // namespace shoujie
