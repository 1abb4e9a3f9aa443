#include "services/runtime/kafka/keys.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "services/runtime/base/error.h"
#include "services/runtime/kafka/client.h"
#include "services/runtime/kafka/key_rows.h"
#include "services/runtime/kafka/topics.h"
#include "services/runtime/security/crypto.h"
#include "services/runtime/security/key_errors.h"
#include "services/runtime/security/marks.h"
#include "services/runtime/security/master_key.h"

namespace shoujie {
namespace {

using namespace key_rows;  // NOLINT: the names of rows

constexpr size_t kCopyWritesMax = 16;                    // under way; then reading waits
constexpr size_t kMadeAtOnceMax = 4096;                  // keys sent in one turn
constexpr absl::Duration kTopicLag = absl::Seconds(10);  // a new leader may not know its whole log yet

absl::Status Foreign(const std::string& topic) {
  return Error(
      absl::StatusCode::kDataLoss, "KEYS_FOREIGN",
      absl::StrCat("The topic ", topic,
                   " is not the one that this node's copy of the keys was made from. Use the matching cluster, "
                   "or another --data."),
      absl::StrCat("主题 ", topic, " 与本节点的密钥副本不匹配。请使用配套的集群，或用 --data 指定其他目录。"),
      {{"topic", topic}});
}

absl::Status Short(const std::string& topic, uint64_t position) {
  return Error(absl::StatusCode::kDataLoss, "KEYS_SHORT",
               absl::StrCat("The topic ", topic, " ends before this node's copy of its keys (position ", position,
                            "). Bring back the right topic; what it lacks may open nothing but for this copy."),
               absl::StrCat("主题 ", topic, " 比本节点的密钥副本更短（位置 ", position,
                            "）。请恢复正确的主题；缺失的密钥可能仅存于此副本。"),
               {{"topic", topic}, {"position", absl::StrCat(position)}});
}

absl::Status Unfinished() {
  return Refused(
      "MOVE_UNFINISHED",
      "A directory is being moved to this cluster, and not all of it is there. Let shoujie admin move come to "
      "its end, or repeat it.",
      "正在向该集群迁移数据目录，尚未完成。请等待或重新执行 shoujie admin move。");
}

std::string HashOf(const kafka::CompactedRow& row) {
  std::string text;
  crypto::AppendPart(&text, row.key);
  crypto::AppendPart(&text, row.value.value_or(""));
  return crypto::Sha256(text);
}

}  // namespace

KafkaKeys::KafkaKeys(Options options)
    : options_(std::move(options)), far_key_(crypto::RandomBytes(crypto::kKeyBytes)), who_(crypto::RandomBytes(8)) {}

KafkaKeys::~KafkaKeys() {
  topic_.reset();
  options_.copy->Hurry();
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](size_t* writes) { return *writes == 0; }, &writes_));
}

absl::StatusOr<std::unique_ptr<KafkaKeys>> KafkaKeys::Open(Options options) {
  for (bool again = true; again;) {
    std::unique_ptr<KafkaKeys> keys(new KafkaKeys(options));
    absl::Status status = keys->Load();
    if (status.ok()) status = keys->Follow(&again);
    if (status.ok() && again) {
      keys.reset();  // its last rows are written before the copy is emptied
      if (absl::Status emptied = options.empty_copy(); !emptied.ok()) return emptied;
      continue;
    }
    if (status.ok()) status = keys->Setup();
    if (!status.ok()) return status;
    return keys;
  }
  return absl::InternalError("unreachable");
}

