#include "services/runtime/data_directory/local_stores.h"

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

absl::Status CheckRoom(const std::string& path, const Clock* clock) {
  // It aborts as it closes the log again.
  if (!rocks::DiskGuard(path, kFreeBytesToOpen, clock).Low()) return absl::OkStatus();
  return Refused(
      "DISK_FULL",
      absl::StrCat("The disk of ", path, " has less than ", kFreeBytesToOpen >> 20,
                   " MiB free, too little to start. Free space, then start again."),
      absl::StrCat(path, " 所在磁盘可用空间不足 ", kFreeBytesToOpen >> 20, " MiB，无法启动。请释放空间后重新启动。"),
      {{"path", path}});
}

absl::StatusOr<std::unique_ptr<LocalStores>> LocalStores::Open(const DataDirectory& directory,
                                                               std::shared_ptr<rocks::Resources> resources) {
  std::unique_ptr<LocalStores> all(new LocalStores(directory.rebuild()));
  rocks::RemoveFolder(all->side_);
  absl::StatusOr<std::unique_ptr<RocksStores>> stores;
  std::thread opener([&] { stores = RocksStores::Open(directory.store(), resources, limits::kStoreLinger); });
  auto lists = RocksStores::Open(directory.lists(), resources);
  opener.join();
  if (!stores.ok()) return stores.status();
  if (!lists.ok()) return lists.status();
  all->stores_ = *std::move(stores);
  all->lists_ = *std::move(lists);
  return all;
}

RocksStores& LocalStores::of(const JournalId& id) { return absl::EndsWith(id.service, ".lists") ? *lists_ : *stores_; }

Store* LocalStores::store(const JournalId& id) { return of(id).Get(id); }

absl::Status LocalStores::DropStore(const JournalId& id) {
  absl::Notification dropped;
  of(id).DropShard(id, [&dropped] { dropped.Notify(); });
  dropped.WaitForNotification();
  return absl::OkStatus();
}

std::unique_ptr<SideStore> LocalStores::MakeSide(const JournalId& id) {
  return of(id).MakeSide(id, absl::StrCat(side_, "/", id.service, "-", id.partition));
}

absl::Status LocalStores::Checkpoint(const std::string& directory) const {
  absl::Status status = stores_->Checkpoint(directory + "/store");
  if (status.ok()) status = lists_->Checkpoint(directory + "/lists");
  return status;
}

void LocalStores::Sync() {
  stores_->Sync();
  lists_->Sync();
}

}  // namespace shoujie
