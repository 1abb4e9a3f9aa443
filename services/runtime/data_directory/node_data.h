// What a process keeps and where it is: its journals and keys (here or on a cluster), its stores and lists (always
// here). The seam between a server's main and the kinds of data directories. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/runtime/data_directory/data_directory.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/journal/published_log.h"
#include "services/runtime/security/keyring.h"
#include "services/runtime/store/side_store.h"
#include "services/runtime/store/store.h"

namespace shoujie {

class NodeData {
 public:
  virtual ~NodeData() = default;

  virtual const DataDirectory& directory() const = 0;
  virtual KeyRing& keys() = 0;
  // New keys may be made from now on: not before the stores were compared with the keys that are there (KEYS_SHORT).
  virtual absl::Status StartKeys() = 0;
  virtual absl::StatusOr<Journal*> journal(const JournalId& id) = 0;
  // Where what a service publishes goes besides; null: nowhere.
  virtual std::unique_ptr<PublishedLog> Published(const std::string& /*feed*/, uint32_t /*partitions*/) {
    return nullptr;
  }
  virtual Store* store(const JournalId& id) = 0;  // "<service>.lists" are the read models' stores
  virtual absl::Status DropStore(const JournalId& id) = 0;
  // A copy of a store, to be made beside it and to take its place.
  virtual std::unique_ptr<SideStore> MakeSide(const JournalId& id) = 0;
  virtual bool DiskLow() = 0;
  // A consistent copy of what is here, nothing ahead of what it was built from. The master key is not copied.
  virtual absl::Status Checkpoint(const std::string& directory) = 0;
  // What the stores were given is durable: a clean stop, so that the next start has nothing to catch up.
  virtual void Sync() = 0;
};

}  // namespace shoujie
