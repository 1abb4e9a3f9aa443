#include "services/runtime/data_directory/embedded_data.h"

#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/rocks/database.h"
#include "services/runtime/rocks/disk.h"

namespace shoujie {
namespace {

constexpr uint64_t kFreeBytesToOpen = 64ull << 20;  // recovery puts a log of up to that size into a table

}  // namespace

absl::StatusOr<std::unique_ptr<EmbeddedData>> EmbeddedData::Open(const std::string& path, const Clock* clock,
                                                                 bool scaled_clock,
                                                                 const std::string& master_key_file) {
  std::unique_ptr<EmbeddedData> data(new EmbeddedData);
  data->scaled_clock_ = scaled_clock;
  auto directory = DataDirectory::Open(path, scaled_clock);
  if (!directory.ok()) return directory.status();
  data->directory_ = *std::move(directory);
  // RocksDB does not survive a disk that is full while it opens (7.8 aborts as it closes the log again).
  if (rocks::DiskGuard(path, kFreeBytesToOpen, clock).Low()) {
    return Refused(
        "DISK_FULL",
        absl::StrCat("The disk of ", path, " has less than ", kFreeBytesToOpen >> 20,
                     " MiB free, too little to start. Free space, then start again."),
        absl::StrCat(path, " 所在磁盘可用空间不足 ", kFreeBytesToOpen >> 20, " MiB，无法启动。请释放空间后重新启动。"),
        {{"path", path}});
  }
  auto resources = std::make_shared<rocks::Resources>(limits::kCacheBytes, limits::kWriteBuffersBytes);

  const std::string& master_key = master_key_file.empty() ? data->directory_->master_key_file() : master_key_file;
  // Opening a database is mostly waiting for the disk: all four at once take as long as the slowest.
  absl::StatusOr<std::unique_ptr<EmbeddedJournals>> journals;
  absl::StatusOr<std::unique_ptr<RocksStores>> stores, lists;
  std::thread openers[] = {
      std::thread([&] { journals = EmbeddedJournals::Open(data->directory_->journal(), clock, resources); }),
      std::thread([&] { stores = RocksStores::Open(data->directory_->store(), resources, limits::kStoreLinger); }),
      std::thread([&] { lists = RocksStores::Open(data->directory_->lists(), resources); })};
  auto keys = EmbeddedKeys::Open(data->directory_->keys(), master_key, clock, resources);
  for (std::thread& opener : openers) opener.join();
  if (!keys.ok()) return keys.status();
  if (!journals.ok()) return journals.status();
  if (!stores.ok()) return stores.status();
  if (!lists.ok()) return lists.status();
  data->keys_ = *std::move(keys);
  data->journals_ = *std::move(journals);
  data->stores_ = *std::move(stores);
  data->lists_ = *std::move(lists);
  return data;
}

Store* EmbeddedData::store(const JournalId& id) {
  return (absl::EndsWith(id.service, ".lists") ? lists_ : stores_)->Get(id);
}

absl::Status EmbeddedData::DropStore(const JournalId& id) {
  absl::Notification dropped;
  (absl::EndsWith(id.service, ".lists") ? lists_ : stores_)->DropShard(id, [&dropped] { dropped.Notify(); });
  dropped.WaitForNotification();
  return absl::OkStatus();
}

absl::Status EmbeddedData::Checkpoint(const std::string& directory) {
  absl::Status status = PrepareCheckpoint(directory, scaled_clock_);
  if (status.ok()) status = stores_->Checkpoint(directory + "/store");
  if (status.ok()) status = lists_->Checkpoint(directory + "/lists");
  if (status.ok()) status = journals_->Checkpoint(directory + "/journal");
  if (status.ok()) status = keys_->Checkpoint(directory + "/keys");
  return status;
}

void EmbeddedData::Sync() {
  stores_->Sync();
  lists_->Sync();
}

}  // namespace shoujie
