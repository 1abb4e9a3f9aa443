#include "services/runtime/security/embedded_keys.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/security/crypto.h"
#include "services/runtime/security/key_errors.h"
#include "services/runtime/security/marks.h"
#include "services/runtime/security/master_key.h"

namespace shoujie {
namespace {

constexpr char kCheckRow[] = "check";
constexpr char kCheckText[] = "shoujie key store 1";
constexpr char kIndexRow[] = "index";
constexpr char kSlotRow[] = "slot";
constexpr char kEpochPrefix[] = "epoch ";
constexpr char kKeyPrefix[] = "key ";
constexpr char kWindowPrefix[] = "window ";
// Rows of a prefix end before this key: numbers follow a space.
constexpr char kEpochEnd[] = "epoch!";
constexpr char kKeyEnd[] = "key!";
constexpr char kWindowEnd[] = "window!";
constexpr uint64_t kFirstEpoch = 1;

std::string Numbered(absl::string_view prefix, uint64_t number) {
  std::string row(prefix);
  rocks::AppendBigEndian64(&row, number);
  return row;
}

// Windows before 1970 sort before those after.
constexpr uint64_t kSign = 1ull << 63;
std::string WindowRow(int64_t window) { return Numbered(kWindowPrefix, static_cast<uint64_t>(window) ^ kSign); }

// What a row is called in errors: its name without the number's bytes.
std::string Title(absl::string_view row) {
  const size_t space = row.find(' ');
  if (space == absl::string_view::npos) return std::string(row);
  return absl::StrCat(row.substr(0, space + 1), rocks::ReadBigEndian64(row.substr(space + 1)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<EmbeddedKeys>> EmbeddedKeys::Open(const std::string& directory,
                                                                 const std::string& master_key_file, const Clock* clock,
                                                                 std::shared_ptr<rocks::Resources> resources) {
  rocks::Options settings;
  settings.name = "keys";
  settings.write_buffer_bytes = 8 << 20;
  settings.resources = std::move(resources);
  auto database = rocks::Database::Open(directory, settings);
  if (!database.ok()) return database.status();
  std::unique_ptr<EmbeddedKeys> keys(new EmbeddedKeys(*std::move(database), clock));
  if (absl::Status status = keys->Load(master_key_file); !status.ok()) return status;
  {
    absl::MutexLock lock(&keys->maintain_mutex_);
    keys->MaintainWindows();
  }
  EmbeddedKeys* const raw = keys.get();
  keys->thread_ = std::make_unique<rocks::GroupThread<Wake>>("keys", 0, [raw](std::vector<Wake>) { raw->Maintain(); });
  return keys;
}

EmbeddedKeys::EmbeddedKeys(std::unique_ptr<rocks::Database> database, const Clock* clock)
    : database_(std::move(database)), clock_(clock), far_key_(crypto::RandomBytes(crypto::kKeyBytes)) {}

EmbeddedKeys::~EmbeddedKeys() = default;

absl::Status EmbeddedKeys::Load(const std::string& master_key_file) {
  auto check = database_->Get(kCheckRow);
  if (!check.ok()) return check.status();
  const bool first_start = !check->has_value();
  if (first_start && database_->Scan("", "")->Valid()) return KeysDamaged(kCheckRow);
  auto master_key = LoadMasterKey(master_key_file, /*may_create=*/first_start);
  if (!master_key.ok()) return master_key.status();
  if (first_start) return Create(*master_key);

  if (crypto::Open(*master_key, kCheckRow, **check) != std::string(kCheckText)) {
    return MasterKeyWrong(master_key_file);
  }
  const auto epochs = database_->Scan(kEpochPrefix, kEpochEnd);
  for (; epochs->Valid(); epochs->Next()) {
    auto key = crypto::Open(*master_key, epochs->key(), epochs->value());
    if (!key) return KeysDamaged(Title(epochs->key()));
    epochs_.Add(rocks::ReadBigEndian64(epochs->key().substr(sizeof kEpochPrefix - 1)), *std::move(key));
  }
  if (absl::Status status = epochs->status(); !status.ok()) return status;
  if (epochs_.empty()) return KeysDamaged("epoch");

  for (const auto& [row, key] : {std::pair(kIndexRow, &index_key_), std::pair(kSlotRow, &slot_key_)}) {
    auto found = LoadKey(row);
    if (!found.ok()) return found.status();
    *key = *std::move(found);
  }
  const auto windows = database_->Scan(kWindowPrefix, kWindowEnd);
  for (; windows->Valid(); windows->Next()) {
    auto key = Unwrap(std::string(windows->key()), windows->value());
    if (!key.ok()) return key.status();
    const uint64_t number = rocks::ReadBigEndian64(windows->key().substr(sizeof kWindowPrefix - 1));
    absl::MutexLock lock(&windows_mutex_);
    windows_[static_cast<int64_t>(number ^ kSign)] = *std::move(key);
  }
  if (absl::Status status = windows->status(); !status.ok()) return status;

  const auto keys = database_->Scan(kKeyPrefix, kKeyEnd);
  if (keys->Valid()) {
    keys->SeekToLast();
    if (keys->Valid()) last_ = rocks::ReadBigEndian64(keys->key().substr(sizeof kKeyPrefix - 1));
  }
  return keys->status();
}

absl::Status EmbeddedKeys::Create(const std::string& master_key) {
  const auto under_master = [&](const std::string& row, absl::string_view text) {
    return crypto::Seal(master_key, crypto::RandomBytes(crypto::kNonceBytes), row, text);
  };
  const std::string epoch_row = Numbered(kEpochPrefix, kFirstEpoch);
  const std::string epoch_key = crypto::RandomBytes(crypto::kKeyBytes);
  epochs_.Add(kFirstEpoch, epoch_key);
  index_key_ = crypto::RandomBytes(crypto::kKeyBytes);
  slot_key_ = crypto::RandomBytes(crypto::kKeyBytes);
  rocks::Batch batch;
  batch.Put(kCheckRow, under_master(kCheckRow, kCheckText));
  batch.Put(epoch_row, under_master(epoch_row, epoch_key));
  batch.Put(kIndexRow, epochs_.Wrap(kIndexRow, index_key_));
  batch.Put(kSlotRow, epochs_.Wrap(kSlotRow, slot_key_));
  database_->Write(std::move(batch), /*synced=*/true);
  return absl::OkStatus();
}

absl::StatusOr<std::string> EmbeddedKeys::Unwrap(const std::string& row, absl::string_view wrapped) const {
  auto key = epochs_.Unwrap(row, wrapped);
  if (!key) return KeysDamaged(Title(row));
  return *std::move(key);
}

absl::StatusOr<std::string> EmbeddedKeys::LoadKey(const std::string& row) const {
  auto wrapped = database_->Get(row);
  if (!wrapped.ok()) return wrapped.status();
  if (!wrapped->has_value()) return KeysDamaged(Title(row));
  return Unwrap(row, **wrapped);
}

std::optional<uint64_t> EmbeddedKeys::TakeKey() {
  absl::MutexLock lock(&mutex_);
  if (pool_.size() <= std::max(limits::kKeyPoolRefillAt, pool_size_ / 4)) AskForMaintenance();
  if (pool_.empty()) return std::nullopt;
  PoolKey key = std::move(pool_.front());
  pool_.pop_front();
  cache_.Add(key.first, std::move(key.second));  // it is about to be used
  return key.first;
}

void EmbeddedKeys::AwaitKeys() const {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](const std::deque<PoolKey>* pool) { return !pool->empty(); }, &pool_));
}

void EmbeddedKeys::AskForMaintenance() {
  if (asked_ || thread_ == nullptr) return;
  asked_ = true;
  thread_->Add({}, 0);
}

absl::StatusOr<std::string> EmbeddedKeys::DataKey(uint64_t id) {
  if (id == 0 || id > last()) return KeysMissing(id, last());
  {
    absl::MutexLock lock(&mutex_);
    if (const std::string* key = cache_.Find(id)) return *key;
  }
  const std::string row = Numbered(kKeyPrefix, id);
  auto wrapped = database_->Get(row);
  if (!wrapped.ok()) return wrapped.status();
  if (!wrapped->has_value()) return KeysMissing(id, last());
  auto key = Unwrap(row, **wrapped);
  if (!key.ok()) return key.status();
  absl::MutexLock lock(&mutex_);
  cache_.Add(id, *key);
  return key;
}

std::string EmbeddedKeys::IndexTerm(absl::string_view space, absl::string_view value) const {
  return IndexMark(index_key_, space, value);
}

std::string EmbeddedKeys::PayloadMac(absl::Time at, absl::string_view payload) {
  const int64_t window = PayloadWindowOf(at);
  const absl::Time now = clock_->Now();
  std::string key;
  {
    absl::MutexLock lock(&windows_mutex_);
    if (const auto it = windows_.find(window); it != windows_.end()) {
      key = it->second;
    } else if (at >= now - 2 * kPayloadWindow && at <= now + 2 * kPayloadWindow) {
      key = MakeWindow(window);
    }
  }
  if (key.empty()) {  // nobody can make us store keys by sending odd ids
    std::string number;
    crypto::AppendBigEndian64(&number, static_cast<uint64_t>(window));
    key = crypto::HmacSha256(far_key_, number);
  }
  return PayloadMark(key, payload);
}

std::string EmbeddedKeys::MakeWindow(int64_t window) {
  std::string& key = windows_[window];
  if (!key.empty()) return key;
  key = crypto::RandomBytes(crypto::kKeyBytes);
  rocks::Batch batch;
  const std::string row = WindowRow(window);
  batch.Put(row, epochs_.Wrap(row, key));
  database_->Write(std::move(batch), /*synced=*/true);
  return key;
}

std::string EmbeddedKeys::Random(size_t bytes) { return crypto::RandomBytes(bytes); }

absl::StatusOr<KeyMaterial> EmbeddedKeys::Export(const std::string& master_key_file) {
  KeyMaterial all;
  auto master_key = LoadMasterKey(master_key_file, /*may_create=*/false);
  if (!master_key.ok()) return master_key.status();
  all.master_key = *std::move(master_key);
  all.index_key = index_key_;
  all.slot_key = slot_key_;
  {
    absl::MutexLock lock(&windows_mutex_);
    all.windows = windows_;
  }
  all.last = last();
  all.key = [this](uint64_t id) { return DataKey(id); };
  return all;
}

size_t EmbeddedKeys::pool() const {
  absl::MutexLock lock(&mutex_);
  return pool_.size();
}

size_t EmbeddedKeys::windows() const {
  absl::MutexLock lock(&windows_mutex_);
  return windows_.size();
}

void EmbeddedKeys::Maintain() {
  absl::MutexLock lock(&maintain_mutex_);
  FillPool();
  MaintainWindows();
}

void EmbeddedKeys::FillPool() {
  const absl::Duration now = clock_->Boot();
  size_t missing;
  {
    absl::MutexLock lock(&mutex_);
    asked_ = false;
    if (pool_.size() > std::max(limits::kKeyPoolRefillAt, pool_size_ / 4)) return;
    if (now - filled_at_ < absl::Seconds(1)) pool_size_ = std::min(2 * pool_size_, limits::kKeyPoolMax);
    missing = pool_size_ - pool_.size();
  }
  filled_at_ = now;
  std::vector<PoolKey> made;
  made.reserve(missing);
  rocks::Batch batch;
  for (uint64_t id = last() + 1; made.size() < missing; ++id) {
    made.emplace_back(id, crypto::RandomBytes(crypto::kKeyBytes));
    const std::string row = Numbered(kKeyPrefix, id);
    batch.Put(row, epochs_.Wrap(row, made.back().second));
  }
  database_->Write(std::move(batch), /*synced=*/true);
  last_.store(made.back().first, std::memory_order_release);
  absl::MutexLock lock(&mutex_);
  std::move(made.begin(), made.end(), std::back_inserter(pool_));
}

void EmbeddedKeys::MaintainWindows() {
  const absl::Time now = clock_->Now();
  const int64_t current = PayloadWindowOf(now);
  // A window is over once its last command id is not accepted any more; a day more, for clocks that were set back.
  const absl::Time oldest = now - limits::kCommandIdPast - absl::Hours(24);
  rocks::Batch batch;
  {
    absl::MutexLock lock(&windows_mutex_);
    MakeWindow(current);
    MakeWindow(current + 1);  // so that no command waits for it
    for (auto it = windows_.begin(); it != windows_.end() && it->first < PayloadWindowOf(oldest);) {
      batch.Delete(WindowRow(it->first));
      it = windows_.erase(it);
    }
  }
  if (batch.empty()) return;
  database_->Write(std::move(batch), /*synced=*/true);
  database_->Scrub(kWindowPrefix, kWindowEnd);
}

}  // namespace shoujie
