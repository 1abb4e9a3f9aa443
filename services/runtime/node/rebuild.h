// Stores made again from their journals (shard/rebuilder.h): at a start those that cannot be used as they are, before
// anything runs, all processors at work. What a failed rebuild leaves is what was there: the shard then says why.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/domain.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/security/keyring.h"
#include "services/runtime/shard/rebuilder.h"
#include "services/runtime/store/side_store.h"

namespace shoujie {

// One store to be made again.
struct RebuildTask {
  const ServiceDomain* domain = nullptr;
  JournalId id;
  Journal* journal = nullptr;
};

struct RebuildSum {
  uint64_t stores = 0, failed = 0;
  uint64_t records = 0;  // that counted
  uint64_t events = 0;
  size_t threads = 0;
  absl::Duration took;
  absl::Status why;  // of one that failed
};

struct RebuildEnv {
  std::function<std::unique_ptr<SideStore>(const JournalId&)> side_store;
  KeyRing* keys = nullptr;
  const Clock* clock = nullptr;
};

// How long a journal that should go on may give nothing; while the live store stands still.
inline constexpr absl::Duration kRebuildPatience = absl::Seconds(10);
inline constexpr absl::Duration kRebuildPatienceAtLast = absl::Seconds(1);

struct ReadOnOptions {
  uint64_t revision_max = UINT64_MAX;
  absl::Duration patience = kRebuildPatience;
  std::function<bool()> between;  // after each read; false: stop (CANCELLED). May take its time
};
// Reads on until `revision_max` is applied, or, if that is UINT64_MAX, up to the end of the journal as it is known now.
// Errors: those of Rebuilder::Advance; REBUILD_UNREADABLE (UNAVAILABLE) once the patience is over.
absl::Status ReadOn(Rebuilder& rebuilder, const Journal& journal, const Clock& clock,
                    const ReadOnOptions& options = {});

// Makes all of them again, several at a time, while nobody uses them. Of what could not be made the live rows are as
// they were.
RebuildSum RebuildAtRest(const std::vector<RebuildTask>& tasks, const RebuildEnv& env);

}  // namespace shoujie