// What this node knows already.
absl::Status KafkaKeys::Load() {
  absl::MutexLock lock(&mutex_);
  auto place = options_.copy->Get(kPlaceRow);
  if (!place.ok()) return place.status();
  if (*place) {
    if ((*place)->size() != 8 + 32) return KeysDamaged("place");
    place_.emplace(Read64(**place), (*place)->substr(8));
  }
  auto setup = options_.copy->Get(kSetupRow);
  if (!setup.ok()) return setup.status();
  if (*setup) {
    Named row;
    if (!ReadNamed(**setup, &row.name, &row.value)) return KeysDamaged("setup");
    setup_ = std::move(row);
  }
  auto moving = options_.copy->Get(kMovingRow);
  if (!moving.ok()) return moving.status();
  moving_ = moving->has_value();
  bool damaged = false;
  absl::Status status = options_.copy->Scan(kWindowRow, std::string(kWindowRow) + '\xff',
                                            [&](absl::string_view key, absl::string_view value) {
                                              Named row;
                                              damaged = damaged || !ReadNamed(value, &row.name, &row.value);
                                              window_rows_[WindowOf(Read64(key.substr(1)))] = std::move(row);
                                              return true;
                                            });
  if (damaged) return KeysDamaged("window");
  if (!status.ok()) return status;
  return options_.copy->Scan(kErasedRow, std::string(kErasedRow) + '\xff',
                             [&](absl::string_view key, absl::string_view) {
                               erased_.insert(Read64(key.substr(1)));
                               return true;
                             });
}

absl::Status KafkaKeys::Follow(bool* again) {
  kafka::Compacted::Options options;
  options.cluster = options_.cluster;
  options.topic = kafka::TopicName(*options_.cluster, kafka::KeysTopic());
  uint64_t place = 0;
  {
    absl::MutexLock lock(&mutex_);
    place = options.from = place_ ? place_->first : 0;
  }
  options.on_rows = [this](std::vector<kafka::CompactedRow> rows, uint64_t end) { Apply(std::move(rows), end); };
  options.on_report = [this](uint64_t tag, std::optional<uint64_t> position) { Report(tag, position); };
  options.on_turn = [this](kafka::Compacted& topic) { Turn(topic); };
  auto topic = kafka::Compacted::Start(std::move(options));
  if (!topic.ok()) return topic.status();
  topic_ = *std::move(topic);
  const std::string name = kafka::TopicName(*options_.cluster, kafka::KeysTopic());
  absl::Status status = topic_->AwaitEnd(options_.timeout);
  if (absl::IsDataLoss(status)) return Short(name, place);
  if (!status.ok()) return status;
  {
    // The row that was applied last must be there.
    absl::MutexLock lock(&mutex_);
    const auto compared = [this]()
                              ABSL_NO_THREAD_SAFETY_ANALYSIS { return !place_ || compacted_away_ || !broken_.ok(); };
    if (!mutex_.AwaitWithTimeout(absl::Condition(&compared), kTopicLag)) return Short(name, place);
    if (!broken_.ok()) return broken_;
    *again = compacted_away_;
    if (*again) return absl::OkStatus();
  }
  options_.copy->Hurry();
  return AwaitTrue([this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return writes_ == 0; },
                   "to take over what stands in the key topic");
}

absl::Status KafkaKeys::AwaitTrue(const std::function<bool()>& holds, const char* what) {
  absl::MutexLock lock(&mutex_);
  if (mutex_.AwaitWithTimeout(absl::Condition(&holds), options_.timeout)) return absl::OkStatus();
  return kafka::ToStatus(RD_KAFKA_RESP_ERR__TIMED_OUT, absl::StrCat("in time ", what));
}

absl::Status KafkaKeys::Setup() {
  bool first = false;
  {
    absl::MutexLock lock(&mutex_);
    if (moving_) return Unfinished();
    first = !setup_;
  }
  if (first && options_.read_only) return KeysDamaged("setup");
  auto master_key = LoadMasterKey(options_.master_key_file, /*may_create=*/first);
  if (!master_key.ok()) return master_key.status();
  if (first) {
    {
      absl::MutexLock lock(&mutex_);
      outbox_.emplace_back(NextName(kSetup, 0), SetupRow::Make(*master_key, crypto::RandomBytes(crypto::kKeyBytes),
                                                               crypto::RandomBytes(crypto::kKeyBytes))
                                                    .Encode());
    }
    topic_->Wake();
    // Another node may have been faster: the first one counts.
    absl::Status status = AwaitTrue([this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return setup_.has_value(); },
                                    "to make the setup of the key topic");
    if (!status.ok()) return status;
  }
  if (absl::Status status = OpenSetup(*master_key); !status.ok()) return status;
  return first ? Start() : absl::OkStatus();
}

absl::Status KafkaKeys::Start() {
  may_add_ = true;
  topic_->Wake();
  const int64_t now = PayloadWindowOf(options_.clock->Now());
  return AwaitTrue(
      [this, now]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
        return writes_ == 0 && window_rows_.contains(now - 1) && window_rows_.contains(now) &&
               window_rows_.contains(now + 1);
      },
      "to make the keys of payload marks");
}

