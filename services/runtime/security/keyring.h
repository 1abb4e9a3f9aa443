// The keys of personal data, of the index and of payload marks, behind one seam. The embedded key store keeps them in a
// database of its own, that of a cluster on a compacted topic, both wrapped under the master key; the simulator has one
// in memory. Contract: tests/contract/. Thread-safe.
//
// Key ids are positions in the key store: increasing from 1, written once, never overwritten. A key is durable before
// `TakeKey` hands it out; the Commit that first uses it assigns it to a subject. Keys handed out and never assigned are
// lost, which is harmless.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace shoujie {

class KeyRing {
 public:
  virtual ~KeyRing() = default;

  // A durable key that nobody uses yet, or nothing when the pool is empty: it is being refilled, come back soon. Never
  // does I/O.
  virtual std::optional<uint64_t> TakeKey() = 0;
  // The 32 bytes of a data key. NOT_FOUND is never "erased": a key that is missing is damage (KEYS_MISSING, DATA_LOSS).
  virtual absl::StatusOr<std::string> DataKey(uint64_t id) = 0;
  // Every key up to this id is durable and can be asked for here.
  virtual uint64_t last() const = 0;
  // True if other processes add keys, too: an id beyond `last` then means that it was not read yet, and whoever relies
  // on it waits.
  virtual bool shared() const { return false; }
  // Waits, if others add keys, until `last` has come to `id`; false: it has not. Not on threads that serve.
  virtual bool Await(uint64_t id, absl::Duration timeout) const {
    (void)timeout;
    return id <= last();
  }

  // HMAC-SHA-256 of a key that an event claims (StreamType::Keys), 16 bytes, under the index key.
  virtual std::string IndexTerm(absl::string_view space, absl::string_view value) const = 0;
  // HMAC-SHA-256 of a request, 16 bytes, under the key of the window of `at` (the command id's time). Keys of past
  // windows are thrown away with them, so marks left in a journal are no oracle.
  virtual std::string PayloadMac(absl::Time at, absl::string_view payload) = 0;
  // The cluster's slot key: made once, never rotated.
  virtual const std::string& slot_key() const = 0;
  // Random bytes for nonces and ids (simulated: seeded).
  virtual std::string Random(size_t bytes) = 0;
};

}  // namespace shoujie
