#include "services/runtime/journal/embedded.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/journal/crc32c.h"
#include "services/runtime/journal/gate.h"
#include "services/runtime/journal/shard_prefix.h"
#include "services/runtime/journal/watchers.h"

namespace shoujie {
namespace {

constexpr size_t kHeaderBytes = 12;  // append time and checksum

std::string Key(const std::string& prefix, uint64_t position) {
  std::string key = prefix;
  rocks::AppendBigEndian64(&key, position);
  return key;
}

std::string Value(absl::string_view key, int64_t append_ms, absl::string_view bytes) {
  std::string value;
  value.reserve(kHeaderBytes + bytes.size());
  rocks::AppendBigEndian64(&value, static_cast<uint64_t>(append_ms));
  rocks::AppendBigEndian32(&value, Crc32c(bytes, Crc32c(value, Crc32c(key))));
  value.append(bytes.data(), bytes.size());
  return value;
}

// False if the checksum does not fit.
bool ReadValue(absl::string_view key, absl::string_view value, StoredRecord* out) {
  if (value.size() < kHeaderBytes) return false;
  const absl::string_view time = value.substr(0, 8), bytes = value.substr(kHeaderBytes);
  std::string checksum;
  rocks::AppendBigEndian32(&checksum, Crc32c(bytes, Crc32c(time, Crc32c(key))));
  if (value.substr(8, 4) != checksum) return false;
  out->append_time = absl::FromUnixMillis(static_cast<int64_t>(rocks::ReadBigEndian64(time)));
  out->bytes = std::string(bytes);
  return true;
}

absl::Status Damaged(const JournalId& id, uint64_t position, absl::string_view what_en, absl::string_view what_zh) {
  return Error(
      absl::StatusCode::kDataLoss, "JOURNAL_DAMAGED",
      absl::StrCat("Journal ", id.service, "/", id.partition, ": the record at position ", position, " is ", what_en,
                   ". Restore the data directory from a checkpoint."),
      absl::StrCat("日志 ", id.service, "/", id.partition, "：位置 ", position, " 的记录", what_zh,
                   "。请用检查点恢复数据目录。"),
      {{"service", id.service}, {"partition", absl::StrCat(id.partition)}, {"position", absl::StrCat(position)}});
}

}  // namespace

EmbeddedJournals::Options::Options()
    : queue_bytes_max(limits::kJournalQueueBytesMax), group_bytes_max(limits::kJournalGroupBytesMax) {}

// Lives until its writer and its last record in the queue are gone.
struct EmbeddedJournals::WriterState {
  std::function<void(const Report&)> on_report;
  Gate gate;
  absl::Mutex mutex;  // keeps `Send`s of one writer in order
  uint64_t next_sequence ABSL_GUARDED_BY(mutex) = 0;
  bool broken ABSL_GUARDED_BY(mutex) = false;
};

struct EmbeddedJournals::Sent {
  One* journal;
  std::shared_ptr<WriterState> writer;
  uint64_t first_sequence;
  std::vector<std::string> records;
  bool refused = false;  // only the reports are still to be given, in their place
  uint64_t first_position = 0;
};

class EmbeddedJournals::One : public Journal {
 public:
  One(EmbeddedJournals* all, JournalId id, uint64_t end)
      : all_(all), id_(std::move(id)), prefix_(ShardPrefix(id_)), readable_(end), next_(end) {}

  std::unique_ptr<JournalWriter> NewWriter(std::function<void(const Report&)> on_report) override;
  absl::Status Read(uint64_t position, size_t records_max, std::vector<StoredRecord>* out) override;
  std::shared_ptr<void> Watch(std::function<void()> on_append) override { return watchers_.Add(std::move(on_append)); }
  bool exclusive() const override { return true; }

  uint64_t readable() const { return readable_.load(std::memory_order_acquire); }