absl::Status KafkaKeys::OpenSetup(const std::string& master_key) {
  absl::MutexLock lock(&mutex_);
  const auto setup = SetupRow::Decode(setup_->value);
  if (!setup) return KeysDamaged("setup");
  if (crypto::Open(master_key, kCheckPart, setup->check) != std::string(kCheckText)) {
    return MasterKeyWrong(options_.master_key_file);
  }
  auto epoch = crypto::Open(master_key, kEpochPart, setup->epoch_key);
  if (!epoch) return KeysDamaged("epoch");
  epochs_.Add(setup->epoch, *std::move(epoch));
  auto index = epochs_.Unwrap(kIndexPart, setup->index), slot = epochs_.Unwrap(kSlotPart, setup->slot);
  if (!index || !slot) return KeysDamaged("setup");
  index_key_ = *std::move(index);
  slot_key_ = *std::move(slot);
  return absl::OkStatus();
}

// ---------------------------------------------------------------------------------------------------------- for
// callers

std::optional<uint64_t> KafkaKeys::TakeKey() {
  absl::MutexLock lock(&mutex_);
  if (pool_.size() <= std::max(limits::kKeyPoolRefillAt, pool_size_ / 4)) Maintain();
  if (pool_.empty()) return std::nullopt;
  PoolKey key = std::move(pool_.front());
  pool_.pop_front();
  cache_.Add(key.first, std::move(key.second));  // it is about to be used
  return key.first;
}

void KafkaKeys::Maintain() {
  may_add_ = true;
  if (!maintain_.exchange(true)) topic_->Wake();
}

absl::StatusOr<std::string> KafkaKeys::DataKey(uint64_t id) {
  if (id == 0) return KeysMissing(id, last());
  if (id > last()) {
    return Error(absl::StatusCode::kUnavailable, "KEYS_BEHIND",
                 "This node has not read the key yet that another one made. Repeat the request in a moment.",
                 "本节点尚未读到其他节点生成的密钥。请稍后重试。", {{"key", absl::StrCat(id)}});
  }
  {
    absl::MutexLock lock(&mutex_);
    if (const std::string* key = cache_.Find(id)) return *key;
    if (erased_.contains(id)) {
      return NotFound("KEY_ERASED",
                      "The personal data under this key were erased on request. Show a placeholder in their place.",
                      "该密钥下的个人数据已按要求删除。请显示占位内容。", {{"key", absl::StrCat(id)}});
    }
  }
  auto row = options_.copy->Get(Numbered(kKeyRow, id));
  if (!row.ok()) return row.status();
  if (!*row) return KeysMissing(id, last());
  std::string name, wrapped;
  auto key = ReadNamed(**row, &name, &wrapped) ? epochs_.Unwrap(name, wrapped) : std::nullopt;
  if (!key) return KeysDamaged(absl::StrCat("key ", id));
  absl::MutexLock lock(&mutex_);
  cache_.Add(id, *key);
  return *std::move(key);
}

bool KafkaKeys::Await(uint64_t id, absl::Duration timeout) const {
  for (const absl::Time until = absl::Now() + timeout; last() < id; absl::SleepFor(absl::Milliseconds(5))) {
    if (absl::Now() >= until) return false;
  }
  return true;
}

std::string KafkaKeys::IndexTerm(absl::string_view space, absl::string_view value) const {
  return IndexMark(index_key_, space, value);
}

std::string KafkaKeys::PayloadMac(absl::Time at, absl::string_view payload) {
  const int64_t window = PayloadWindowOf(at);
  {
    absl::MutexLock lock(&mutex_);
    auto opened = windows_.find(window);
    if (opened == windows_.end()) {
      const auto row = window_rows_.find(window);
      auto key = row == window_rows_.end() ? std::nullopt : epochs_.Unwrap(row->second.name, row->second.value);
      if (key) opened = windows_.emplace(window, *std::move(key)).first;
    }
    if (opened != windows_.end()) return PayloadMark(opened->second, payload);
  }
  // Nobody can make us store keys by sending odd ids.
  std::string number;
  crypto::AppendBigEndian64(&number, static_cast<uint64_t>(window));
  return PayloadMark(crypto::HmacSha256(far_key_, number), payload);
}

