#include "services/runtime/kafka/move.h"

#include <algorithm>
#include <deque>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/kafka/client.h"
#include "services/runtime/kafka/key_rows.h"
#include "services/runtime/kafka/topics.h"
#include "services/runtime/kafka/whole_journal.h"
#include "services/runtime/security/crypto.h"
#include "services/runtime/security/key_errors.h"
#include "services/runtime/security/marks.h"

namespace shoujie::kafka {
namespace {

using namespace key_rows;  // NOLINT: the names of rows

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr size_t kKeysAtOnce = 10'000;
constexpr size_t kUnderWayBytesMax = 4 << 20;

absl::Status NotEmpty(const std::string& topic, const std::string& what) {
  return Refused("TOPIC_NOT_EMPTY",
                 absl::StrCat(topic, " holds ", what,
                              ". A directory moves to topics of its own: make new ones under another --kafka-prefix."),
                 absl::StrCat(topic, " 中已有其他内容。请用另一个 --kafka-prefix 创建新的主题后再迁移。"),
                 {{"topic", topic}});
}

// Sends records in order and waits for their reports, a bounded number at once.
class Copier {
 public:
  Copier(Journal& to, uint64_t from) : next_(from) {
    writer_ = to.NewWriter([this, from](const Report& report) {
      absl::MutexLock lock(&mutex_);
      const uint64_t wanted = from + report.sequence;
      if (!report.ok && status_.ok()) status_ = report.why;
      if (report.ok && report.position != static_cast<int64_t>(wanted) && status_.ok()) {
        status_ = absl::AbortedError(
            absl::StrCat("record ", wanted, " landed at ", report.position, ": somebody else writes this topic"));
      }
      if (!sizes_.empty()) {
        under_way_ -= sizes_.front();
        sizes_.pop_front();
      }
    });
  }
  absl::Status Send(std::vector<std::string> records) {
    {
      absl::MutexLock lock(&mutex_);
      const auto room = [this]()
                            ABSL_NO_THREAD_SAFETY_ANALYSIS { return under_way_ < kUnderWayBytesMax || !status_.ok(); };
      if (!mutex_.AwaitWithTimeout(absl::Condition(&room), kPatience)) return Late();
      if (!status_.ok()) return status_;
      for (const std::string& record : records) {
        sizes_.push_back(record.size());
        under_way_ += record.size();
      }
      next_ += records.size();
    }
    writer_->Send(std::move(records));
    return absl::OkStatus();
  }
  absl::Status Finish() {
    absl::MutexLock lock(&mutex_);
    const auto all = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return sizes_.empty() || !status_.ok(); };
    if (!mutex_.AwaitWithTimeout(absl::Condition(&all), kPatience)) return Late();
    return status_;
  }

 private:
  absl::Status Late() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return ToStatus(RD_KAFKA_RESP_ERR__TIMED_OUT, absl::StrCat("in time when writing up to position ", next_));
  }

  absl::Mutex mutex_;
  uint64_t next_ ABSL_GUARDED_BY(mutex_);
  std::deque<size_t> sizes_ ABSL_GUARDED_BY(mutex_);  // of what is under way
  size_t under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<JournalWriter> writer_;  // last: its reports use what stands above
};

}  // namespace

Move::Move(const Cluster* cluster, KeyMaterial keys)
    : cluster_(cluster),
      keys_(std::move(keys)),
      topic_(TopicName(*cluster, KeysTopic())),
      mark_(IndexMark(keys_.index_key, "move", "source")) {}

absl::StatusOr<std::unique_ptr<Move>> Move::Begin(const Cluster* cluster, KeyMaterial keys) {
  std::unique_ptr<Move> move(new Move(cluster, std::move(keys)));
  if (absl::Status status = move->ReadTopic(); !status.ok()) return status;
  if (move->found_mark_ ? *move->found_mark_ != move->mark_ : move->others_) {
    return NotEmpty(move->topic_, "keys of another installation");
  }
  absl::Status status;
  if (!move->found_mark_) status = move->Write({{kMoving, move->mark_}});
  if (status.ok()) status = move->OpenSetup();
  if (!status.ok()) return status;
  return move;
}

absl::Status Move::ReadTopic() {
  Compacted::Options options;
  options.cluster = cluster_;
  options.topic = topic_;
  options.on_report = [](uint64_t, std::optional<uint64_t>) {};
  options.on_turn = [](Compacted&) {};
  options.on_rows = [this](std::vector<CompactedRow> rows, uint64_t) {
    for (const CompactedRow& row : rows) {
      absl::string_view rest = row.key;
      if (row.key == kMoving) {
        found_mark_ = row.value;
        continue;
      }
      others_ = true;
      if (!row.value) continue;
      if (absl::ConsumePrefix(&rest, kMoved)) {
        found_keys_.insert(Read64(rest));
      } else if (absl::ConsumePrefix(&rest, kWindow)) {
        found_windows_.insert(WindowOf(Read64(rest)));
      } else if (absl::ConsumePrefix(&rest, kSetup) && !found_setup_) {
        found_setup_ = row.value;
      }
    }
  };
  auto topic = Compacted::Start(std::move(options));
  if (!topic.ok()) return topic.status();
  absl::Status status = (*topic)->AwaitEnd(kPatience);
  topic->reset();  // its callback writes what we are going to read
  return status;
}

