#include "services/runtime/calendar/sla_clock.h"

#include <algorithm>
#include <functional>

namespace shoujie {
namespace {

// The running stretches as [from, to), in order, until `visit` says false.
void VisitRunning(const SlaStretches& clock,
                  const std::function<bool(absl::Time from, absl::Time to, const Calendar& calendar)>& visit) {
  for (size_t n = 0; n < clock.size(); ++n) {
    const absl::Time to = n + 1 < clock.size() ? clock[n + 1].from : absl::InfiniteFuture();
    if (!clock[n].running || to <= clock[n].from) continue;
    if (!visit(clock[n].from, to, *clock[n].calendar)) return;
  }
}

}  // namespace

absl::Duration WorkSpent(const SlaStretches& clock, absl::Time at) {
  absl::Duration spent;
  VisitRunning(clock, [&](absl::Time from, absl::Time to, const Calendar& calendar) {
    spent += calendar.WorkBetween(from, std::min(to, at));
    return to < at;
  });
  return spent;
}

absl::Time DueAt(const SlaStretches& clock, absl::Duration target) {
  absl::Time due = absl::InfiniteFuture();
  VisitRunning(clock, [&](absl::Time from, absl::Time to, const Calendar& calendar) {
    const absl::Time after = calendar.After(from, target);
    if (after <= to) {
      due = after;
      return false;
    }
    target -= calendar.WorkBetween(from, to);
    return true;
  });
  return due;
}

std::vector<SlaPiece> Explain(const SlaStretches& clock, absl::Time at, size_t pieces_max) {
  std::vector<SlaPiece> pieces;
  VisitRunning(clock, [&](absl::Time from, absl::Time to, const Calendar& calendar) {
    calendar.VisitWork(from, [&](absl::Time begin, absl::Time end) {
      const absl::Time until = std::min({end, to, at});
      if (begin >= until) return false;
      // A jump of local time within working hours ends no piece.
      if (!pieces.empty() && pieces.back().to == begin && pieces.back().calendar == &calendar) {
        pieces.back().to = until;
      } else {
        pieces.push_back({begin, until, &calendar});
      }
      return end < to && end < at;
    });
    return to < at;
  });
  if (pieces.size() > pieces_max) pieces.erase(pieces.begin(), pieces.end() - static_cast<std::ptrdiff_t>(pieces_max));
  return pieces;
}

}  // namespace shoujie
