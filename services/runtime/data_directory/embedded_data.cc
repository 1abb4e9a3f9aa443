#include "services/runtime/data_directory/embedded_data.h"

#include <thread>

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
  if (absl::Status status = CheckRoom(path, clock); !status.ok()) return status;
  auto resources = std::make_shared<rocks::Resources>(limits::kCacheBytes, limits::kWriteBuffersBytes);

  const std::string& master_key = master_key_file.empty() ? data->directory_->master_key_file() : master_key_file;
  // Opening a database is mostly waiting for the disk: all four at once take as long as the slowest.
  absl::StatusOr<std::unique_ptr<EmbeddedJournals>> journals;
  absl::StatusOr<std::unique_ptr<LocalStores>> stores;
  std::thread openers[] = {
      std::thread([&] { journals = EmbeddedJournals::Open(data->directory_->journal(), clock, resources); }),
      std::thread([&] { stores = LocalStores::Open(*data->directory_, resources); })};
  auto keys = EmbeddedKeys::Open(data->directory_->keys(), master_key, clock, resources);
  for (std::thread& opener : openers) opener.join();
  if (!keys.ok()) return keys.status();
  if (!journals.ok()) return journals.status();
  if (!stores.ok()) return stores.status();
  data->keys_ = *std::move(keys);
  data->journals_ = *std::move(journals);
  data->stores_ = *std::move(stores);
  return data;
}

absl::Status EmbeddedData::Checkpoint(const std::string& directory) {
  return MakeCheckpoint(directory, scaled_clock_, "", [&] {
    absl::Status status = stores_->Checkpoint(directory);
    if (status.ok()) status = journals_->Checkpoint(directory + "/journal");
    if (status.ok()) status = keys_->Checkpoint(directory + "/keys");
    return status;
  });
}

}  // namespace shoujie
