#include "services/router/domain/proof_assists.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/router/domain/assists.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"

namespace shoujie::router {
namespace {

class AssistProof {
 public:
  AssistProof(const v1::Ticket& ticket, const v1::Assist& assist, absl::Time until)
      : ticket_(ticket), assist_(assist), until_(until) {}

  absl::Status Run() const {
    for (const auto check : {&AssistProof::Names, &AssistProof::Instants, &AssistProof::Place, &AssistProof::Lead}) {
      if (auto status = (this->*check)(); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  template <typename... Parts>
  absl::Status Broken(const Parts&... parts) const {
    return absl::DataLossError(absl::StrCat(ticket_.name(), ": assist ", assist_.number(), parts...));
  }

  absl::Status Names() const {
    if (assist_.department().empty() || assist_.responsible().empty()) return Broken(" is nobody's");
    if (!assist_.has_deadline() || assist_.asked_by().id().empty()) return Broken(" has no deadline, or nobody asked");
    return absl::OkStatus();
  }

  absl::Status Instants() const {
    const bool open = IsOpen(assist_);
    if (assist_.state() == v1::ASSIST_STATE_UNSPECIFIED || open == assist_.has_ended()) {
      return Broken(open ? " is open and has ended" : " has no end");
    }
    const bool needs = assist_.state() == v1::ASSIST_STATE_SIGNED || assist_.state() == v1::ASSIST_STATE_DONE;
    const bool never = assist_.state() == v1::ASSIST_STATE_OFFERED || assist_.state() == v1::ASSIST_STATE_REFUSED;
    if (assist_.has_signed_() ? never : needs) return Broken(" and its signature disagree");
    const bool reason = assist_.reason() != v1::HANDOFF_REASON_UNSPECIFIED;
    if (reason != (assist_.state() == v1::ASSIST_STATE_REFUSED)) return Broken(" is refused without a reason");
    absl::Time at = FromProto(assist_.offered());
    for (const auto* next :
         {assist_.has_signed_() ? &assist_.signed_() : nullptr, assist_.has_ended() ? &assist_.ended() : nullptr}) {
      if (next == nullptr) continue;
      if (FromProto(*next) < at) return Broken(" has instants out of order");
      at = FromProto(*next);
    }
    if (!assist_.has_offered() || at > until_) return Broken(" is of a time to come");
    return absl::OkStatus();
  }

  // Inside its episode, which is not over before it.
  absl::Status Place() const {
    if (assist_.episode() < 1 || assist_.episode() > EpisodeOf(ticket_)) return Broken(" is of no episode");
    const auto& episode = ticket_.episodes(static_cast<int>(assist_.episode()) - 1);
    if (FromProto(assist_.offered()) < FromProto(episode.opened())) return Broken(" begins before its episode");
    if (episode.has_closed() && (IsOpen(assist_) || FromProto(assist_.ended()) > FromProto(episode.closed()))) {
      return Broken(" was open when its episode was closed");
    }
    if (IsOpen(assist_) && assist_.episode() != EpisodeOf(ticket_))
      return Broken(" is open in an episode that is over");
    return absl::OkStatus();
  }

  absl::Status Lead() const {
    for (const auto& handoff : ticket_.handoffs()) {
      if (handoff.state() != v1::HANDOFF_STATE_DONE) continue;
      const absl::Time done = FromProto(handoff.ended());
      const bool was_open =
          FromProto(assist_.offered()) < done && (IsOpen(assist_) || FromProto(assist_.ended()) > done);
      if (was_open) return Broken(" was open when hand-off ", handoff.number(), " was done");
    }
    return absl::OkStatus();
  }

  const v1::Ticket& ticket_;
  const v1::Assist& assist_;
  const absl::Time until_;
};

}  // namespace

absl::Status CheckAssists(const v1::Ticket& ticket, absl::Time until) {
  std::set<std::string> open;
  for (int i = 0; i < ticket.assists_size(); ++i) {
    const auto& assist = ticket.assists(i);
    if (assist.number() != static_cast<uint32_t>(i) + 1) {
      return absl::DataLossError(absl::StrCat(ticket.name(), ": assist ", i + 1, " is numbered ", assist.number()));
    }
    if (IsOpen(assist) && !open.insert(assist.department()).second) {
      return absl::DataLossError(absl::StrCat(ticket.name(), ": ", assist.department(), " assists twice at once"));
    }
    if (auto status = AssistProof(ticket, assist, until).Run(); !status.ok()) return status;
  }
  if (open.size() > static_cast<size_t>(kAssistsOpenMax)) {
    return absl::DataLossError(absl::StrCat(ticket.name(), ": ", open.size(), " departments assist at once"));
  }
  return absl::OkStatus();
}

}  // namespace shoujie::router