std::string KafkaKeys::Random(size_t bytes) { return crypto::RandomBytes(bytes); }

void KafkaKeys::Erase(uint64_t id) {
  auto row = options_.copy->Get(Numbered(kKeyRow, id));
  absl::MutexLock lock(&mutex_);
  outbox_.emplace_back(Numbered(kErased, id), "");
  std::string name, wrapped;
  // The row's own bytes go when the topic is compacted.
  if (row.ok() && *row && ReadNamed(**row, &name, &wrapped)) outbox_.emplace_back(name, std::nullopt);
  topic_->Wake();
}

size_t KafkaKeys::pool() const {
  absl::MutexLock lock(&mutex_);
  return pool_.size();
}

size_t KafkaKeys::windows() const {
  absl::MutexLock lock(&mutex_);
  return window_rows_.size();
}

// ------------------------------------------------------------------------------------------------------- on the thread

std::string KafkaKeys::NextName(absl::string_view prefix, uint64_t tag) const {
  std::string name = absl::StrCat(prefix, who_);
  crypto::AppendBigEndian64(&name, tag);
  return name;
}

// Whether the first row that came is the one that was applied last.
bool KafkaKeys::IsOurs(const kafka::CompactedRow& first) {
  absl::MutexLock lock(&mutex_);
  if (!place_) return true;
  if (first.position != place_->first) {
    compacted_away_ = true;  // nothing to compare with: the copy is made again
    return false;
  }
  if (HashOf(first) != place_->second) {
    broken_ = Foreign(kafka::TopicName(*options_.cluster, kafka::KeysTopic()));
    return false;
  }
  place_.reset();
  return true;
}

void KafkaKeys::Apply(std::vector<kafka::CompactedRow> rows, uint64_t end) {
  if (!IsOurs(rows.front())) return;
  std::vector<Row> out;
  {
    absl::MutexLock lock(&mutex_);
    if (compacted_away_ || !broken_.ok()) return;
    mutex_.Await(absl::Condition(
        +[](size_t* writes) { return *writes < kCopyWritesMax; }, &writes_));
    ++writes_;
    for (const kafka::CompactedRow& row : rows) ApplyOne(row, &out);
  }
  std::string place;
  crypto::AppendBigEndian64(&place, rows.back().position);
  out.push_back({kPlaceRow, place + HashOf(rows.back())});
  options_.copy->Write(std::move(out), [this, end] {
    last_.store(end, std::memory_order_release);
    absl::MutexLock lock(&mutex_);
    --writes_;
  });
}

void KafkaKeys::ApplyOne(const kafka::CompactedRow& row, std::vector<Row>* out) {
  absl::string_view rest = row.key;
  if (absl::ConsumePrefix(&rest, kKey)) {
    if (!row.value || rest.size() != 16) return;
    const uint64_t tag = Read64(rest.substr(8));
    if (rest.substr(0, 8) == who_ && tag >= first_made_ && tag - first_made_ < made_.size()) {
      Made& made = made_[tag - first_made_];
      if (!made.read) made.read = row.position;
    }
    const uint64_t id = row.position + 1;
    if (!erased_.contains(id)) out->push_back({Numbered(kKeyRow, id), Together(row.key, *row.value)});
  } else if (absl::ConsumePrefix(&rest, kMoved)) {
    if (!row.value || rest.size() != 8) return;
    const uint64_t id = Read64(rest);
    if (!erased_.contains(id)) out->push_back({Numbered(kKeyRow, id), Together(row.key, *row.value)});
  } else if (absl::ConsumePrefix(&rest, kErased)) {
    if (rest.size() != 8) return;
    const uint64_t id = Read64(rest);
    erased_.insert(id);
    out->push_back({Numbered(kErasedRow, id), ""});
    out->push_back({Numbered(kKeyRow, id), std::nullopt});
    cache_.Remove(id);
  } else if (absl::ConsumePrefix(&rest, kWindow)) {
    if (rest.size() != 8 + 16) return;
    const int64_t window = WindowOf(Read64(rest));
    const auto known = window_rows_.find(window);
    if (row.value && known == window_rows_.end()) {
      window_rows_[window] = {row.key, *row.value};
      out->push_back({Numbered(kWindowRow, WindowNumber(window)), Together(row.key, *row.value)});
    } else if (!row.value && known != window_rows_.end() && known->second.name == row.key) {
      window_rows_.erase(known);
      windows_.erase(window);
      out->push_back({Numbered(kWindowRow, WindowNumber(window)), std::nullopt});
    }
    windows_asked_.erase(window);
  } else if (rest == kMoving) {
    moving_ = row.value.has_value();
    out->push_back({kMovingRow, row.value});
  } else if (absl::ConsumePrefix(&rest, kSetup)) {
    if (!row.value || setup_) return;
    setup_ = Named{row.key, *row.value};
    out->push_back({kSetupRow, Together(row.key, *row.value)});
  }
}