absl::Status Move::OpenSetup() {
  if (!found_setup_) {
    const SetupRow setup = SetupRow::Make(keys_.master_key, keys_.index_key, keys_.slot_key);
    std::string name = absl::StrCat(kSetup, crypto::RandomBytes(16));
    found_setup_ = setup.Encode();
    if (absl::Status status = Write({{std::move(name), *found_setup_}}); !status.ok()) return status;
  }
  const auto setup = SetupRow::Decode(*found_setup_);
  auto epoch = setup ? crypto::Open(keys_.master_key, kEpochPart, setup->epoch_key) : std::nullopt;
  if (!epoch) return KeysDamaged("setup");
  epochs_.Add(setup->epoch, *std::move(epoch));
  return absl::OkStatus();
}

absl::Status Move::Keys(const Progress& progress) {
  std::vector<NewRow> rows;
  for (const auto& [window, key] : keys_.windows) {
    if (found_windows_.count(window) > 0) continue;
    std::string name = Numbered(kWindow, WindowNumber(window)) + crypto::RandomBytes(16);
    std::string wrapped = epochs_.Wrap(name, key);
    rows.emplace_back(std::move(name), std::move(wrapped));
  }
  for (uint64_t id = 1; id <= keys_.last; ++id) {
    if (found_keys_.count(id) == 0) {
      auto key = keys_.key(id);
      if (!key.ok()) return key.status();
      std::string name = Numbered(kMoved, id);
      std::string wrapped = epochs_.Wrap(name, *key);
      rows.emplace_back(std::move(name), std::move(wrapped));
    }
    if (rows.size() < kKeysAtOnce && id < keys_.last) continue;
    if (absl::Status status = Write(std::exchange(rows, {})); !status.ok()) return status;
    progress(id, keys_.last);
  }
  return rows.empty() ? absl::OkStatus() : Write(std::move(rows));
}

absl::Status Move::CopyJournal(Journal& from, Journal& to, uint64_t end, const std::string& name,
                               const Progress& progress) {
  // What is there already.
  WholeJournal there(&to, end);
  std::vector<StoredRecord> mine, other;
  uint64_t at = 0;
  while (at < end) {
    mine.clear();
    other.clear();
    if (absl::Status status = there.Read(at, limits::kReadRecordsMax, &other); !status.ok()) return status;
    if (absl::Status status = from.Read(at, other.size(), &mine); !status.ok()) return status;
    // A read may end early for its size; what it brought is compared.
    const size_t both = std::min(mine.size(), other.size());
    if (both == 0) return NotEmpty(name, "more records than the directory");
    for (size_t i = 0; i < both; ++i) {
      if (mine[i].bytes != other[i].bytes) return NotEmpty(name, "other records than the directory");
    }
    at += both;
  }
  Copier copier(to, at);
  while (true) {
    mine.clear();
    if (absl::Status status = from.Read(at, limits::kReadRecordsMax, &mine); !status.ok()) return status;
    if (mine.empty()) break;
    std::vector<std::string> records;
    for (StoredRecord& record : mine) {
      if (record.position != at++) {
        return absl::DataLossError(absl::StrCat(name, ": the directory's journal has no record at ", at - 1));
      }
      records.push_back(std::move(record.bytes));
    }
    if (absl::Status status = copier.Send(std::move(records)); !status.ok()) return status;
    progress(at, at);
  }
  return copier.Finish();
}

absl::Status Move::Finish() { return Write({{kMoving, std::nullopt}}); }

absl::Status Move::Write(std::vector<NewRow> rows) {
  absl::Mutex mutex;
  size_t left = rows.size();
  bool failed = false;
  Compacted::Options options;
  options.cluster = cluster_;
  options.topic = topic_;
  options.on_rows = [](std::vector<CompactedRow>, uint64_t) {};
  options.on_report = [&](uint64_t, std::optional<uint64_t> position) {
    absl::MutexLock lock(&mutex);
    failed = failed || !position;
    --left;
  };
  options.on_turn = [&](Compacted& topic) {
    for (auto& [key, value] : std::exchange(rows, {})) topic.Append(std::move(key), std::move(value), 1);
  };
  options.from = kFromEnd;
  auto topic = Compacted::Start(std::move(options));
  if (!topic.ok()) return topic.status();
  bool in_time = false;
  {
    absl::MutexLock lock(&mutex);
    const auto over = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return left == 0 || failed; };
    in_time = mutex.AwaitWithTimeout(absl::Condition(&over), kPatience);
  }
  topic->reset();  // its callbacks use what stands here
  return in_time && !failed ? absl::OkStatus()
                            : ToStatus(RD_KAFKA_RESP_ERR__TIMED_OUT, absl::StrCat("in time when writing ", topic_));
}

}  // namespace shoujie::kafka
