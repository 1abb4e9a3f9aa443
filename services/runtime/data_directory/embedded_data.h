// Everything that a process on the embedded journal keeps in its data directory, opened together: journals, stores,
// lists and keys. Used by the server and by verification of a stopped directory or a checkpoint. Thread-safe after
// `Open`.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/data_directory/data_directory.h"
#include "services/runtime/journal/embedded.h"
#include "services/runtime/security/embedded_keys.h"
#include "services/runtime/store/rocks_store.h"

namespace shoujie {

class EmbeddedData {
 public:
  // `master_key_file` empty: the directory's own. Errors: those of DataDirectory, EmbeddedKeys and the databases.
  static absl::StatusOr<std::unique_ptr<EmbeddedData>> Open(const std::string& path, const Clock* clock,
                                                            bool scaled_clock, const std::string& master_key_file = "");

  const DataDirectory& directory() const { return *directory_; }
  EmbeddedKeys& keys() { return *keys_; }
  EmbeddedJournals& journals() { return *journals_; }
  absl::StatusOr<Journal*> journal(const JournalId& id) { return journals_->Get(id); }
  Store* store(const JournalId& id);  // "<service>.lists" are the read models' stores
  absl::Status DropStore(const JournalId& id);
  // A consistent copy: stores and lists first, then journals, then keys, so that nothing is ahead of what it was built
  // from. The master key is not copied.
  absl::Status Checkpoint(const std::string& directory);
  // What the stores were given is durable: a clean stop, so that the next start has nothing to catch up.
  void Sync();

 private:
  EmbeddedData() = default;

  bool scaled_clock_ = false;
  std::unique_ptr<DataDirectory> directory_;
  std::unique_ptr<EmbeddedKeys> keys_;
  std::unique_ptr<EmbeddedJournals> journals_;
  std::unique_ptr<RocksStores> stores_, lists_;
};

}  // namespace shoujie
