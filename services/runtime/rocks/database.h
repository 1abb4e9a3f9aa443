// One RocksDB as this system uses it: one column family, atomic batches, point reads, ordered scans, snapshots,
// checkpoints. Thin: what keys and values mean is said by journal, store and key store. The only folder that includes
// rocksdb/.
//
// Reads that fail answer DATA_LOSS (STORAGE_DAMAGED), never "nothing". Writes cannot fail: a failed write, fsync, flush
// or compaction ends the process (fatal.h). Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rocksdb {
class DB;
class Iterator;
class Snapshot;
class WriteBatch;
}  // namespace rocksdb

namespace shoujie::rocks {

// Memory that the databases of a process share: blocks read (with indexes and filters) and rows not yet in tables.
class Resources {
 public:
  Resources(size_t cache_bytes, size_t write_buffers_bytes);
  ~Resources();
  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// What may be missing after a crash of the machine.
enum class Tail {
  // The database is the truth: only a torn last record may be dropped; damage further up refuses to open.
  kTruth,
  // The database can be caught up from a journal: it opens as of some earlier point.
  kDerived,
};

struct Options {
  std::string name;  // for logs and errors: "journal"
  Tail tail = Tail::kTruth;
  size_t write_buffer_bytes = 32 << 20;
  int open_files_max = 256;
  std::shared_ptr<Resources> resources;  // without: small ones of its own
};

class Batch {
 public:
  Batch();
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;
  ~Batch();
  void Put(absl::string_view key, absl::string_view value);
  void Delete(absl::string_view key);
  void DeleteRange(absl::string_view from, absl::string_view to);  // from <= key < to
  size_t bytes() const;
  bool empty() const;

 private:
  friend class Database;
  std::unique_ptr<rocksdb::WriteBatch> batch_;
};

class Database;

// The database as of one instant. Must end before the database.
class Snapshot {
 public:
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot();

 private:
  friend class Database;
  Snapshot(rocksdb::DB* db, const rocksdb::Snapshot* snapshot) : db_(db), snapshot_(snapshot) {}
  rocksdb::DB* const db_;
  const rocksdb::Snapshot* const snapshot_;
};

// Moves over from <= key < to. Not thread-safe. Must end before the database.
class Iterator {
 public:
  ~Iterator();
  bool Valid() const;
  void Seek(absl::string_view key);
  void SeekToLast();
  void Next();
  absl::string_view key() const;
  absl::string_view value() const;
  // To be asked once it is not valid any more: whether that is the end or damage.
  absl::Status status() const;

 private:
  friend class Database;
  Iterator();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class Database {
 public:
  // Creates what is missing of the last part of `path`. Errors: STORAGE_DAMAGED (DATA_LOSS), STORAGE_UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path, const Options& options);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key, const Snapshot* snapshot = nullptr) const;
  // `to` empty: no upper end.
  std::unique_ptr<Iterator> Scan(absl::string_view from, absl::string_view to,
                                 const Snapshot* snapshot = nullptr) const;
  std::unique_ptr<Snapshot> TakeSnapshot() const;

  // Atomic. `synced`: durable when it returns; otherwise after a crash of the machine (not of the process) a suffix of
  // such writes may be missing.
  void Write(Batch batch, bool synced);
  // Takes over sorted files (sorted_file.h), all or none, each above those before it and all above what is here;
  // durable when it returns. The files are gone from where they were. Writers wait meanwhile. Errors: REBUILD_FAILED.
  absl::Status Ingest(const std::vector<std::string>& files);
  // All writes so far are durable when it returns.
  void Sync();
  // What was overwritten or deleted between `from` and `to` is no longer in the files when it returns (but may be in
  // checkpoints).
  void Scrub(absl::string_view from, absl::string_view to);

  // A copy that opens by itself, made of hard links where possible. `directory` must not exist, its parent must.
  absl::Status Checkpoint(const std::string& directory) const;

 private:
  Database(std::string name, std::unique_ptr<rocksdb::DB> db, std::shared_ptr<Resources> resources);

  const std::string name_;
  const std::shared_ptr<Resources> resources_;
  const std::unique_ptr<rocksdb::DB> db_;
};

// Big endian, so that numbers sort as keys.
void AppendBigEndian32(std::string* out, uint32_t value);
void AppendBigEndian64(std::string* out, uint64_t value);
uint64_t ReadBigEndian64(absl::string_view eight_bytes);

}  // namespace shoujie::rocks
