// What a process on Apache Kafka keeps: journals and keys on the cluster, stores and lists in its data directory. The
// directory belongs to one cluster and prefix (JOURNAL_FOREIGN otherwise); a store's place is compared with the record
// there when its shard opens, the copy of the keys when the key store does. Thread-safe after `Open`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/data_directory/local_stores.h"
#include "services/runtime/data_directory/node_data.h"
#include "services/runtime/kafka/journal.h"
#include "services/runtime/kafka/keys.h"
#include "services/runtime/rocks/disk.h"

namespace shoujie {

class KafkaData : public NodeData {
 public:
  struct Options {
    std::string path;
    kafka::Cluster cluster;
    std::vector<kafka::TopicSpec> journals;  // the services' whose journals are read or written here
    bool allow_unsafe_topics = false;
    bool scaled_clock = false;
    std::string master_key_file;  // empty: the directory's own
    bool read_only = false;       // nothing is written to the cluster: to verify, not to serve
  };
  // Waits a moment for the cluster: UNAVAILABLE means that another try may do. Other errors are those of DataDirectory,
  // KafkaJournals, KafkaKeys and the databases.
  static absl::StatusOr<std::unique_ptr<KafkaData>> Open(Options options, const Clock* clock);

  const DataDirectory& directory() const override { return *directory_; }
  KafkaKeys& keys() override { return *keys_; }
  absl::Status StartKeys() override {
    keys_->Maintain();
    return keys_->Start();
  }
  KafkaJournals& journals() { return *journals_; }
  absl::StatusOr<Journal*> journal(const JournalId& id) override { return journals_->Get(id); }
  std::unique_ptr<PublishedLog> Published(const std::string& feed, uint32_t partitions) override {
    return journals_->Published(feed, partitions);
  }
  Store* store(const JournalId& id) override { return stores_->store(id); }
  absl::Status DropStore(const JournalId& id) override { return stores_->DropStore(id); }
  std::unique_ptr<SideStore> MakeSide(const JournalId& id) override { return stores_->MakeSide(id); }
  bool DiskLow() override { return disk_.Low(); }
  // Of stores and lists; what they were built from is on the cluster.
  absl::Status Checkpoint(const std::string& directory) override;
  void Sync() override { stores_->Sync(); }

 private:
  KafkaData(Options options, const Clock* clock);

  const Options options_;
  rocks::DiskGuard disk_;
  std::string home_;  // of the journals, as the directory names it
  std::unique_ptr<DataDirectory> directory_;
  std::unique_ptr<LocalStores> stores_;
  std::unique_ptr<KafkaJournals> journals_;
  std::unique_ptr<KafkaKeys> keys_;
};

}  // namespace shoujie
