// How far a database's manifest had grown when it was last looked at, in a small file beside it. RocksDB takes a
// manifest that is cut off between two entries for an older state: tables vanish without an error while the newer log
// goes on behind them. A copy that was taken as a whole brings its own file. Thread-safe.
#pragma once

#include <string>
#include <utility>

#include "absl/synchronization/mutex.h"

namespace rocksdb {
class DB;
}  // namespace rocksdb

namespace shoujie::rocks {

class Extent {
 public:
  explicit Extent(std::string path) : path_(std::move(path)) {}

  // Before opening: false if the manifest is shorter or older than recorded. True where nothing readable is recorded.
  bool Fits() const;
  // Notes the present manifest. Best effort: what is not noted is not noticed.
  void Record(rocksdb::DB* db);

 private:
  const std::string path_;  // of the database
  absl::Mutex mutex_;       // one writer of the file at a time
};

}  // namespace shoujie::rocks
