#include "services/runtime/data_directory/embedded_data.h"

#include "absl/strings/match.h"
#include "absl/synchronization/notification.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/rocks/database.h"

namespace shoujie {

absl::StatusOr<std::unique_ptr<EmbeddedData>> EmbeddedData::Open(const std::string& path, const Clock* clock,
                                                                 bool scaled_clock,
                                                                 const std::string& master_key_file) {
  std::unique_ptr<EmbeddedData> data(new EmbeddedData);
  data->scaled_clock_ = scaled_clock;
  auto directory = DataDirectory::Open(path, scaled_clock);
  if (!directory.ok()) return directory.status();
  data->directory_ = *std::move(directory);
  auto resources = std::make_shared<rocks::Resources>(limits::kCacheBytes, limits::kWriteBuffersBytes);

  const std::string& master_key = master_key_file.empty() ? data->directory_->master_key_file() : master_key_file;
  auto keys = EmbeddedKeys::Open(data->directory_->keys(), master_key, clock, resources);
  if (!keys.ok()) return keys.status();
  data->keys_ = *std::move(keys);
  auto journals = EmbeddedJournals::Open(data->directory_->journal(), clock, resources);
  if (!journals.ok()) return journals.status();
  data->journals_ = *std::move(journals);
  auto stores = RocksStores::Open(data->directory_->store(), resources);
  if (!stores.ok()) return stores.status();
  data->stores_ = *std::move(stores);
  auto lists = RocksStores::Open(data->directory_->lists(), resources);
  if (!lists.ok()) return lists.status();
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