  // The rest is the committer's.
  void Append(std::string bytes, int64_t append_ms, rocks::Batch* batch) {
    const std::string key = Key(prefix_, next_);
    batch->Put(key, Value(key, append_ms, bytes));
    tail_.Add({next_++, absl::FromUnixMillis(append_ms), std::move(bytes)});
  }
  uint64_t next() const { return next_; }
  bool Publish() {
    if (readable_.load(std::memory_order_relaxed) == next_) return false;
    readable_.store(next_, std::memory_order_release);
    return true;
  }
  void Notify() { watchers_.Notify(); }

 private:
  // The newest records, for those who follow: what is read moments after it was written needs no database.
  class Tail {
   public:
    void Add(StoredRecord record) {
      absl::MutexLock lock(&mutex_);
      bytes_ += record.bytes.size();
      records_.push_back(std::move(record));
      while (bytes_ > limits::kJournalTailBytesMax) {
        bytes_ -= records_.front().bytes.size();
        records_.pop_front();
      }
    }
    // False if the records from `position` on are not all here.
    bool Read(uint64_t position, uint64_t end, std::vector<StoredRecord>* out) const {
      absl::MutexLock lock(&mutex_);
      if (records_.empty() || position < records_.front().position) return false;
      const auto first = records_.begin() + static_cast<std::ptrdiff_t>(position - records_.front().position);
      out->insert(out->end(), first, first + static_cast<std::ptrdiff_t>(end - position));
      return true;
    }

   private:
    mutable absl::Mutex mutex_;
    std::deque<StoredRecord> records_ ABSL_GUARDED_BY(mutex_);  // without gaps
    size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  };

  EmbeddedJournals* const all_;
  const JournalId id_;
  const std::string prefix_;
  std::atomic<uint64_t> readable_;  // end of what is durable
  uint64_t next_;                   // end of what is written
  Tail tail_;
  Watchers watchers_;
};

class EmbeddedJournals::Writer : public JournalWriter {
 public:
  Writer(EmbeddedJournals* all, One* journal, std::function<void(const Report&)> on_report)
      : all_(all), journal_(journal), state_(std::make_shared<WriterState>()) {
    state_->on_report = std::move(on_report);
  }
  ~Writer() override { state_->gate.Close(); }

  void Send(std::vector<std::string> records) override {
    if (records.empty()) return;
    size_t bytes = 0;
    for (const std::string& record : records) bytes += record.size() + kHeaderBytes;
    absl::MutexLock lock(&state_->mutex);
    // Once a record was refused, none behind it may land: that would leave a hole.
    if (all_->committer_->queued_bytes() + bytes > all_->options_.queue_bytes_max) state_->broken = true;
    Sent sent{journal_, state_, state_->next_sequence, std::move(records), state_->broken};
    state_->next_sequence += sent.records.size();
    all_->committer_->Add(std::move(sent), state_->broken ? 0 : bytes);
  }

