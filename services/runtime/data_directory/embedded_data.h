// Everything that a process on the embedded journal keeps in its data directory, opened together: journals, stores,
// lists and keys. Used by the server and by verification of a stopped directory or a checkpoint. Thread-safe after
// `Open`.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/data_directory/local_stores.h"
#include "services/runtime/data_directory/node_data.h"
#include "services/runtime/journal/embedded.h"
#include "services/runtime/security/embedded_keys.h"

namespace shoujie {

class EmbeddedData : public NodeData {
 public:
  // `master_key_file` empty: the directory's own. Errors: those of DataDirectory, EmbeddedKeys and the databases.
  static absl::StatusOr<std::unique_ptr<EmbeddedData>> Open(const std::string& path, const Clock* clock,
                                                            bool scaled_clock, const std::string& master_key_file = "");

  const DataDirectory& directory() const override { return *directory_; }
  EmbeddedKeys& keys() override { return *keys_; }
  absl::Status StartKeys() override {
    keys_->Maintain();
    return absl::OkStatus();
  }
  EmbeddedJournals& journals() { return *journals_; }
  absl::StatusOr<Journal*> journal(const JournalId& id) override { return journals_->Get(id); }
  Store* store(const JournalId& id) override { return stores_->store(id); }
  absl::Status DropStore(const JournalId& id) override { return stores_->DropStore(id); }
  std::unique_ptr<SideStore> MakeSide(const JournalId& id) override { return stores_->MakeSide(id); }
  bool DiskLow() override { return journals_->DiskLow(); }
  // Stores and lists first, then journals, then keys.
  absl::Status Checkpoint(const std::string& directory) override;
  void Sync() override { stores_->Sync(); }

 private:
  EmbeddedData() = default;

  bool scaled_clock_ = false;
  std::unique_ptr<DataDirectory> directory_;
  std::unique_ptr<EmbeddedKeys> keys_;
  std::unique_ptr<EmbeddedJournals> journals_;
  std::unique_ptr<LocalStores> stores_;
};

}  // namespace shoujie
