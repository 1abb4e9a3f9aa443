#include "services/router/domain/stalling.h"

#include <algorithm>
#include <string>
#include <vector>

#include "services/router/domain/clocks.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"
#include "services/runtime/base/time.h"

namespace shoujie::router {

std::optional<v1::PingPongFound> PingPongOf(const v1::Ticket& ticket, const v1::HandoffOffered& offered,
                                            const Reference& reference) {
  std::vector<std::string> back, withdrawn;  // since the last result; since the last one that came back
  uint32_t fruitless = 0;
  for (const auto& handoff : ticket.handoffs()) {
    if (handoff.episode() != EpisodeOf(ticket)) continue;
    if (handoff.state() == v1::HANDOFF_STATE_DONE) {
      back.clear();
      withdrawn.clear();
      fruitless = 0;
    } else if (handoff.state() == v1::HANDOFF_STATE_WITHDRAWN) {
      withdrawn.push_back(handoff.department());
    } else {
      back.push_back(handoff.department());
      withdrawn.clear();
      fruitless = handoff.progress_reports() == 0 ? fruitless + 1 : 0;
    }
  }
  const auto had = std::find(back.begin(), back.end(), offered.department());
  const bool returns = std::any_of(had, back.end(), [&](const auto& other) { return other != offered.department(); }) &&
                       std::find(withdrawn.begin(), withdrawn.end(), offered.department()) == withdrawn.end();
  const uint32_t after = reference.policies().ping_pong_after();
  if (!returns && (after == 0 || fruitless != after || !withdrawn.empty())) return std::nullopt;
  v1::PingPongFound found;
  found.set_handoff(offered.handoff());
  found.set_department(offered.department());
  found.set_kind(returns ? v1::PING_PONG_KIND_BACK : v1::PING_PONG_KIND_FRUITLESS);
  found.set_given_back(static_cast<uint32_t>(back.size()));
  return found;
}

absl::Time LastSignOfLife(const v1::Ticket& ticket, const v1::Handoff& handoff) {
  absl::Time last = FromProto(handoff.signed_());
  if (handoff.has_last_progress()) last = std::max(last, FromProto(handoff.last_progress()));
  if (ticket.episodes().empty()) return last;
  for (const auto& pause : ticket.episodes().rbegin()->pauses()) {
    if (pause.has_to()) last = std::max(last, FromProto(pause.to()));
  }
  return last;
}

std::optional<absl::Time> StallsAt(const v1::Ticket& ticket) {
  const auto* handoff = ActiveHandoff(ticket);
  const bool watched = handoff && handoff->state() == v1::HANDOFF_STATE_SIGNED && handoff->has_stall() &&
                       !handoff->stall().standing() && !IsWaiting(ticket);
  if (!watched) return std::nullopt;
  return LastSignOfLife(ticket, *handoff) + ToDuration(handoff->stall().after());
}

}  // namespace shoujie::router
