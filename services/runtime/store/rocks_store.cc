#include "services/runtime/store/rocks_store.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/journal/shard_prefix.h"

namespace shoujie {
namespace {

// The smallest key above all that start with `prefix`. Never empty: a prefix begins with the name of a service.
std::string After(std::string prefix) {
  while (static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

std::string Join(const std::string& prefix, absl::string_view key) {
  std::string full;
  full.reserve(prefix.size() + key.size());
  full.append(prefix);
  full.append(key.data(), key.size());
  return full;
}

using Visit = std::function<bool(absl::string_view, absl::string_view)>;

absl::Status ScanRows(const rocks::Database& database, const rocks::Snapshot* snapshot, const std::string& prefix,
                      absl::string_view from, absl::string_view to, const Visit& visit) {
  const auto rows = database.Scan(Join(prefix, from), to.empty() ? After(prefix) : Join(prefix, to), snapshot);
  for (; rows->Valid(); rows->Next()) {
    if (!visit(rows->key().substr(prefix.size()), rows->value())) return absl::OkStatus();
  }
  return rows->status();
}

class SnapshotReader : public StoreReader {
 public:
  SnapshotReader(const rocks::Database* database, std::string prefix)
      : database_(database), snapshot_(database->TakeSnapshot()), prefix_(std::move(prefix)) {}

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override {
    return database_->Get(Join(prefix_, key), snapshot_.get());
  }
  absl::Status Scan(absl::string_view from, absl::string_view to, const Visit& visit) const override {
    return ScanRows(*database_, snapshot_.get(), prefix_, from, to, visit);
  }

 private:
  const rocks::Database* const database_;
  const std::unique_ptr<rocks::Snapshot> snapshot_;
  const std::string prefix_;
};

}  // namespace

struct RocksStores::Given {
  const One* store;
  std::vector<Row> rows;
  std::function<void()> done;
  bool drop = false;
};

class RocksStores::One : public Store {
 public:
  One(RocksStores* all, const JournalId& id) : all_(all), prefix_(ShardPrefix(id)) {}

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override {
    return all_->database_->Get(Join(prefix_, key));
  }
  absl::Status Scan(absl::string_view from, absl::string_view to, const Visit& visit) const override {
    return ScanRows(*all_->database_, nullptr, prefix_, from, to, visit);
  }
  void Write(std::vector<Row> rows, std::function<void()> done) override {
    size_t bytes = 0;
    for (const Row& row : rows) bytes += prefix_.size() + row.key.size() + (row.value ? row.value->size() : 0);
    all_->writer_->Add({this, std::move(rows), std::move(done)}, bytes);
  }
  void Hurry() override { all_->writer_->Hurry(); }
  std::unique_ptr<StoreReader> Snapshot() const override {
    return std::make_unique<SnapshotReader>(all_->database_.get(), prefix_);
  }

  const std::string& prefix() const { return prefix_; }

 private:
  RocksStores* const all_;
  const std::string prefix_;
};

absl::StatusOr<std::unique_ptr<RocksStores>> RocksStores::Open(const std::string& directory,
                                                               std::shared_ptr<rocks::Resources> resources,
                                                               absl::Duration linger) {
  rocks::Options settings;
  settings.name = "store";
  settings.tail = rocks::Tail::kDerived;
  settings.write_buffer_bytes = 64 << 20;
  settings.resources = std::move(resources);
  auto database = rocks::Database::Open(directory, settings);
  if (!database.ok()) return database.status();
  return std::unique_ptr<RocksStores>(new RocksStores(*std::move(database), linger));
}

RocksStores::RocksStores(std::unique_ptr<rocks::Database> database, absl::Duration linger)
    : database_(std::move(database)),
      writer_(std::make_unique<rocks::GroupThread<Given>>(
          "store", limits::kStoreGroupBytesMax, [this](std::vector<Given> g) { Apply(std::move(g)); }, linger)) {}

RocksStores::~RocksStores() = default;

Store* RocksStores::Get(const JournalId& id) {
  absl::MutexLock lock(&mutex_);
  auto& store = stores_[id];
  if (store == nullptr) store = std::make_unique<One>(this, id);
  return store.get();
}

void RocksStores::DropShard(const JournalId& id, std::function<void()> done) {
  Given given{static_cast<const One*>(Get(id)), {}, std::move(done), true};
  writer_->Add(std::move(given), 0);
  writer_->Hurry();
}

void RocksStores::Apply(std::vector<Given> group) {
  // Places, hot states and their index rows are written again by most of a group: only the last of each is put down.
  // From the last to the first, then, up to where a shard is dropped.
  rocks::Batch batch;
  uint64_t rows = 0;
  const auto dropped = std::find_if(group.rbegin(), group.rend(), [](const Given& given) { return given.drop; });
  const auto put = [&](const Given& given, const Row& row) {
    const std::string key = Join(given.store->prefix(), row.key);
    row.value ? batch.Put(key, *row.value) : batch.Delete(key);
    ++rows;
  };
  for (auto given = group.begin(); given != dropped.base(); ++given) {
    const std::string& prefix = given->store->prefix();
    if (given->drop) batch.DeleteRange(prefix, After(prefix));
    for (const Row& row : given->rows) put(*given, row);
  }
  absl::flat_hash_set<std::pair<const One*, absl::string_view>> written;
  for (auto given = group.rbegin(); given != dropped; ++given) {
    for (auto row = given->rows.rbegin(); row != given->rows.rend(); ++row) {
      if (written.emplace(given->store, row->key).second) put(*given, *row);
    }
  }
  if (!batch.empty()) database_->Write(std::move(batch), /*synced=*/false);
  groups_ += 1;
  writes_ += group.size();
  rows_ += rows;
  for (Given& given : group) {
    if (given.done) given.done();
    given.done = nullptr;  // what it holds goes before the next is told
  }
}

RocksStores::Stats RocksStores::stats() const { return {groups_, writes_, rows_, writer_->queued_bytes()}; }

}  // namespace shoujie
