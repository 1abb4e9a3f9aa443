// What the real server wrote for real commands, read back from a stopped data directory or a checkpoint: each journal
// record with the store rows that follow from it. Food for the floors B1 and B3 and for figures of size.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace shoujie::load {

struct WrittenCommand {
  std::string record_key, record_value;                   // as the journal's database holds them
  std::vector<std::pair<std::string, std::string>> rows;  // as the store's database holds them
};

struct Written {
  std::vector<WrittenCommand> commands;  // of clients, oldest first
  std::vector<std::string> records;      // their journal values alone
};

// The last `commands_max` commands of clients of router and interaction. `master_key_file` may be empty: the
// directory's own.
absl::StatusOr<Written> ReadWritten(const std::string& data, const std::string& master_key_file, size_t commands_max);

}  // namespace shoujie::load
