#include "services/runtime/rocks/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/rocks/extent.h"
#include "services/runtime/rocks/fatal.h"
#include "services/runtime/rocks/settings.h"
#include "services/runtime/rocks/sorted_file.h"

namespace shoujie::rocks {

Resources::Resources(size_t cache_bytes, size_t write_buffers_bytes) : impl_(std::make_unique<Impl>()) {
  // Write buffers are counted within the cache, so that one number bounds both: without room of their own they drive
  // out every block.
  rocksdb::LRUCacheOptions cache;
  cache.capacity = cache_bytes + write_buffers_bytes;
  cache.high_pri_pool_ratio = 0.5;  // indexes and filters
  impl_->cache = rocksdb::NewLRUCache(cache);
  impl_->write_buffers = std::make_shared<rocksdb::WriteBufferManager>(write_buffers_bytes, impl_->cache);
}
Resources::~Resources() = default;

namespace {

absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::Status Damaged(const std::string& name, const rocksdb::Status& status) {
  return Error(absl::StatusCode::kDataLoss, "STORAGE_DAMAGED",
               absl::StrCat("The ", name, " database cannot be read: ", status.ToString(),
                            ". Check the disk; restore the data directory from a checkpoint."),
               absl::StrCat("数据库 ", name, " 无法读取。请检查磁盘，并用检查点恢复数据目录。"), {{"database", name}});
}

absl::Status Unavailable(const std::string& name, const std::string& path, const rocksdb::Status& status) {
  return Error(absl::StatusCode::kFailedPrecondition, "STORAGE_UNAVAILABLE",
               absl::StrCat("The ", name, " database at ", path, " cannot be used: ", status.ToString(),
                            ". Check path, permissions and free space."),
               absl::StrCat("数据库 ", name, "（", path, "）无法使用，请检查路径、权限和可用空间。"),
               {{"database", name}, {"path", path}});
}

// What RocksDB tells of its own threads: errors of flushes and compactions, and how far its manifest has grown.
class Watcher : public rocksdb::EventListener {
 public:
  Watcher(std::string name, std::string path) : extent_(std::move(path)), name_(std::move(name)) {}
  void OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo&) override { extent_.Record(db); }
  void OnCompactionCompleted(rocksdb::DB* db, const rocksdb::CompactionJobInfo&) override { extent_.Record(db); }
  void OnExternalFileIngested(rocksdb::DB* db, const rocksdb::ExternalFileIngestionInfo&) override {
    extent_.Record(db);
  }
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    if (error->IsCorruption()) StorageDamaged(name_, error->ToString());
    StorageFailed(name_, error->ToString());
  }

 private:
  Extent extent_;
  const std::string name_;
};

rocksdb::Options Settings(const Options& o, const std::string& path, const Resources::Impl& resources) {
  rocksdb::Options s;
  s.create_if_missing = true;
  s.paranoid_checks = true;
  s.wal_recovery_mode = o.tail == Tail::kTruth ? rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords
                                               : rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  s.track_and_verify_wals_in_manifest = true;
  s.max_bgerror_resume_count = 0;
  s.listeners.push_back(std::make_shared<Watcher>(o.name, path));
  s.write_buffer_size = o.write_buffer_bytes;
  s.write_buffer_manager = resources.write_buffers;
  s.max_open_files = o.open_files_max;
  s.max_background_jobs = 2;
  s.bytes_per_sync = 1 << 20;
  SetTables(resources, &s);
  s.level_compaction_dynamic_level_bytes = true;
  // RocksDB's own log names keys at INFO.
  s.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  s.max_log_file_size = 4 << 20;
  s.keep_log_file_num = 4;
  s.max_manifest_file_size = 16 << 20;
  s.stats_dump_period_sec = 0;
  s.stats_persist_period_sec = 0;
  return s;
}

}  // namespace

Batch::Batch() : batch_(std::make_unique<rocksdb::WriteBatch>()) {}
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;
Batch::~Batch() = default;
// A batch in memory takes everything; the statuses below speak of limits that are not set.
void Batch::Put(absl::string_view key, absl::string_view value) {
  batch_->Put(ToSlice(key), ToSlice(value)).PermitUncheckedError();
}
void Batch::Delete(absl::string_view key) { batch_->Delete(ToSlice(key)).PermitUncheckedError(); }
void Batch::DeleteRange(absl::string_view from, absl::string_view to) {
  batch_->DeleteRange(ToSlice(from), ToSlice(to)).PermitUncheckedError();
}
size_t Batch::bytes() const { return batch_->GetDataSize(); }
bool Batch::empty() const { return batch_->Count() == 0; }

Snapshot::~Snapshot() { db_->ReleaseSnapshot(snapshot_); }

