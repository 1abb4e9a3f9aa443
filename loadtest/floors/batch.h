// B3: what RocksDB allows. The journal record and the store rows of each command in one synced WriteBatch of one
// database with the real settings, alone or grouped; from one thread, without any logic.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "loadtest/floors/append.h"
#include "loadtest/floors/rows.h"
#include "services/runtime/rocks/database.h"

namespace shoujie::load {

class BatchFloor {
 public:
  // `written` must outlive it.
  static absl::StatusOr<std::unique_ptr<BatchFloor>> Open(const std::string& directory, const Written* written);
  // `group` commands in a batch, until `time` is up. Keys of the journal and of history never repeat.
  FloorResult Run(size_t group, absl::Duration time);

 private:
  BatchFloor(std::unique_ptr<rocks::Database> database, const Written* written)
      : database_(std::move(database)), written_(written) {}
  const std::unique_ptr<rocks::Database> database_;
  const Written* const written_;
  size_t next_ = 0;
};

// Opens the databases of a data directory and reads one row of each, as little as can be called a start. Milliseconds
// of the opening alone.
absl::StatusOr<double> OpenBare(const std::string& data);

}  // namespace shoujie::load
