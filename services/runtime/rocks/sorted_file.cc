#include "services/runtime/rocks/sorted_file.h"

#include <rocksdb/sst_file_writer.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/rocks/settings.h"

namespace shoujie::rocks {

absl::Status RebuildFailed(const std::string& path, const std::string& why) {
  return Error(absl::StatusCode::kFailedPrecondition, "REBUILD_FAILED",
               absl::StrCat("The rebuilt copy at ", path, " could not be made or taken over: ", why,
                            ". The store that was there is untouched. Check free space and disk, then rebuild again."),
               absl::StrCat("无法在 ", path, " 生成或启用重建的副本；原有存储未受影响。请检查磁盘与可用空间后重试。"),
               {{"path", path}});
}

struct SortedFile::Impl {
  Impl(const std::shared_ptr<Resources>& r, rocksdb::Options o)
      : resources(r), options(std::move(o)), writer(rocksdb::EnvOptions(), options, nullptr, false) {}

  const std::shared_ptr<Resources> resources;
  const rocksdb::Options options;
  rocksdb::SstFileWriter writer;
  rocksdb::Status status;

  void Note(const rocksdb::Status& next) {
    if (status.ok()) status = next;
  }
};

SortedFile::SortedFile(std::string path, std::unique_ptr<Impl> impl) : path_(std::move(path)), impl_(std::move(impl)) {}
SortedFile::~SortedFile() = default;

absl::StatusOr<std::unique_ptr<SortedFile>> SortedFile::Create(const std::string& path,
                                                               std::shared_ptr<Resources> resources, bool passing) {
  if (resources == nullptr) resources = std::make_shared<Resources>(8 << 20, 8 << 20);
  rocksdb::Options settings;
  SetTables(resources->impl(), &settings);
  if (passing) {
    settings.compression = rocksdb::kNoCompression;
    settings.bottommost_compression = rocksdb::kDisableCompressionOption;
  }
  auto impl = std::make_unique<Impl>(resources, std::move(settings));
  if (const rocksdb::Status status = impl->writer.Open(path); !status.ok())
    return RebuildFailed(path, status.ToString());
  return std::unique_ptr<SortedFile>(new SortedFile(path, std::move(impl)));
}

void SortedFile::Put(absl::string_view key, absl::string_view value) {
  impl_->Note(impl_->writer.Put(ToSlice(key), ToSlice(value)));
}
void SortedFile::Delete(absl::string_view key) { impl_->Note(impl_->writer.Delete(ToSlice(key))); }
void SortedFile::DeleteRange(absl::string_view from, absl::string_view to) {
  impl_->Note(impl_->writer.DeleteRange(ToSlice(from), ToSlice(to)));
}
uint64_t SortedFile::bytes() const { return impl_->writer.FileSize(); }

absl::Status SortedFile::Finish() {
  if (impl_->status.ok()) impl_->status = impl_->writer.Finish();
  return impl_->status.ok() ? absl::OkStatus() : RebuildFailed(path_, impl_->status.ToString());
}

}  // namespace shoujie::rocks
