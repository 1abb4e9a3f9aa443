#include "services/runtime/node/read_model.h"

#include <algorithm>

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/node/unpublished_rows.h"
#include "services/runtime/shard/event.h"
#include "services/runtime/shard/projector.h"
#include "services/runtime/shard/refusals.h"
#include "services/runtime/shard/rows.h"

namespace shoujie {
namespace {

constexpr size_t kPlaceBytes = 24;  // position, term, revision; then the version of what the rows were made by

std::string RowKey(absl::string_view name) { return absl::StrCat("R", name); }
std::string IndexKey(absl::string_view key) { return absl::StrCat("X", key); }
std::string OfPartition(const char* letter, uint32_t partition) {
  std::string key = letter;
  key.push_back(static_cast<char>(partition >> 8));
  key.push_back(static_cast<char>(partition));
  return key;
}
std::string PlaceKey(uint32_t partition) { return OfPartition("P", partition); }
std::string AdoptedKey(uint32_t partition) { return OfPartition("A", partition); }

absl::Status ListsAhead() {
  return Error(absl::StatusCode::kFailedPrecondition, "LISTS_AHEAD",
               "The lists show more than the journals hold; make them again from the journals.",
               "列表内容超出日志，请从日志重建列表。");
}

std::string NameOf(const google::protobuf::Message& row) {
  const auto* field = row.GetDescriptor()->FindFieldByName("name");
  return row.GetReflection()->GetString(row, field);
}

}  // namespace

// Of rows without published events it is the domain's state_version, as it always was.
uint64_t ReadModel::Version() const {
  const uint64_t feed = domain_->feed == nullptr ? 0 : domain_->feed->version();
  return (relayed_ ? uint64_t{1} << 63 : 0) | feed << 32 | domain_->state_version;
}

ReadModel::ReadModel(const ServiceDomain* domain, std::vector<Journal*> journals, Store* store, bool relayed,
                     std::function<void()> wake, std::function<void()> hurry, const Clock* clock)
    : domain_(domain),
      store_(store),
      relayed_(relayed),
      hurry_(std::move(hurry)),
      overlay_(store),
      event_(domain->event->New()) {
  if (domain->feed != nullptr && clock != nullptr) {
    feed_ = std::make_unique<Feed>(
        journals.size(), store, clock, [this] { return status(); }, hurry_);
  }
  for (Journal* journal : journals) {
    auto& partition = *partitions_.emplace_back(std::make_unique<Partition>());
    partition.journal = journal;
    partition.watch = journal->Watch([this, &partition, wake] {
      partition.news.store(true, std::memory_order_release);
      wake();
      if (feed_ && feed_->watched()) hurry_();  // somebody waits for what is new
    });
  }
}

absl::Status ReadModel::Open() {
  for (uint32_t p = 0; p < partitions_.size(); ++p) {
    partitions_[p]->fold = Fold();
    partitions_[p]->shown = 0;
    partitions_[p]->published = 0;
    if (feed_) feed_->Begin(p, 0);
    auto row = store_->Get(PlaceKey(p));
    if (!row.ok()) return row.status();
    if (!*row || (*row)->size() < kPlaceBytes) continue;
    // Rows of a build from before the version was kept with them are of the first.
    const uint64_t made_by = (*row)->size() == kPlaceBytes ? 1 : rows::ReadBig64((*row)->substr(kPlaceBytes));
    if (made_by != Version()) return StoreOfAnotherVersion();
    Fold& fold = partitions_[p]->fold;
    fold.position = rows::ReadBig64(**row);
    fold.term = rows::ReadBig64(absl::string_view(**row).substr(8));
    fold.revision = rows::ReadBig64(absl::string_view(**row).substr(16));
    partitions_[p]->shown = fold.revision;
    if (feed_) feed_->Begin(p, fold.revision);
    // Lists that were copied later than the journals beside them show what these do not hold.
    std::vector<StoredRecord> last;
    if (!partitions_[p]->journal->exclusive() || fold.position == 0) continue;
    if (absl::Status status = partitions_[p]->journal->Read(fold.position - 1, 1, &last); !status.ok()) return status;
    if (last.empty()) return ListsAhead();
  }
  return absl::OkStatus();
}

bool ReadModel::empty() const {
  return std::all_of(partitions_.begin(), partitions_.end(), [](const auto& p) { return p->fold.position == 0; });
}

uint64_t ReadModel::behind() const {
  uint64_t all = 0;
  for (const auto& partition : partitions_) {
    const uint64_t end = partition->journal->EndHint(), next = partition->fold.position;
    all += end > next ? end - next : 0;
  }
  return all;
}

bool ReadModel::Poll() {
  overlay_.Written(written_.load(std::memory_order_acquire));
  const bool more = PollPartitions();
  if (feed_) feed_->Look();  // wakes everybody now and then: behind the news, which would wait for all of that
  return more;
}

bool ReadModel::PollPartitions() {
  if (!status().ok() || overlay_.size() > limits::kOverlayRowsMax) return false;
  bool more = false;
  for (uint32_t p = 0; p < partitions_.size(); ++p) {
    if (!partitions_[p]->news.exchange(false, std::memory_order_acq_rel)) continue;
    bool more_here = false;
    if (absl::Status status = PollPartition(p, &more_here); !status.ok()) {
      Halt(status);
      return false;
    }
    if (more_here) partitions_[p]->news.store(true, std::memory_order_release);
    more |= more_here;
  }
  return more;
}

absl::Status ReadModel::PollPartition(uint32_t p, bool* more) {
  Partition& partition = *partitions_[p];
  std::vector<StoredRecord> records;
  if (absl::Status status = partition.journal->Read(partition.fold.position, limits::kReadRecordsMax, &records);
      !status.ok()) {
    return NotNow(status) ? absl::OkStatus() : status;  // the journal's watch tells when it can be read again
  }
  if (records.empty()) return absl::OkStatus();
  *more = true;
  ++group_;
  std::vector<Row> all;
  std::vector<Feed::Event> published;
  // The place that is stored is that of the last record that counted: a void term is found again by reading on from
  // there.
  Fold place = partition.fold;
  for (const StoredRecord& stored : records) {
    journal::v1::Record record;
    if (!record.ParseFromString(stored.bytes)) return absl::DataLossError("a record cannot be parsed");
    Verdict verdict;
    if (absl::Status status = partition.fold.Step(stored.position, record, &verdict); !status.ok()) return status;
    if (verdict == Verdict::kClaimed) place = partition.fold;
    if (verdict != Verdict::kApplied) continue;
    place = partition.fold;
    std::vector<Row> rows;
    if (absl::Status status = Apply(p, record.commit(), &rows, &published); !status.ok()) return status;
    overlay_.Put(group_, rows);
    for (Row& row : rows) all.push_back(std::move(row));
  }
  std::string value;
  rows::AppendBig64(&value, place.position);
  rows::AppendBig64(&value, place.term);
  rows::AppendBig64(&value, place.revision);
  rows::AppendBig64(&value, Version());
  all.push_back({PlaceKey(p), std::move(value)});
  if (feed_) feed_->Append(p, place.revision, published);  // what counts need not be stored to be told
  store_->Write(std::move(all), [this, p, group = group_, &partition, revision = place.revision] {
    if (written_.load(std::memory_order_relaxed) < group) written_.store(group, std::memory_order_release);
    {
      absl::MutexLock lock(&mutex_);  // whoever awaits looks again
      partition.shown.store(revision, std::memory_order_release);
    }
    if (feed_) feed_->Stored(p, revision);
    if (when_shown_) when_shown_();
  });
  return absl::OkStatus();
}

const RowType* ReadModel::TypeOf(absl::string_view stream) const {
  const absl::string_view collection = stream.substr(0, stream.find('/'));
  for (const auto& type : domain_->rows) {
    if (type->collection() == collection) return type.get();
  }
  return nullptr;
}

void ReadModel::Publish(const FeedType& type, uint32_t partition, const journal::v1::Commit& commit, int n,
                        const google::protobuf::Message& row, std::vector<Row>* rows,
                        std::vector<Feed::Event>* published) {
  auto event = type.Publish(row, *event_, ContextOf(commit, n));
  if (!event || (event->topics.empty() && !relayed_)) return;
  auto bytes = std::make_shared<const std::string>(event->event->SerializeAsString());
  if (relayed_) {
    rows->push_back({unpublished::Key(partition, commit.revision(), static_cast<uint32_t>(n)), *bytes});
    if (event->topics.empty()) return;
  }
  for (const std::string& topic : event->topics) {
    rows->push_back({Feed::RowKey(topic, partition, commit.revision(), static_cast<uint32_t>(n)), *bytes});
  }
  published->push_back({std::move(event->topics), commit.revision(), std::move(bytes)});
}

// A function of the record and the rows before it alone, like all rows.
absl::Status ReadModel::ForgetPublished(uint32_t partition, uint64_t up_to, std::vector<Row>* rows) {
  const uint64_t before = partitions_[partition]->published;
  if (up_to <= before) return absl::OkStatus();
  partitions_[partition]->published = up_to;
  return overlay_.Scan(unpublished::Key(partition, before + 1, 0), unpublished::Key(partition, up_to + 1, 0),
                       [&](absl::string_view key, absl::string_view) {
                         rows->push_back({std::string(key), std::nullopt});
                         return true;
                       });
}

absl::Status ReadModel::Apply(uint32_t partition, const journal::v1::Commit& commit, std::vector<Row>* out,
                              std::vector<Feed::Event>* published) {
  if (commit.adopted_version() != 0) {
    std::string version;
    rows::AppendBig64(&version, commit.adopted_version());
    out->push_back({AdoptedKey(partition), std::move(version)});
  }
  if (relayed_ && commit.published_up_to() > 0) return ForgetPublished(partition, commit.published_up_to(), out);
  const RowType* type = commit.events().empty() ? nullptr : TypeOf(commit.stream_id());
  if (type == nullptr) return absl::OkStatus();
  std::unique_ptr<google::protobuf::Message> row = type->NewRow();
  auto stored = overlay_.Get(RowKey(commit.stream_id()));
  if (!stored.ok()) return stored.status();
  if (*stored && !row->ParseFromString(**stored)) return absl::DataLossError("a list row cannot be parsed");
  absl::btree_set<std::string> before, after;
  if (!NameOf(*row).empty()) {
    for (std::string& key : type->IndexKeys(*row)) before.insert(std::move(key));
  }
  const FeedType* feed = domain_->feed.get();
  if (feed != nullptr && (commit.history() || feed->collection() != type->collection())) feed = nullptr;
  for (int n = 0; n < commit.events_size(); ++n) {
    if (absl::Status status = ReadEvent(*domain_, commit, n, event_.get()); !status.ok()) return status;
    type->Project(*row, *event_, ContextOf(commit, n));
    if (feed != nullptr && !NameOf(*row).empty()) Publish(*feed, partition, commit, n, *row, out, published);
  }
  if (!NameOf(*row).empty()) {
    for (std::string& key : type->IndexKeys(*row)) after.insert(std::move(key));
  }
  for (const std::string& key : before) {
    if (!after.contains(key)) out->push_back({IndexKey(key), std::nullopt});
  }
  for (const std::string& key : after) {
    if (!before.contains(key)) out->push_back({IndexKey(key), commit.stream_id()});
  }
  out->push_back({RowKey(commit.stream_id()), row->SerializeAsString()});
  return absl::OkStatus();
}

class ReadModel::Rows : public RowReader {
 public:
  Rows(const ReadModel* model, std::unique_ptr<StoreReader> snapshot, std::vector<uint32_t> lagging)
      : model_(model), snapshot_(std::move(snapshot)), lagging_(std::move(lagging)) {}

