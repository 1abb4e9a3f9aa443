#include "services/router/domain/proof_clocks.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "services/router/domain/clocks.h"
#include "services/router/domain/merge.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"
#include "services/runtime/base/time.h"

namespace shoujie::router {
namespace {

class ClockProof {
 public:
  ClockProof(const v1::Ticket& ticket, const v1::Clock& clock, absl::Time until)
      : ticket_(ticket), clock_(clock), until_(until), runs_(!clock.has_ended()) {}

  absl::Status Run() const {
    for (const auto check :
         {&ClockProof::Place, &ClockProof::Runs, &ClockProof::Pauses, &ClockProof::Verdict, &ClockProof::Warnings}) {
      if (auto status = (this->*check)(); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  template <typename... Parts>
  absl::Status Broken(const Parts&... parts) const {
    return absl::DataLossError(absl::StrCat(ticket_.name(), ": clock ", clock_.number(), parts...));
  }
  absl::Time EndOf(bool has_to, const google::protobuf::Timestamp& to) const { return has_to ? FromProto(to) : until_; }

  // That what it waits for is open.
  absl::Status Place() const {
    if (!ticket_.clocked()) return Broken(" runs on a ticket that has none");
    if (clock_.kind() == directory::v1::CLOCK_KIND_UNSPECIFIED) return Broken(" is of no kind");
    if (clock_.party().id().empty() || clock_.policy().empty()) return Broken(" has no party, or no policy");
    if (clock_.episode() < 1 || clock_.episode() > EpisodeOf(ticket_)) return Broken(" is of no episode");
    const auto& episode = ticket_.episodes(static_cast<int>(clock_.episode()) - 1);
    if (FromProto(clock_.started()) < FromProto(episode.opened())) return Broken(" starts before its episode");
    if (!runs_) return absl::OkStatus();
    if (clock_.episode() != EpisodeOf(ticket_) || IsOver(ticket_)) return Broken(" runs on in an episode that is over");
    if (IsMerged(ticket_)) return Broken(" runs on although the ticket goes on in another one");
    const bool of_handoff = clock_.kind() == directory::v1::CLOCK_KIND_SIGN ||
                            clock_.kind() == directory::v1::CLOCK_KIND_FIRST_REPLY ||
                            clock_.kind() == directory::v1::CLOCK_KIND_CUSTODY;
    if (!of_handoff) return absl::OkStatus();
    const auto* handoff = ActiveHandoff(ticket_);
    if (handoff == nullptr || handoff->number() != clock_.handoff()) return Broken(" runs on without its hand-off");
    const bool offered = handoff->state() == v1::HANDOFF_STATE_OFFERED;
    if (offered ? clock_.kind() == directory::v1::CLOCK_KIND_FIRST_REPLY
                : clock_.kind() == directory::v1::CLOCK_KIND_SIGN) {
      return Broken(" does not go with where its hand-off stands");
    }
    return absl::OkStatus();
  }

  absl::Status Runs() const {
    if (clock_.runs().empty() || FromProto(clock_.runs(0).from()) != FromProto(clock_.started())) {
      return Broken(" does not run from its start on");
    }
    absl::Time at = FromProto(clock_.started());
    absl::Duration sum;
    for (int i = 0; i < clock_.runs_size(); ++i) {
      const auto& run = clock_.runs(i);
      const bool open = !run.has_to();
      if (open && (!runs_ || i + 1 < clock_.runs_size())) return Broken(" has a run that never ended");
      const absl::Time to = EndOf(!open, run.to());
      if (FromProto(run.from()) < at || to < FromProto(run.from())) return Broken(" has runs out of order");
      if (!open) sum += to - FromProto(run.from());
      at = to;
    }
    if (!runs_ && FromProto(clock_.ended()) < at) return Broken(" ends before its last run");
    if (const auto* before = FindClock(ticket_, clock_.continues())) {
      if (before->continued_by() != clock_.number()) return Broken(" goes on from one that does not say so");
      sum += ToDuration(before->spent());
    }
    // Whole milliseconds are recorded.
    if (ToDuration(clock_.spent()) > sum) return Broken(" has spent more than it ran");
    return absl::OkStatus();
  }

  absl::Status Pauses() const {
    const auto& episode = ticket_.episodes(static_cast<int>(clock_.episode()) - 1);
    if (!clock_.runs_while_waiting()) {
      for (const auto& pause : episode.pauses()) {
        for (const auto& run : clock_.runs()) {
          const absl::Time from = std::max(FromProto(pause.from()), FromProto(run.from()));
          const absl::Time to = std::min(EndOf(pause.has_to(), pause.to()), EndOf(run.has_to(), run.to()));
          const bool both_open = !pause.has_to() && !run.has_to();
          if (from < to || both_open) return Broken(" counts while the customer is awaited");
        }
      }
    }
    const bool paused = runs_ && !IsCounting(clock_);
    if (paused && (clock_.runs_while_waiting() || !ticket_.has_awaiting_since())) {
      return Broken(" stands still for no reason");
    }
    return absl::OkStatus();
  }

  absl::Status Verdict() const {
    if (clock_.judged() > 1) return Broken(" was judged ", clock_.judged(), " times");
    const bool breached = clock_.verdict() == v1::CLOCK_VERDICT_BREACHED;
    if (breached != clock_.has_breached()) return Broken(" was breached without an instant, or the other way about");
    if (breached && FromProto(clock_.breached()) < FromProto(clock_.started())) {
      return Broken(" was breached before it started");
    }
    if (breached && clock_.breached_by().id().empty()) return Broken(" was breached by nobody");
    const bool met = clock_.verdict() == v1::CLOCK_VERDICT_MET;
    if ((clock_.judged() == 1) != (breached || met)) return Broken(" has a verdict that nobody passed");
    if (runs_ ? clock_.verdict() != v1::CLOCK_VERDICT_UNSPECIFIED && !breached
              : clock_.verdict() == v1::CLOCK_VERDICT_UNSPECIFIED) {
      return Broken(" is judged and runs on, or has ended without a word");
    }
    const bool dated = clock_.dates().has_due() || !clock_.dates().warnings().empty();
    if (dated && (!runs_ || breached || !IsCounting(clock_))) return Broken(" will be due although it does not count");
    return absl::OkStatus();
  }

  absl::Status Warnings() const {
    uint32_t last = 0;
    for (const auto& warned : clock_.warned()) {
      if (warned.percent() <= last) return Broken(" warned twice of ", warned.percent(), " %");
      last = warned.percent();
    }
    for (const auto& ahead : clock_.dates().warnings()) {
      if (ahead.percent() <= last) return Broken(" will warn twice of ", ahead.percent(), " %");
      last = ahead.percent();
    }
    return absl::OkStatus();
  }

  const v1::Ticket& ticket_;
  const v1::Clock& clock_;
  const absl::Time until_;
  const bool runs_;
};

}  // namespace

absl::Status CheckClocks(const v1::Ticket& ticket, absl::Time until) {
  std::set<int> running;
  for (int i = 0; i < ticket.clocks_size(); ++i) {
    const auto& clock = ticket.clocks(i);
    if (clock.number() != static_cast<uint32_t>(i) + 1) {
      return absl::DataLossError(absl::StrCat(ticket.name(), ": clock ", i + 1, " is numbered ", clock.number()));
    }
    if (!clock.has_ended() && !running.insert(clock.kind()).second) {
      return absl::DataLossError(
          absl::StrCat(ticket.name(), ": clock ", clock.number(), " runs beside another one of its kind"));
    }
    if (auto status = ClockProof(ticket, clock, until).Run(); !status.ok()) return status;
  }
  if (ticket.has_awaiting_since()) {
    const auto& pauses = ticket.episodes().rbegin()->pauses();
    if (IsOver(ticket) || pauses.empty() || pauses.rbegin()->has_to()) {
      return absl::DataLossError(absl::StrCat(ticket.name(), ": the customer is awaited without a pause"));
    }
  }
  return absl::OkStatus();
}

}  // namespace shoujie::router
