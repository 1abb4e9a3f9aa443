// A clock that runs against somebody: when it is due, what has passed of it, and minute by minute why (F079–F084,
// F088). Nothing here is ever stored: it follows from the stretches of the clock's life, which are recorded events
// (started, paused, resumed, another calendar or policy from some instant on), so that it can be explained, and judged
// again under other rules. An extension or another policy is another target. A due instant that was given as a fact
// (contract, promise) needs no clock. Pure; not for time-outs of the program itself.
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "services/runtime/calendar/calendar.h"

namespace shoujie {

// From an instant on, until the next stretch. Pauses are stretches that do not run; so is the end.
struct SlaStretch {
  absl::Time from;
  bool running = true;
  const Calendar* calendar = nullptr;  // of one that runs
};
// In order of time; of two that begin at the same instant the later one counts.
using SlaStretches = std::vector<SlaStretch>;

// Working time that has passed by `at`.
absl::Duration WorkSpent(const SlaStretches& clock, absl::Time at);

// The earliest instant by which `target` (> 0) has passed, if nothing more happens: InfiniteFuture while the clock is
// paused. For a warning at a share of the target, ask for that share.
absl::Time DueAt(const SlaStretches& clock, absl::Duration target);

// Working hours in one piece, against one calendar: what an explanation shows. Pieces touch neither pauses nor nights.
struct SlaPiece {
  absl::Time from, to;
  const Calendar* calendar = nullptr;
};
// All pieces by `at`, at most `pieces_max` of the last ones.
std::vector<SlaPiece> Explain(const SlaStretches& clock, absl::Time at, size_t pieces_max);

}  // namespace shoujie
