// The stores of all shards of one process in one RocksDB. Groups of rows that came while the last write was under way
// are the next write: one batch for many shards, not synced. After a crash of the machine the database holds all groups
// up to some point, and each shard catches up from its journal (architecture §2).
//
//   key  service, 0, partition (4 bytes, big endian), the shard's key
//
// `Write` never blocks; callers bound what they have under way (limits::kOverlayRowsMax). `done` is called on the
// writing thread. A failed write ends the process. Outlives its stores' readers. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/rocks/database.h"
#include "services/runtime/rocks/group_thread.h"
#include "services/runtime/store/rocks_side_store.h"
#include "services/runtime/store/side_store.h"
#include "services/runtime/store/store.h"

namespace shoujie {

class RocksStores {
 public:
  struct Stats {
    uint64_t groups = 0;  // database writes
    uint64_t writes = 0;  // calls of `Write`
    uint64_t rows = 0;
    size_t queued_bytes = 0;
  };

  // `linger`: how long a write waits for others to be written with it, unless somebody calls `Hurry`.
  static absl::StatusOr<std::unique_ptr<RocksStores>> Open(const std::string& directory,
                                                           std::shared_ptr<rocks::Resources> resources = nullptr,
                                                           absl::Duration linger = absl::ZeroDuration());
  // Writes what was given, then ends.
  ~RocksStores();

  // Always the same object for one id.
  Store* Get(const JournalId& id);
  // Deletes all rows of the shard, after all groups given before: to rebuild it from its journal. `done` as in
  // `Store::Write`.
  void DropShard(const JournalId& id, std::function<void()> done);
  // A copy to be made beside the shard's store, in `directory` where it does not fit in memory. Must end before this
  // object. The limits are for tests.
  std::unique_ptr<SideStore> MakeSide(const JournalId& id, std::string directory,
                                      size_t memory_bytes_max = kSideMemoryBytesMax,
                                      size_t write_bytes_max = kSideWriteBytesMax);
  // All groups that are done are durable when it returns (a stop need not catch up).
  void Sync() { database_->Sync(); }
  // All groups that are done are in it.
  absl::Status Checkpoint(const std::string& directory) const { return database_->Checkpoint(directory); }
  Stats stats() const;

 private:
  class One;
  struct Given;

  RocksStores(std::unique_ptr<rocks::Database> database, std::shared_ptr<rocks::Resources> resources,
              absl::Duration linger);
  void Apply(std::vector<Given> group);
  void WriteGroup(Given* group, size_t size);

  const std::unique_ptr<rocks::Database> database_;
  const std::shared_ptr<rocks::Resources> resources_;
  std::atomic<uint64_t> groups_{0}, writes_{0}, rows_{0};
  absl::Mutex mutex_;
  std::map<JournalId, std::unique_ptr<One>> stores_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<rocks::GroupThread<Given>> writer_;  // last: it uses what stands above
};

}  // namespace shoujie
