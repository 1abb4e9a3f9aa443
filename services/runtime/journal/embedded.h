// All journals of one process in one RocksDB. What all writers sent while the last group was made durable is the next
// group: one write, one fsync, one thread (architecture §3, "embedded"). Nobody else can write here (the data
// directory's lock), so every record that is reported landed once, where the report says, and positions are contiguous
// from 0.
//
//   key    service, 0, partition (4 bytes), position (8 bytes), big endian
//   value  append time (ms since 1970, 8 bytes), CRC-32C of key, time and bytes (4 bytes), bytes
//
// A failed write or fsync ends the process (rocks/fatal.h). Reports and watchers are called on the committer's thread:
// they must be quick and must not wait for other records. Outlives its writers, watches and readers. Thread-safe.
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
#include "services/runtime/clock/clock.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/rocks/database.h"
#include "services/runtime/rocks/disk.h"
#include "services/runtime/rocks/group_thread.h"

namespace shoujie {

class EmbeddedJournals {
 public:
  struct Options {
    size_t queue_bytes_max;
    size_t group_bytes_max;
    Options();  // the named limits
  };
  struct Stats {
    uint64_t groups = 0;  // = fsyncs
    uint64_t records = 0;
    uint64_t bytes = 0;
    uint64_t refused = 0;  // records that found the queue full
    size_t queued_bytes = 0;
  };

  // `clock` outlives it. Errors: those of rocks::Database::Open.
  static absl::StatusOr<std::unique_ptr<EmbeddedJournals>> Open(const std::string& directory, const Clock* clock,
                                                                std::shared_ptr<rocks::Resources> resources = nullptr,
                                                                const Options& options = Options());
  // Makes durable what was sent, then ends.
  ~EmbeddedJournals();

  // Always the same object for one id. Finding the end of a journal for the first time reads; damage there is an error.
  absl::StatusOr<Journal*> Get(const JournalId& id);
  // The position after the last record that is readable; 0 if there is none.
  absl::StatusOr<uint64_t> End(const JournalId& id);

  absl::Status Checkpoint(const std::string& directory) const { return database_->Checkpoint(directory); }
  Stats stats() const;
  // True while the disk has less than limits::kDiskFreeBytesMin free: commands are to be refused (DISK_FULL). Looked at
  // once a second.
  bool DiskLow() { return disk_.Low(); }

 private:
  class One;
  class Writer;
  struct WriterState;
  struct Sent;

  EmbeddedJournals(const std::string& directory, std::unique_ptr<rocks::Database> database, const Clock* clock,
                   const Options& options);
  absl::StatusOr<One*> Find(const JournalId& id);
  void Commit(std::vector<Sent> group);

  const Options options_;
  const std::unique_ptr<rocks::Database> database_;
  const Clock* const clock_;
  rocks::DiskGuard disk_;
  int64_t last_append_ms_ = 0;  // committer's: append times never fall
  std::atomic<uint64_t> groups_{0}, records_{0}, bytes_{0}, refused_{0};
  absl::Mutex mutex_;
  std::map<JournalId, std::unique_ptr<One>> journals_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<rocks::GroupThread<Sent>> committer_;  // last: it uses what stands above
};

}  // namespace shoujie
