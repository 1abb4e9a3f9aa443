// Why a clock was met or breached (F088): its life interval by interval, each with who held the ticket, whether it
// counted and on which calendar of which directory version, how much had passed by its end; in between the instants at
// which it warned, was extended and breached; then each party's share of what counted, and two verdicts, as it was
// judged and as it would be judged by the policies of another directory version. Pure; nothing of it is stored.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/runtime/reference.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::router {

// Directory versions whose calendars counted for these clocks. `clock` 0: all of the ticket's.
std::set<uint64_t> VersionsOf(const v1::Ticket& ticket, uint32_t clock);

struct ExplainedBy {
  std::map<uint64_t, const Reference*> versions;  // at least those of `VersionsOf`
  const Reference* as = nullptr;                  // whose policies judge once more
};
// By `at` for clocks that run. At most the last `kClocksExplainedMax` clocks, and of each the last
// `kExplanationLinesMax` intervals; a line says what is left out. Intervals count what the clock had spent, to
// the millisecond.
std::vector<v1::ExplanationLine> Explain(const v1::Ticket& ticket, uint32_t clock, absl::Time at,
                                         const ExplainedBy& by);

// As a clock would be judged by `as`: the row of its table that matches, its target (and what was extended) on its
// calendar, the same pauses if its rule says so.
struct WouldBe {
  const directory::v1::SlaPolicy* policy = nullptr;  // none: no such clock would have run
  std::string calendar;
  absl::Duration target;
  absl::Duration spent;
  absl::Time due;  // InfiniteFuture: never
  v1::ClockVerdict verdict = v1::CLOCK_VERDICT_UNSPECIFIED;
};
WouldBe JudgeBy(const v1::Ticket& ticket, const v1::Clock& clock, absl::Time at, const Reference& as);

}  // namespace shoujie::router