  void Scan(absl::string_view prefix, absl::string_view after,
            const std::function<bool(absl::string_view, const google::protobuf::Message&)>& visit) const override {
    std::string from = IndexKey(prefix);
    if (!after.empty()) from = std::max(from, IndexKey(after) + std::string(1, '\0'));
    std::unique_ptr<google::protobuf::Message> row;
    const RowType* type = nullptr;
    model_->Halt(
        snapshot_->Scan(from, rows::PrefixEnd(IndexKey(prefix)), [&](absl::string_view key, absl::string_view name) {
          const RowType* needed = model_->TypeOf(name);
          if (needed == nullptr) return true;
          if (needed != type) {
            type = needed;
            row = type->NewRow();
          }
          auto value = snapshot_->Get(RowKey(name));
          model_->Halt(value.status());
          if (!value.ok()) return false;
          if (!*value || !row->ParseFromString(**value)) return true;
          return visit(key.substr(1), *row);
        }));
  }
  std::unique_ptr<google::protobuf::Message> Get(absl::string_view name) const override {
    const RowType* type = model_->TypeOf(name);
    if (type == nullptr) return nullptr;
    auto value = snapshot_->Get(RowKey(name));
    model_->Halt(value.status());
    if (!value.ok() || !*value) return nullptr;
    auto row = type->NewRow();
    if (!row->ParseFromString(**value) || NameOf(*row).empty()) return nullptr;
    return row;
  }
  size_t Count(absl::string_view prefix, size_t most) const override {
    size_t count = 0;
    if (most == 0) return 0;
    model_->Halt(snapshot_->Scan(IndexKey(prefix), rows::PrefixEnd(IndexKey(prefix)),
                                 [&](absl::string_view, absl::string_view) { return ++count < most; }));
    return count;
  }
  std::vector<uint32_t> Lagging() const override { return lagging_; }
  // From the same snapshot as the rows.
  std::vector<Shown> Partitions() const override {
    std::vector<Shown> all(model_->partitions_.size());
    for (uint32_t p = 0; p < all.size(); ++p) {
      auto place = snapshot_->Get(PlaceKey(p)), adopted = snapshot_->Get(AdoptedKey(p));
      model_->Halt(place.status());
      model_->Halt(adopted.status());
      if (!place.ok() || !*place || (*place)->size() < kPlaceBytes || !adopted.ok() || !*adopted) continue;
      all[p].revision = rows::ReadBig64(absl::string_view(**place).substr(16));
      all[p].adopted_version = rows::DecodeBig64(**adopted).value_or(0);
    }
    return all;
  }

