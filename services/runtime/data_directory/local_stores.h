// The two databases of a data directory that follow from journals: the shards' stores and the read models' lists. Every
// kind of directory has them. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/data_directory/data_directory.h"
#include "services/runtime/store/rocks_store.h"

namespace shoujie {

// Refuses (DISK_FULL) a disk that is too full for a database to open: RocksDB 7.8 does not survive that.
absl::Status CheckRoom(const std::string& path, const Clock* clock);

class LocalStores {
 public:
  static absl::StatusOr<std::unique_ptr<LocalStores>> Open(const DataDirectory& directory,
                                                           std::shared_ptr<rocks::Resources> resources);

  Store* store(const JournalId& id);  // "<service>.lists" are the read models' stores
  // Empties it; waits until that is done.
  absl::Status DropStore(const JournalId& id);
  // A copy of the store, to be made beside it and to take its place. Copies that an earlier process left are gone once
  // this object is open.
  std::unique_ptr<SideStore> MakeSide(const JournalId& id);
  // Into the folders of a prepared checkpoint.
  absl::Status Checkpoint(const std::string& directory) const;
  void Sync();

 private:
  explicit LocalStores(std::string side) : side_(std::move(side)) {}
  RocksStores& of(const JournalId& id);

  const std::string side_;  // directory of the copies
  std::unique_ptr<RocksStores> stores_, lists_;
};

}  // namespace shoujie
