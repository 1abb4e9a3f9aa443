// The request ids that a shard recorded lately, in memory, so that a command with a new id (nearly all of them) needs
// no look-up in the store. It only ever spares a look-up: what it does not know for certain, the view is asked.
//
// Invariant: every id with a row in the view and a time above `floor` is in the set. UUIDv7 begins with its time, so
// the set is in the order of time, and forgetting its smallest raises the floor. Owned by the shard's thread.
#pragma once

#include <cstdint>

#include "absl/container/btree_set.h"
#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/runtime/store/store.h"

namespace shoujie {

class RecentIds {
 public:
  // `view` shows the rows after the last record applied.
  explicit RecentIds(const StoreReader* view) : view_(view) {}

  // False: no record has this id. True: the view may have a row of it. The first call after `Forget` reads the rows of
  // ids whose time lies after `recorded_at_ms`. Errors are those of the view.
  absl::StatusOr<bool> MayHold(absl::string_view id, int64_t recorded_at_ms);
  // A record with this id was laid on the view. Ids of other than 16 bytes are not clients'.
  void Add(absl::string_view id);
  // Rows may have left the view: after a doubt.
  void Forget();

 private:
  void Insert(absl::uint128 id);

  const StoreReader* view_;
  bool known_ = false;  // the invariant holds
  absl::uint128 floor_ = 0;
  absl::btree_set<absl::uint128> ids_;
};

}  // namespace shoujie