void KafkaKeys::Report(uint64_t tag, std::optional<uint64_t> position) {
  if (tag == 0) {
    if (!position) windows_asked_.clear();  // asked for again; a second row is ignored
    return;
  }
  if (tag < first_made_ || tag - first_made_ >= made_.size()) return;
  Made& made = made_[tag - first_made_];
  made.reported = true;
  made.landed = position;
}

void KafkaKeys::Turn(kafka::Compacted& topic) {
  std::vector<std::pair<std::string, std::optional<std::string>>> out;
  {
    absl::MutexLock lock(&mutex_);
    std::swap(out, outbox_);
    // In order, so that ids grow as they are handed out.
    for (; !made_.empty(); made_.pop_front(), ++first_made_) {
      Made& made = made_.front();
      if (!made.reported) break;
      // One that nobody is sure of is never used. That it lies twice in the log shows as two places.
      if (!made.landed) continue;
      if (!made.read || *made.read >= last()) break;
      if (*made.read == *made.landed) pool_.emplace_back(*made.read + 1, std::move(made.key));
    }
  }
  for (auto& [name, value] : out) topic.Append(std::move(name), std::move(value), 0);
  if (!may_add_) return;
  KeepWindows(topic);
  FillPool(topic);
}

void KafkaKeys::FillPool(kafka::Compacted& topic) {
  if (!maintain_.exchange(false)) return;
  const absl::Duration now = options_.clock->Boot();
  size_t missing = 0;
  {
    absl::MutexLock lock(&mutex_);
    const size_t there = pool_.size() + made_.size();
    if (there > std::max(limits::kKeyPoolRefillAt, pool_size_ / 4)) return;
    if (now - filled_at_ < absl::Seconds(1)) pool_size_ = std::min(2 * pool_size_, limits::kKeyPoolMax);
    missing = std::min(pool_size_ - there, kMadeAtOnceMax);
  }
  filled_at_ = now;
  for (; missing > 0; --missing) {
    const uint64_t tag = first_made_ + made_.size();
    const std::string name = NextName(kKey, tag);
    made_.push_back({crypto::RandomBytes(crypto::kKeyBytes), false, std::nullopt, std::nullopt});
    topic.Append(name, epochs_.Wrap(name, made_.back().key), tag);
  }
}

void KafkaKeys::KeepWindows(kafka::Compacted& topic) {
  const absl::Time now = options_.clock->Now();
  const int64_t current = PayloadWindowOf(now);
  // A window is over once its last command id is not accepted any more; a day more, for clocks that were set back.
  const int64_t oldest = PayloadWindowOf(now - limits::kCommandIdPast - absl::Hours(24));
  std::vector<std::pair<std::string, std::optional<std::string>>> out;
  {
    absl::MutexLock lock(&mutex_);
    for (int64_t window = current - 1; window <= current + 1; ++window) {
      if (window < oldest || window_rows_.contains(window) || !windows_asked_.insert(window).second) continue;
      std::string name = NextName(Numbered(kWindow, WindowNumber(window)), 0);
      std::string wrapped = epochs_.Wrap(name, crypto::RandomBytes(crypto::kKeyBytes));
      out.emplace_back(std::move(name), std::move(wrapped));
    }
    for (const auto& [window, row] : window_rows_) {
      if (window < oldest && windows_asked_.insert(window).second) out.emplace_back(row.name, std::nullopt);
    }
  }
  for (auto& [name, value] : out) topic.Append(std::move(name), std::move(value), 0);
}

}  // namespace shoujie
