// How the rows of a key store are wrapped: under an epoch's key, bound to the name of their row, so that no row can be
// put in another's place. Epoch keys themselves are under the master key. The same in every key store that keeps rows.
// Not thread-safe; read-only after it was filled.
//
// A wrapped value = epoch (8 bytes), then AES-256-GCM of the key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "services/runtime/security/crypto.h"

namespace shoujie {

class EpochKeys {
 public:
  void Add(uint64_t epoch, std::string key) { keys_[epoch] = std::move(key); }
  bool empty() const { return keys_.empty(); }

  // Under the newest epoch.
  std::string Wrap(absl::string_view row, absl::string_view key) const {
    const auto& [epoch, epoch_key] = *keys_.rbegin();
    std::string wrapped;
    crypto::AppendBigEndian64(&wrapped, epoch);
    // Appended, not added: GCC 12 takes `a + b` of a temporary b for a copy onto itself (-Wrestrict, its bug 105651).
    wrapped += crypto::Seal(epoch_key, crypto::RandomBytes(crypto::kNonceBytes), Bound(row, epoch), key);
    return wrapped;
  }
  // Nothing if this row was not wrapped so.
  std::optional<std::string> Unwrap(absl::string_view row, absl::string_view wrapped) const {
    if (wrapped.size() <= 8) return std::nullopt;
    uint64_t epoch = 0;
    for (int i = 0; i < 8; ++i) epoch = epoch << 8 | static_cast<unsigned char>(wrapped[static_cast<size_t>(i)]);
    const auto found = keys_.find(epoch);
    if (found == keys_.end()) return std::nullopt;
    auto key = crypto::Open(found->second, Bound(row, epoch), wrapped.substr(8));
    if (!key || key->size() != crypto::kKeyBytes) return std::nullopt;
    return key;
  }

 private:
  static std::string Bound(absl::string_view row, uint64_t epoch) {
    std::string additional;
    crypto::AppendPart(&additional, row);
    crypto::AppendBigEndian64(&additional, epoch);
    return additional;
  }

  std::map<uint64_t, std::string> keys_;
};

}  // namespace shoujie
