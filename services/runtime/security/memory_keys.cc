#include "services/runtime/security/memory_keys.h"

#include "services/runtime/security/crypto.h"
#include "services/runtime/security/key_errors.h"
#include "services/runtime/security/marks.h"

namespace shoujie {

MemoryKeys::MemoryKeys(uint64_t seed)
    : root_([seed] {
        std::string text = "shoujie memory keys ";
        crypto::AppendBigEndian64(&text, seed);
        return crypto::Sha256(text);
      }()),
      slot_key_(Derive("slot", 0)),
      index_key_(Derive("index", 0)) {}

std::string MemoryKeys::Derive(absl::string_view purpose, uint64_t number) const {
  std::string text(purpose);
  crypto::AppendBigEndian64(&text, number);
  return crypto::HmacSha256(root_, text);
}

std::optional<uint64_t> MemoryKeys::TakeKey() {
  absl::MutexLock lock(&mutex_);
  if (left_ == 0) return std::nullopt;
  if (left_ != UINT64_MAX) --left_;
  return ++last_;
}

absl::StatusOr<std::string> MemoryKeys::DataKey(uint64_t id) {
  absl::MutexLock lock(&mutex_);
  if (id == 0 || id > last_) return KeysMissing(id, last_);
  return Derive("data", id);
}

uint64_t MemoryKeys::last() const {
  absl::MutexLock lock(&mutex_);
  return last_;
}

std::string MemoryKeys::IndexTerm(absl::string_view space, absl::string_view value) const {
  return IndexMark(index_key_, space, value);
}

std::string MemoryKeys::PayloadMac(absl::Time at, absl::string_view payload) {
  return PayloadMark(Derive("payload", static_cast<uint64_t>(PayloadWindowOf(at))), payload);
}

std::string MemoryKeys::Random(size_t bytes) {
  absl::MutexLock lock(&mutex_);
  std::string out;
  while (out.size() < bytes) out += Derive("random", drawn_++);
  out.resize(bytes);
  return out;
}

void MemoryKeys::LimitPool(uint64_t keys) {
  absl::MutexLock lock(&mutex_);
  left_ = keys;
}

}  // namespace shoujie
