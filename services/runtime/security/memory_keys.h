// A KeyRing in memory for unit tests and the simulator: every key, mark and random byte follows from the seed and the
// order of calls. Never for real data: who knows the seed opens everything. No threads, no I/O; thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/runtime/security/keyring.h"

namespace shoujie {

class MemoryKeys : public KeyRing {
 public:
  explicit MemoryKeys(uint64_t seed = 1);

  std::optional<uint64_t> TakeKey() override;
  absl::StatusOr<std::string> DataKey(uint64_t id) override;
  uint64_t last() const override;
  std::string IndexTerm(absl::string_view space, absl::string_view value) const override;
  std::string PayloadMac(absl::Time at, absl::string_view payload) override;
  const std::string& slot_key() const override { return slot_key_; }
  std::string Random(size_t bytes) override;

  // From now on only `keys` more are handed out; then the pool is empty, until the next call.
  void LimitPool(uint64_t keys);

 private:
  std::string Derive(absl::string_view purpose, uint64_t number) const;

  const std::string root_;
  const std::string slot_key_;
  const std::string index_key_;
  mutable absl::Mutex mutex_;
  uint64_t last_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t left_ ABSL_GUARDED_BY(mutex_) = UINT64_MAX;
  uint64_t drawn_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace shoujie
