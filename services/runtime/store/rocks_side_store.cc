#include "services/runtime/store/rocks_side_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "services/runtime/rocks/disk.h"
#include "services/runtime/rocks/sorted_file.h"

namespace shoujie {

RocksSideStore::RocksSideStore(Options options) : options_(std::move(options)), live_(options_.live, options_.prefix) {}

RocksSideStore::~RocksSideStore() {
  run_rows_.reset();
  runs_.reset();
  if (made_directory_) rocks::RemoveFolder(options_.directory);  // the next start removes what is left
}

absl::Status RocksSideStore::MakeDirectory() {
  if (made_directory_) return absl::OkStatus();
  const std::string error = rocks::MakeFolders(options_.directory);
  made_directory_ = error.empty();
  return error.empty() ? absl::OkStatus() : rocks::RebuildFailed(options_.directory, error);
}

absl::StatusOr<std::string> RocksSideStore::NextFile() {
  if (absl::Status status = MakeDirectory(); !status.ok()) return status;
  return absl::StrCat(options_.directory, "/", ++made_, ".sst");
}

absl::Status RocksSideStore::Put(std::vector<Row> rows) {
  for (Row& row : rows) (written_ ? tail_ : base_).Put(std::move(row));
  return !written_ && base_.bytes() > options_.memory_bytes_max ? WriteRun() : absl::OkStatus();
}

absl::Status RocksSideStore::WriteRun() {
  if (runs_ == nullptr) {
    if (absl::Status status = MakeDirectory(); !status.ok()) return status;
    rocks::Options settings;
    settings.name = "rebuild";
    settings.tail = rocks::Tail::kDerived;
    settings.resources = options_.resources;
    auto opened = rocks::Database::Open(options_.directory + "/runs", settings);
    if (!opened.ok()) return opened.status();
    runs_ = *std::move(opened);
    run_rows_ = std::make_unique<RocksRows>(runs_.get(), options_.prefix);
  }
  auto path = NextFile();
  if (!path.ok()) return path.status();
  auto file = rocks::SortedFile::Create(*path, options_.resources, /*passing=*/true);
  if (!file.ok()) return file.status();
  for (const auto& [key, value] : base_.rows()) {
    value ? (*file)->Put(live_.KeyOf(key), *value) : (*file)->Delete(live_.KeyOf(key));
  }
  if (absl::Status status = (*file)->Finish(); !status.ok()) return status;
  if (absl::Status status = runs_->Ingest({*path}); !status.ok()) return status;
  base_.Clear();
  base_.LayOn(run_rows_.get());
  return absl::OkStatus();
}

absl::Status RocksSideStore::Prepare() {
  if (written_) return WriteTail();
  return small() ? absl::OkStatus() : WriteAll();
}

absl::Status RocksSideStore::WriteAll() {
  std::unique_ptr<rocks::SortedFile> file;
  absl::Status status;
  const absl::Status scanned = base_.Scan("", "", [&](absl::string_view key, absl::string_view value) {
    if (file != nullptr && file->bytes() > kSideFileBytesMax) {
      status = file->Finish();
      file.reset();
      if (!status.ok()) return false;
    }
    if (file == nullptr) {
      auto path = NextFile();
      if (path.ok()) {
        auto made = rocks::SortedFile::Create(*path, options_.resources, /*passing=*/false);
        status = made.status();
        if (made.ok()) file = *std::move(made);
      } else {
        status = path.status();
      }
      if (!status.ok()) return false;
      files_.push_back(*path);
    }
    file->Put(live_.KeyOf(key), value);
    return true;
  });
  if (!scanned.ok()) return scanned;
  if (status.ok() && file != nullptr) status = file->Finish();
  written_ = status.ok();
  return status;
}

absl::Status RocksSideStore::WriteTail() {
  if (tail_.rows().empty()) return absl::OkStatus();
  auto path = NextFile();
  if (!path.ok()) return path.status();
  auto file = rocks::SortedFile::Create(*path, options_.resources, /*passing=*/false);
  if (!file.ok()) return file.status();
  for (const auto& [key, value] : tail_.rows()) {
    value ? (*file)->Put(live_.KeyOf(key), *value) : (*file)->Delete(live_.KeyOf(key));
  }
  if (absl::Status status = (*file)->Finish(); !status.ok()) return status;
  files_.push_back(*path);
  for (const auto& [key, value] : tail_.rows()) base_.Put({key, value});
  tail_.Clear();
  return absl::OkStatus();
}

absl::Status RocksSideStore::Replace(const std::function<absl::Status()>& catch_up) {
  absl::Status status;
  absl::Notification done;
  options_.between_groups([&] {
    status = ReplaceNow(catch_up);
    done.Notify();
  });
  done.WaitForNotification();
  return status;
}

absl::Status RocksSideStore::ReplaceNow(const std::function<absl::Status()>& catch_up) {
  if (absl::Status status = catch_up(); !status.ok()) return status;
  if (!written_ && small()) return ReplaceByWrite();
  if (absl::Status status = Prepare(); !status.ok()) return status;
  return ReplaceByFiles();
}

absl::Status RocksSideStore::ReplaceByWrite() {
  auto empty = live_.Empty();
  rocks::Batch batch;
  if (!empty.ok() || !*empty) batch.DeleteRange(live_.prefix(), live_.End());
  for (const auto& [key, value] : base_.rows()) batch.Put(live_.KeyOf(key), *value);
  if (!batch.empty()) options_.live->Write(std::move(batch), /*synced=*/false);
  return absl::OkStatus();
}

absl::Status RocksSideStore::ReplaceByFiles() {
  auto empty = live_.Empty();
  std::vector<std::string> files;
  if (!empty.ok() || !*empty) {  // what cannot be read goes, too
    auto path = NextFile();
    if (!path.ok()) return path.status();
    auto file = rocks::SortedFile::Create(*path, options_.resources, /*passing=*/false);
    if (!file.ok()) return file.status();
    (*file)->DeleteRange(live_.prefix(), live_.End());
    if (absl::Status status = (*file)->Finish(); !status.ok()) return status;
    files.push_back(*path);
  }
  files.insert(files.end(), files_.begin(), files_.end());
  if (files.empty()) return absl::OkStatus();  // nothing there, nothing made
  return options_.live->Ingest(files);
}

}  // namespace shoujie