struct Iterator::Impl {
  std::string name;
  std::string to;
  rocksdb::Slice to_slice;  // read by `iterator` while it lives
  std::unique_ptr<rocksdb::Iterator> iterator;
};
Iterator::Iterator() : impl_(std::make_unique<Impl>()) {}
Iterator::~Iterator() = default;
bool Iterator::Valid() const { return impl_->iterator->Valid(); }
void Iterator::Seek(absl::string_view key) { impl_->iterator->Seek(ToSlice(key)); }
void Iterator::SeekToLast() { impl_->iterator->SeekToLast(); }
void Iterator::Next() { impl_->iterator->Next(); }
absl::string_view Iterator::key() const { return ToView(impl_->iterator->key()); }
absl::string_view Iterator::value() const { return ToView(impl_->iterator->value()); }
absl::Status Iterator::status() const {
  const rocksdb::Status status = impl_->iterator->status();
  return status.ok() ? absl::OkStatus() : Damaged(impl_->name, status);
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& path, const Options& options) {
  std::shared_ptr<Resources> resources = options.resources;
  if (resources == nullptr) resources = std::make_shared<Resources>(8 << 20, 64 << 20);
  Extent extent(path);
  if (!extent.Fits()) {
    return Damaged(options.name, rocksdb::Status::Corruption("its manifest is shorter than it was: files are missing"));
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(Settings(options, path, resources->impl()), path, &db);
  if (status.IsCorruption()) return Damaged(options.name, status);
  if (!status.ok()) return Unavailable(options.name, path, status);
  extent.Record(db);
  return std::unique_ptr<Database>(new Database(options.name, std::unique_ptr<rocksdb::DB>(db), std::move(resources)));
}

Database::Database(std::string name, std::unique_ptr<rocksdb::DB> db, std::shared_ptr<Resources> resources)
    : name_(std::move(name)), resources_(std::move(resources)), db_(std::move(db)) {}

Database::~Database() { Sync(); }

absl::StatusOr<std::optional<std::string>> Database::Get(absl::string_view key, const Snapshot* snapshot) const {
  rocksdb::ReadOptions read;
  if (snapshot != nullptr) read.snapshot = snapshot->snapshot_;
  std::string value;
  const rocksdb::Status status = db_->Get(read, ToSlice(key), &value);
  if (status.ok()) return std::optional<std::string>(std::move(value));
  if (status.IsNotFound()) return std::optional<std::string>();
  return Damaged(name_, status);
}

std::unique_ptr<Iterator> Database::Scan(absl::string_view from, absl::string_view to, const Snapshot* snapshot) const {
  std::unique_ptr<Iterator> out(new Iterator);
  out->impl_->name = name_;
  out->impl_->to = std::string(to);
  out->impl_->to_slice = out->impl_->to;
  rocksdb::ReadOptions read;
  if (snapshot != nullptr) read.snapshot = snapshot->snapshot_;
  if (!to.empty()) read.iterate_upper_bound = &out->impl_->to_slice;
  out->impl_->iterator.reset(db_->NewIterator(read));
  out->Seek(from);
  return out;
}

std::unique_ptr<Snapshot> Database::TakeSnapshot() const {
  return std::unique_ptr<Snapshot>(new Snapshot(db_.get(), db_->GetSnapshot()));
}

void Database::Write(Batch batch, bool synced) {
  rocksdb::WriteOptions write;
  write.sync = synced;
  const rocksdb::Status status = db_->Write(write, batch.batch_.get());
  if (!status.ok()) StorageFailed(name_, status.ToString());
}

absl::Status Database::Ingest(const std::vector<std::string>& files) {
  rocksdb::IngestExternalFileOptions how;
  how.move_files = true;
  how.failed_move_fall_back_to_copy = true;
  how.write_global_seqno = false;
  how.verify_checksums_before_ingest = true;
  const rocksdb::Status status = db_->IngestExternalFile(files, how);
  return status.ok() ? absl::OkStatus() : RebuildFailed(files.front(), status.ToString());
}

void Database::Sync() {
  const rocksdb::Status status = db_->SyncWAL();
  if (!status.ok()) StorageFailed(name_, status.ToString());
}

void Database::Scrub(absl::string_view from, absl::string_view to) {
  rocksdb::Status status = db_->Flush(rocksdb::FlushOptions());
  if (status.ok()) {
    rocksdb::CompactRangeOptions compact;
    compact.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    const rocksdb::Slice first = ToSlice(from), last = ToSlice(to);
    status = db_->CompactRange(compact, &first, &last);
  }
  if (!status.ok()) StorageFailed(name_, status.ToString());
}

absl::Status Database::Checkpoint(const std::string& directory) const {
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(db_.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(directory);
  if (status.ok()) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "CHECKPOINT_FAILED",
               absl::StrCat("The checkpoint of the ", name_, " database could not be written to ", directory, ": ",
                            status.ToString(), ". Choose a new directory with enough free space."),
               absl::StrCat("数据库 ", name_, " 的检查点无法写入 ", directory, "。请选择空间充足的新目录。"),
               {{"database", name_}, {"directory", directory}});
}

void AppendBigEndian32(std::string* out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}
void AppendBigEndian64(std::string* out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}
uint64_t ReadBigEndian64(absl::string_view eight_bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(eight_bytes[static_cast<size_t>(i)]);
  return value;
}

}  // namespace shoujie::rocks