 private:
  EmbeddedJournals* const all_;
  One* const journal_;
  const std::shared_ptr<WriterState> state_;
};

std::unique_ptr<JournalWriter> EmbeddedJournals::One::NewWriter(std::function<void(const Report&)> on_report) {
  return std::make_unique<Writer>(all_, this, std::move(on_report));
}

absl::Status EmbeddedJournals::One::Read(uint64_t position, size_t records_max, std::vector<StoredRecord>* out) {
  const uint64_t end = readable();
  if (position >= end || records_max == 0) return absl::OkStatus();
  const uint64_t last = position + std::min<uint64_t>(records_max, end - position);
  if (tail_.Read(position, last, out)) return absl::OkStatus();
  const auto rows = all_->database_->Scan(Key(prefix_, position), Key(prefix_, last));
  size_t bytes = 0;
  for (uint64_t at = position; at < last && bytes < limits::kReadBytesMax; ++at, rows->Next()) {
    if (!rows->Valid()) {
      if (absl::Status status = rows->status(); !status.ok()) return status;
      return Damaged(id_, at, "missing", "缺失");
    }
    if (rows->key() != Key(prefix_, at)) return Damaged(id_, at, "missing", "缺失");
    StoredRecord record;
    record.position = at;
    if (!ReadValue(rows->key(), rows->value(), &record)) return Damaged(id_, at, "damaged", "已损坏");
    bytes += record.bytes.size();
    out->push_back(std::move(record));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<EmbeddedJournals>> EmbeddedJournals::Open(const std::string& directory,
                                                                         const Clock* clock,
                                                                         std::shared_ptr<rocks::Resources> resources,
                                                                         const Options& options) {
  rocks::Options settings;
  settings.name = "journal";
  settings.write_buffer_bytes = 64 << 20;
  settings.resources = std::move(resources);
  auto database = rocks::Database::Open(directory, settings);
  if (!database.ok()) return database.status();
  return std::unique_ptr<EmbeddedJournals>(new EmbeddedJournals(directory, *std::move(database), clock, options));
}

EmbeddedJournals::EmbeddedJournals(const std::string& directory, std::unique_ptr<rocks::Database> database,
                                   const Clock* clock, const Options& options)
    : options_(options),
      database_(std::move(database)),
      clock_(clock),
      disk_(directory, limits::kDiskFreeBytesMin, clock),
      committer_(std::make_unique<rocks::GroupThread<Sent>>("journal", options.group_bytes_max,
                                                            [this](std::vector<Sent> g) { Commit(std::move(g)); })) {}

EmbeddedJournals::~EmbeddedJournals() = default;

absl::StatusOr<EmbeddedJournals::One*> EmbeddedJournals::Find(const JournalId& id) {
  absl::MutexLock lock(&mutex_);
  if (const auto it = journals_.find(id); it != journals_.end()) return it->second.get();
  const std::string prefix = ShardPrefix(id);
  const auto rows = database_->Scan(prefix, Key(prefix, UINT64_MAX));
  uint64_t end = 0;
  if (rows->Valid()) {
    rows->SeekToLast();
    if (rows->Valid()) end = rocks::ReadBigEndian64(rows->key().substr(prefix.size())) + 1;
  }
  if (absl::Status status = rows->status(); !status.ok()) return status;
  auto& journal = journals_[id];
  journal = std::make_unique<One>(this, id, end);
  return journal.get();
}

absl::StatusOr<Journal*> EmbeddedJournals::Get(const JournalId& id) {
  auto found = Find(id);
  if (!found.ok()) return found.status();
  return static_cast<Journal*>(*found);
}

absl::StatusOr<uint64_t> EmbeddedJournals::End(const JournalId& id) {
  auto found = Find(id);
  if (!found.ok()) return found.status();
  return (*found)->readable();
}

void EmbeddedJournals::Commit(std::vector<Sent> group) {
  last_append_ms_ = std::max(last_append_ms_, absl::ToUnixMillis(clock_->Now()));
  rocks::Batch batch;
  uint64_t records = 0, bytes = 0;
  for (Sent& sent : group) {
    if (sent.refused) {
      refused_ += sent.records.size();
      continue;
    }
    sent.first_position = sent.journal->next();
    for (std::string& record : sent.records) {
      bytes += record.size();
      sent.journal->Append(std::move(record), last_append_ms_, &batch);
    }
    records += sent.records.size();
  }
  if (records > 0) {
    database_->Write(std::move(batch), /*synced=*/true);
    groups_ += 1;
    records_ += records;
    bytes_ += bytes;
  }
  std::vector<One*> changed;
  for (const Sent& sent : group) {
    if (sent.journal->Publish()) changed.push_back(sent.journal);
  }
  // Before the reports: whoever is told that something counts finds that readers of this journal know of it.
  for (One* journal : changed) journal->Notify();
  for (const Sent& sent : group) {
    for (size_t i = 0; i < sent.records.size(); ++i) {
      Report report;
      report.sequence = sent.first_sequence + i;
      report.ok = !sent.refused;
      if (sent.refused) {
        report.why = absl::ResourceExhaustedError("the journal's queue is full");
      } else {
        report.position = static_cast<int64_t>(sent.first_position + i);
      }
      sent.writer->gate.Run([&] { sent.writer->on_report(report); });
    }
  }
}

EmbeddedJournals::Stats EmbeddedJournals::stats() const {
  return {groups_, records_, bytes_, refused_, committer_->queued_bytes()};
}

}  // namespace shoujie
