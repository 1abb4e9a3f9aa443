// The KeyRing of one machine: a RocksDB of its own.
//
//   check            a known text under the master key: a wrong one is refused at open (MASTER_KEY_WRONG)
//   epoch <id>       an epoch key under the master key
//   index, slot      keys of marks and slots under an epoch key; made once
//   key <id>         a data key under an epoch key; ids contiguous from 1, never overwritten
//   window <n>       the key of payload marks of one window; thrown away, also from the files, once no command id of it
//   is accepted
//
// Rows are wrapped as in epoch_keys.h. Keys that were in the pool when the process
// ended are never used: harmless. The pool is filled ahead by its own thread, one synced write for many keys; it
// doubles when it ran low twice within a second. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/rocks/database.h"
#include "services/runtime/rocks/group_thread.h"
#include "services/runtime/security/epoch_keys.h"
#include "services/runtime/security/key_cache.h"
#include "services/runtime/security/key_material.h"
#include "services/runtime/security/keyring.h"

namespace shoujie {

class EmbeddedKeys : public KeyRing {
 public:
  // `clock` outlives it and says which windows of payload marks are over. Errors: MASTER_KEY_WRONG
  // (FAILED_PRECONDITION), those of master_key.h and of rocks::Database::Open, KEYS_DAMAGED (DATA_LOSS). Fills no pool:
  // new keys would take the ids that a key store which is too old lacks, before anybody could compare `last` with what
  // the records rely on (KEYS_SHORT). The first `Maintain` or `TakeKey` does.
  static absl::StatusOr<std::unique_ptr<EmbeddedKeys>> Open(const std::string& directory,
                                                            const std::string& master_key_file, const Clock* clock,
                                                            std::shared_ptr<rocks::Resources> resources = nullptr);
  ~EmbeddedKeys() override;

  std::optional<uint64_t> TakeKey() override;
  absl::StatusOr<std::string> DataKey(uint64_t id) override;
  uint64_t last() const override { return last_.load(std::memory_order_acquire); }
  std::string IndexTerm(absl::string_view space, absl::string_view value) const override;
  // Makes and stores the key of a window that is new; otherwise no I/O. Marks of times far from now are not repeatable
  // after a restart: such command ids are refused anyway.
  std::string PayloadMac(absl::Time at, absl::string_view payload) override;
  const std::string& slot_key() const override { return slot_key_; }
  std::string Random(size_t bytes) override;

  // All of it, opened. `key` of the material works as long as this object lives. Errors: those of master_key.h.
  absl::StatusOr<KeyMaterial> Export(const std::string& master_key_file);
  absl::Status Checkpoint(const std::string& directory) const { return database_->Checkpoint(directory); }
  size_t pool() const;  // keys at hand
  // Blocks until there is one. Somebody must have asked: `TakeKey` does when it finds few or none.
  void AwaitKeys() const ABSL_LOCKS_EXCLUDED(mutex_);
  size_t windows() const;
  // Fills the pool and throws past windows away now, as its thread does when it is asked.
  void Maintain() ABSL_LOCKS_EXCLUDED(maintain_mutex_);

 private:
  struct Wake {};
  using PoolKey = std::pair<uint64_t, std::string>;

  EmbeddedKeys(std::unique_ptr<rocks::Database> database, const Clock* clock);
  absl::Status Load(const std::string& master_key_file);
  absl::Status Create(const std::string& master_key);
  absl::StatusOr<std::string> Unwrap(const std::string& row, absl::string_view wrapped) const;
  absl::StatusOr<std::string> LoadKey(const std::string& row) const;
  std::string MakeWindow(int64_t window) ABSL_EXCLUSIVE_LOCKS_REQUIRED(windows_mutex_);
  void FillPool() ABSL_EXCLUSIVE_LOCKS_REQUIRED(maintain_mutex_);
  void MaintainWindows() ABSL_EXCLUSIVE_LOCKS_REQUIRED(maintain_mutex_);
  void AskForMaintenance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::unique_ptr<rocks::Database> database_;
  const Clock* const clock_;
  const std::string far_key_;  // of marks for windows that are not kept
  // Written by `Load` alone.
  EpochKeys epochs_;
  std::string index_key_;
  std::string slot_key_;

  std::atomic<uint64_t> last_{0};
  absl::Mutex maintain_mutex_;
  absl::Duration filled_at_ ABSL_GUARDED_BY(maintain_mutex_) = -absl::InfiniteDuration();
  mutable absl::Mutex mutex_;
  std::deque<PoolKey> pool_ ABSL_GUARDED_BY(mutex_);
  size_t pool_size_ ABSL_GUARDED_BY(mutex_) = limits::kKeyPoolSize;  // what it is filled up to
  bool asked_ ABSL_GUARDED_BY(mutex_) = false;
  KeyCache cache_ ABSL_GUARDED_BY(mutex_){limits::kKeysOpenMax};
  mutable absl::Mutex windows_mutex_;
  std::map<int64_t, std::string> windows_ ABSL_GUARDED_BY(windows_mutex_);
  std::unique_ptr<rocks::GroupThread<Wake>> thread_;  // last: it uses what stands above
};

}  // namespace shoujie
