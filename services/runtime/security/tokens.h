// Bearer tokens of one data directory: DIR/tokens holds their hashes, one a line,
//
//   SHA-256 of the token in hex <TAB> principal <TAB> rights, by name, comma-separated <TAB> created (RFC 3339) <TAB>
//   check
//
// The check is over the four before it (lines of version 0.1.0 have none): no flipped bit makes another principal of
// one. A token ("sj_" and 43 base64url characters, 256 random bits) is shown once, when it is made. The first start
// makes one with all rights of operators and writes it to DIR/operator.token. Changes are written whole or not at all.
// All nodes of a cluster may share the directory: each change is made to what stands in the file, under
// DIR/tokens.lock; a token that another node made is known here at once, one that it revoked is refused within
// kLookedAtEvery. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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

  // How often a node looks whether others changed the file, as long as it knows the tokens that come. For one that it
  // doesn't know it looks each time, but reads only what was changed, and what it could not read at most so often.
  static constexpr absl::Duration kLookedAtEvery = absl::Seconds(1);

  // `clock` outlives it. Errors: TOKENS_BROKEN (with the line), those of private_file.h.
  static absl::StatusOr<std::unique_ptr<TokenFile>> Load(const std::string& directory, const Clock* clock);

  // Errors (UNAUTHENTICATED): TOKEN_MISSING for "", TOKEN_UNKNOWN. The time it takes depends on the hash alone. Reads a
  // small file now and then.
  absl::StatusOr<Principal> Verify(absl::string_view token);
  // The new token. A principal may have several. Errors: PRINCIPAL_INVALID, RIGHTS_UNKNOWN, those of private_file.h.
  absl::StatusOr<std::string> Create(const std::string& principal, uint32_t rights);
  // Ends all tokens of the principal; how many those were.
  absl::StatusOr<size_t> Revoke(const std::string& principal);
  std::vector<Entry> List() const;

 private:
  using Entries = std::map<std::string, Entry>;  // by hash

  TokenFile(std::string directory, const Clock* clock);
  absl::StatusOr<Entries> Parse(absl::string_view content) const;
  // What stands in the file; nothing if there is none.
  absl::StatusOr<std::optional<Entries>> Read() const;
  absl::Status Save(const Entries& entries) const;
  // Takes over what others changed.
  void Look();
  // Applies `change` to what stands in the file and writes it, unless it says that there is nothing to write.
  absl::Status Change(const std::function<bool(Entries& entries)>& change);
  void Know(Entries entries, std::string mark);

  const std::string directory_;
  const Clock* const clock_;
  absl::Mutex change_mutex_;  // one change or look at a time, over its file operations
  mutable absl::Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
  std::string mark_ ABSL_GUARDED_BY(mutex_);  // of the file that they were read from
  absl::Duration looked_at_ ABSL_GUARDED_BY(mutex_) = -absl::InfiniteDuration();
  std::string unreadable_ ABSL_GUARDED_BY(mutex_);  // the mark of a file that could not be read, and when that was
  absl::Duration unreadable_at_ ABSL_GUARDED_BY(mutex_) = -absl::InfiniteDuration();
};

}  // namespace shoujie