 private:
  const ReadModel* const model_;
  const std::unique_ptr<StoreReader> snapshot_;
  const std::vector<uint32_t> lagging_;
};

std::unique_ptr<RowReader> ReadModel::Read(const std::vector<uint64_t>& revisions, absl::Duration timeout) const {
  const size_t asked = std::min(revisions.size(), partitions_.size());
  const auto shown = [&](size_t p) { return partitions_[p]->shown.load(std::memory_order_acquire) >= revisions[p]; };
  std::vector<uint32_t> lagging;
  if (timeout > absl::ZeroDuration()) {
    const auto all_shown = [&] {
      for (size_t p = 0; p < asked; ++p) {
        if (!shown(p)) return !status_.ok();
      }
      return true;
    };
    absl::MutexLock lock(&mutex_);
    if (!all_shown()) hurry_();
    mutex_.AwaitWithTimeout(absl::Condition(&all_shown), timeout);
  }
  for (uint32_t p = 0; p < asked; ++p) {
    if (!shown(p)) lagging.push_back(p);
  }
  return std::make_unique<Rows>(this, store_->Snapshot(), std::move(lagging));
}

void ReadModel::Halt(const absl::Status& why) const {
  if (why.ok()) return;
  {
    absl::MutexLock lock(&mutex_);
    if (status_.ok()) status_ = why;
  }
  if (feed_) feed_->WakeAll();
}

absl::Status ReadModel::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

}  // namespace shoujie
