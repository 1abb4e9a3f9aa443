// A shard's store that is made beside the live one, from its journal, and then takes its place at once. Of one thread,
// but for what `Replace` says.
//
// Invariant: whatever happens, readers of the live store and a start after a crash see either all rows that were there
// before `Replace` or all rows of the copy, each with the place row that belongs to them; never a mixture. What was
// made before that is thrown away with this object, or by the next start.
#pragma once

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "services/runtime/store/store.h"

namespace shoujie {

// Reads show what was put so far.
class SideStore : public StoreReader {
 public:
  // The rows of one record. Errors: REBUILD_FAILED (the disk is full, …).
  virtual absl::Status Put(std::vector<Row> rows) = 0;
  // Writes down what was put since the last time, so that little is left to do while the live store stands still.
  virtual absl::Status Prepare() = 0;
  // Takes the place of the live rows; waits until that is done. All groups that the live store was given before are in
  // it then and reported done, later ones wait, and `catch_up` is called, on the store's own thread: it puts what is
  // still missing of the copy, so that it stands exactly where the live store does. An error of it leaves the live
  // store as it is. Once.
  virtual absl::Status Replace(const std::function<absl::Status()>& catch_up) = 0;
};

}  // namespace shoujie
