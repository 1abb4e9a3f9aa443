#include "services/runtime/store/rocks_store.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/journal/shard_prefix.h"
#include "services/runtime/store/rocks_rows.h"
#include "services/runtime/store/rocks_side_store.h"

namespace shoujie {
namespace {

using Visit = std::function<bool(absl::string_view, absl::string_view)>;

}  // namespace

struct RocksStores::Given {
  const One* store;
  std::vector<Row> rows;
  std::function<void()> done;
  bool drop = false;
  std::function<void()> act;  // instead of rows
};

class RocksStores::One : public Store {
 public:
  One(RocksStores* all, const JournalId& id) : all_(all), rows_(all->database_.get(), ShardPrefix(id)) {}

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override { return rows_.Get(key); }
  absl::Status Scan(absl::string_view from, absl::string_view to, const Visit& visit) const override {
    return rows_.Scan(from, to, visit);
  }
  void Write(std::vector<Row> rows, std::function<void()> done) override {
    size_t bytes = 0;
    for (const Row& row : rows) bytes += prefix().size() + row.key.size() + (row.value ? row.value->size() : 0);
    all_->writer_->Add({this, std::move(rows), std::move(done), false, nullptr}, bytes);
  }
  void Hurry() override { all_->writer_->Hurry(); }
  std::unique_ptr<StoreReader> Snapshot() const override {
    return std::make_unique<RocksRows>(all_->database_.get(), prefix(), all_->database_->TakeSnapshot());
  }

  const std::string& prefix() const { return rows_.prefix(); }
  const RocksRows& rows() const { return rows_; }

 private:
  RocksStores* const all_;
  const RocksRows rows_;
};

absl::StatusOr<std::unique_ptr<RocksStores>> RocksStores::Open(const std::string& directory,
                                                               std::shared_ptr<rocks::Resources> resources,
                                                               absl::Duration linger) {
  rocks::Options settings;
  settings.name = "store";
  settings.tail = rocks::Tail::kDerived;
  settings.write_buffer_bytes = 64 << 20;
  settings.resources = resources;
  auto database = rocks::Database::Open(directory, settings);
  if (!database.ok()) return database.status();
  return std::unique_ptr<RocksStores>(new RocksStores(*std::move(database), std::move(resources), linger));
}

RocksStores::RocksStores(std::unique_ptr<rocks::Database> database, std::shared_ptr<rocks::Resources> resources,
                         absl::Duration linger)
    : database_(std::move(database)),
      resources_(std::move(resources)),
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
  Given given{static_cast<const One*>(Get(id)), {}, std::move(done), true, nullptr};
  writer_->Add(std::move(given), 0);
  writer_->Hurry();
}

std::unique_ptr<SideStore> RocksStores::MakeSide(const JournalId& id, std::string directory, size_t memory_bytes_max,
                                                 size_t write_bytes_max) {
  RocksSideStore::Options options;
  options.live = database_.get();
  options.prefix = ShardPrefix(id);
  options.resources = resources_;
  options.between_groups = [this](std::function<void()> act) {
    writer_->Add({nullptr, {}, nullptr, false, std::move(act)}, 0);
    writer_->Hurry();
  };
  options.directory = std::move(directory);
  options.memory_bytes_max = memory_bytes_max;
  options.write_bytes_max = write_bytes_max;
  return std::make_unique<RocksSideStore>(std::move(options));
}

void RocksStores::Apply(std::vector<Given> group) {
  const auto end = group.end();
  for (auto from = group.begin(); from != end;) {
    const auto act = std::find_if(from, end, [](const Given& given) { return given.act != nullptr; });
    if (from != act) WriteGroup(&*from, static_cast<size_t>(act - from));
    if (act == end) return;
    std::exchange(act->act, nullptr)();
    from = act + 1;
  }
}

void RocksStores::WriteGroup(Given* group, size_t size) {
  // Places, hot states and their index rows are written again by most of a group: only the last of each is put down.
  // From the last to the first, then, up to where a shard is dropped.
  rocks::Batch batch;
  uint64_t rows = 0;
  size_t dropped = size;  // behind the last drop
  while (dropped > 0 && !group[dropped - 1].drop) --dropped;
  const auto put = [&](const Given& given, const Row& row) {
    const std::string key = given.store->rows().KeyOf(row.key);
    row.value ? batch.Put(key, *row.value) : batch.Delete(key);
    ++rows;
  };
  for (size_t i = 0; i < dropped; ++i) {
    if (group[i].drop) batch.DeleteRange(group[i].store->prefix(), group[i].store->rows().End());
    for (const Row& row : group[i].rows) put(group[i], row);
  }
  absl::flat_hash_set<std::pair<const One*, absl::string_view>> written;
  for (size_t i = size; i > dropped; --i) {
    const Given& given = group[i - 1];
    for (auto row = given.rows.rbegin(); row != given.rows.rend(); ++row) {
      if (written.emplace(given.store, row->key).second) put(given, *row);
    }
  }
  if (!batch.empty()) database_->Write(std::move(batch), /*synced=*/false);
  groups_ += 1;
  writes_ += size;
  rows_ += rows;
  for (size_t i = 0; i < size; ++i) {
    if (group[i].done) group[i].done();
    group[i].done = nullptr;  // what it holds goes before the next is told
  }
}

RocksStores::Stats RocksStores::stats() const { return {groups_, writes_, rows_, writer_->queued_bytes()}; }

}  // namespace shoujie
