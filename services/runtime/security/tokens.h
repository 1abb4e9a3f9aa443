// Bearer tokens of one data directory: DIR/tokens holds their hashes, one a line,
//
//   SHA-256 of the token in hex <TAB> principal <TAB> rights, by name, comma-separated <TAB> created (RFC 3339) <TAB>
//   check
//
// The check is over the four before it (lines of version 0.1.0 have none): no flipped bit makes another principal of
// one. A token ("sj_" and 43 base64url characters, 256 random bits) is shown once, when it is made. The first start
// makes one with all rights of operators and writes it to DIR/operator.token. Changes are written whole or not at all.
// Only the process that holds the directory's lock may write. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "services/runtime/base/principal.h"
#include "services/runtime/clock/clock.h"

namespace shoujie {

class TokenFile {
 public:
  struct Entry {
    Principal principal;
    absl::Time created;
  };
  static constexpr uint32_t kAllRights = static_cast<uint32_t>(Right::kOperate) |
                                         static_cast<uint32_t>(Right::kPublish) | static_cast<uint32_t>(Right::kRead) |
                                         static_cast<uint32_t>(Right::kFacts) | static_cast<uint32_t>(Right::kAgent) |
                                         static_cast<uint32_t>(Right::kOrders);

  // `clock` outlives it. Errors: TOKENS_BROKEN (with the line), those of private_file.h.
  static absl::StatusOr<std::unique_ptr<TokenFile>> Load(const std::string& directory, const Clock* clock);

  // Errors (UNAUTHENTICATED): TOKEN_MISSING for "", TOKEN_UNKNOWN. The time it takes depends on the hash alone.
  absl::StatusOr<Principal> Verify(absl::string_view token) const;
  // The new token. A principal may have several. Errors: PRINCIPAL_INVALID, RIGHTS_UNKNOWN, those of private_file.h.
  absl::StatusOr<std::string> Create(const std::string& principal, uint32_t rights);
  // Ends all tokens of the principal; how many those were.
  absl::StatusOr<size_t> Revoke(const std::string& principal);
  std::vector<Entry> List() const;

 private:
  using Entries = std::map<std::string, Entry>;  // by hash

  TokenFile(std::string directory, const Clock* clock);
  absl::Status Read(absl::string_view content);
  absl::Status Save(const Entries& entries) const;

  const std::string directory_;
  const Clock* const clock_;
  absl::Mutex change_mutex_;  // one change at a time, over its write
  mutable absl::Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shoujie
