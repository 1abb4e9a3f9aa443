#include "services/router/domain/proof.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/router/domain/proof_assists.h"
#include "services/router/domain/proof_clocks.h"
#include "services/router/domain/proof_disputes.h"
#include "services/router/domain/proof_merge.h"
#include "services/router/domain/proof_supervision.h"
#include "services/router/domain/routing.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"

namespace shoujie::router {
namespace {

std::string Text(absl::Time time) { return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone()); }
class Proof {
 public:
  Proof(const v1::Ticket& ticket, absl::Time until)
      : ticket_(ticket), until_(std::max(until, FromProto(ticket.update_time()))) {}

  absl::Status Run() const {
    for (const auto check : {&Proof::Owners, &Proof::Episodes, &Proof::Holders, &Proof::Handoffs}) {
      if (auto status = (this->*check)(); !status.ok()) return status;
    }
    if (auto status = CheckDisputes(ticket_); !status.ok()) return status;
    if (auto status = CheckMerge(ticket_); !status.ok()) return status;
    if (auto status = CheckSupervision(ticket_); !status.ok()) return status;
    if (auto status = CheckAssists(ticket_, until_); !status.ok()) return status;
    return CheckClocks(ticket_, until_);
  }

 private:
  template <typename... Parts>
  absl::Status Broken(const Parts&... parts) const {
    return absl::DataLossError(absl::StrCat(ticket_.name(), ": ", parts...));
  }

  absl::Status Owners() const {
    if (!ticket_.has_open_time() || ticket_.ownership().empty()) return Broken("nobody owns it");
    absl::Time from = FromProto(ticket_.open_time());
    for (int i = 0; i < ticket_.ownership_size(); ++i) {
      const auto& link = ticket_.ownership(i);
      if (link.owner().empty()) return Broken("ownership link ", i, " names nobody");
      if (FromProto(link.from()) != from) {
        return Broken("ownership link ", i, " begins at ", Text(FromProto(link.from())), " instead of ", Text(from));
      }
      const bool last = i + 1 == ticket_.ownership_size();
      if (link.has_to() == last) return Broken("ownership link ", i, last ? " has ended" : " has no end");
      if (last) break;
      if (FromProto(link.to()) < from) return Broken("ownership link ", i, " ends before it begins");
      from = FromProto(link.to());
    }
    if (from > until_) return Broken("the owner is named from a time to come");
    if (ticket_.ownership().rbegin()->owner() != ticket_.owner()) return Broken("owner and ownership chain disagree");
    return absl::OkStatus();
  }

  absl::Status Episodes() const {
    if (ticket_.episodes().empty()) return Broken("it has no episode");
    absl::Time earliest = FromProto(ticket_.open_time());
    for (int i = 0; i < ticket_.episodes_size(); ++i) {
      const auto& episode = ticket_.episodes(i);
      const bool last = i + 1 == ticket_.episodes_size();
      if (episode.number() != static_cast<uint32_t>(i) + 1)
        return Broken("episode ", i + 1, " is numbered ", episode.number());
      const absl::Time opened = FromProto(episode.opened());
      if (i == 0 ? opened != earliest : opened < earliest) return Broken("episode ", i + 1, " is out of order");
      if (!episode.has_closed() && !last) return Broken("episode ", i + 1, " was never closed");
      if (episode.has_closed() != episode.has_resolution()) {
        return Broken("episode ", i + 1, " is closed without a resolution, or resolved without a closing");
      }
      if (last && episode.has_closed() != IsOver(ticket_)) return Broken("state and last episode disagree");
      if (episode.has_closed()) {
        if (FromProto(episode.closed()) < opened) return Broken("episode ", i + 1, " closes before it opens");
        const auto& resolution = episode.resolution();
        if (resolution.code() == v1::RESOLUTION_CODE_UNSPECIFIED)
          return Broken("episode ", i + 1, " has no resolution code");
        if (resolution.code() != v1::RESOLUTION_CODE_IN_SOURCE && resolution.record().empty()) {
          return Broken("episode ", i + 1, " is closed without a record");
        }
      }
      earliest = FromProto(episode.has_closed() ? episode.closed() : episode.opened());
    }
    return absl::OkStatus();
  }

  absl::Status Holders() const {
    absl::Time at = FromProto(ticket_.open_time());
    absl::Duration sum;
    for (int i = 0; i < ticket_.episodes_size(); ++i) {
      const auto& episode = ticket_.episodes(i);
      if (episode.custody().empty()) return Broken("nobody holds it in episode ", episode.number());
      if (!Same(episode.custody(0).from(), episode.opened())) {
        return Broken("custody of episode ", episode.number(), " does not begin with it");
      }
      for (int k = 0; k < episode.custody_size(); ++k) {
        const auto& held = episode.custody(k);
        const bool running = i + 1 == ticket_.episodes_size() && k + 1 == episode.custody_size();
        if (FromProto(held.from()) != at) {
          return Broken("custody of episode ", episode.number(), " leaves ", Text(at), " to ",
                        Text(FromProto(held.from())), " to nobody or to two");
        }
        if (held.has_to() == running) return Broken("custody from ", Text(at), running ? " has ended" : " has no end");
        const absl::Time to = running ? until_ : FromProto(held.to());
        if (to < at) return Broken("custody from ", Text(at), " is negative");
        if (auto status = Holder(held, to); !status.ok()) return status;
        sum += to - at;
        at = to;
      }
      const auto& last = *episode.custody().rbegin();
      const bool closed = last.kind() == v1::CUSTODY_KIND_CLOSED;
      if (closed != episode.has_closed())
        return Broken("custody and closing of episode ", episode.number(), " disagree");
      if (closed && !ClosesAt(episode)) return Broken("episode ", episode.number(), " was held after its closing");
    }
    const absl::Duration life = until_ - FromProto(ticket_.open_time());
    if (sum != life) {
      return Broken("custody sums up to ", absl::FormatDuration(sum), " of a life of ", absl::FormatDuration(life));
    }
    return absl::OkStatus();
  }

  // Whether the closed intervals at the end (one per owner) begin at the closing.
  static bool ClosesAt(const v1::Episode& episode) {
    for (const auto& held : episode.custody()) {
      if (held.kind() == v1::CUSTODY_KIND_CLOSED && Same(held.from(), episode.closed())) return true;
      if (held.kind() != v1::CUSTODY_KIND_CLOSED && FromProto(held.from()) > FromProto(episode.closed())) return false;
    }
    return false;
  }

  absl::Status Holder(const v1::Custody& held, absl::Time to) const {
    const absl::Time from = FromProto(held.from());
    switch (held.kind()) {
      case v1::CUSTODY_KIND_OWNER:
      case v1::CUSTODY_KIND_CLOSED:
      case v1::CUSTODY_KIND_MERGED:
        if (held.party().kind() != v1::PARTY_KIND_PERSON || !OwnedBy(held.party().id(), from, to)) {
          return Broken("from ", Text(from), " it was held by somebody who did not own it");
        }
        return absl::OkStatus();
      case v1::CUSTODY_KIND_OFFERED:
      case v1::CUSTODY_KIND_SIGNED: {
        if (held.party().kind() != v1::PARTY_KIND_DEPARTMENT || held.party().id().empty()) {
          return Broken("from ", Text(from), " no department held it");
        }
        if (held.handoff() == 0 && ticket_.has_history() && held.kind() == v1::CUSTODY_KIND_SIGNED) {
          return absl::OkStatus();  // as its source says
        }
        for (const auto& handoff : ticket_.handoffs()) {
          if (handoff.number() != held.handoff()) continue;
          const bool offered = held.kind() == v1::CUSTODY_KIND_OFFERED;
          const auto& begins = offered ? handoff.offered() : handoff.signed_();
          if (handoff.department() == held.party().id() && Same(begins, held.from())) return absl::OkStatus();
        }
        return Broken("from ", Text(from), " a department held it without a hand-off");
      }
      default:
        return Broken("from ", Text(from), " nobody held it");
    }
  }

  bool OwnedBy(const std::string& owner, absl::Time from, absl::Time to) const {
    return std::any_of(ticket_.ownership().begin(), ticket_.ownership().end(), [&](const v1::OwnershipLink& link) {
      return link.owner() == owner && FromProto(link.from()) <= from && (!link.has_to() || to <= FromProto(link.to()));
    });
  }

  // By what the record says of those who were looked at: who got it was below what he may have in some place, or it
  // says that he was not, and then nobody else was below it and there.
  static bool KeepsToCapacities(const v1::Handoff& handoff) {
    const v1::Routing& routing = handoff.routing();
    const auto is_full = [](const v1::MemberLoad& load) {
      return load.capacity() > 0 && load.in_hand() >= load.capacity();
    };
    bool is_known = false, was_full = false, was_below = false, others_could = false;
    for (const auto& load : routing.loads().members()) {
      if (load.person() == handoff.responsible()) {
        is_known = true;
        (is_full(load) ? was_full : was_below) = true;
      } else {
        others_could = others_could || (!is_full(load) && !IsAway(load.presence()));
      }
    }
    return routing.although_full() ? was_full && !others_could : was_below || !is_known;
  }

  absl::Status Handoffs() const {
    const auto* running = RunningCustody(ticket_);
    int active = 0;
    for (int i = 0; i < ticket_.handoffs_size(); ++i) {
      const auto& handoff = ticket_.handoffs(i);
      if (handoff.number() != static_cast<uint32_t>(i) + 1)
        return Broken("hand-off ", i + 1, " is numbered ", handoff.number());
      const bool answered_for = !handoff.responsible().empty() && handoff.routing().choice() != 0;
      if (handoff.has_routing() && !answered_for) return Broken("hand-off ", handoff.number(), " was routed to nobody");
      if (!KeepsToCapacities(handoff)) {
        return Broken("hand-off ", handoff.number(), " went to somebody who was full, and not because all were");
      }
      const bool offered = handoff.state() == v1::HANDOFF_STATE_OFFERED;
      if (!offered && handoff.state() != v1::HANDOFF_STATE_SIGNED) {
        if (!handoff.has_ended()) return Broken("hand-off ", handoff.number(), " has no end");
        continue;
      }
      ++active;
      const auto kind = offered ? v1::CUSTODY_KIND_OFFERED : v1::CUSTODY_KIND_SIGNED;
      const auto state = offered ? v1::TICKET_STATE_OFFERED : v1::TICKET_STATE_SIGNED;
      if (!running || running->kind() != kind || running->handoff() != handoff.number() || ticket_.state() != state) {
        return Broken("hand-off ", handoff.number(), " is active while somebody else holds it");
      }
    }
    if (active > 1) return Broken("it is with two departments at once");
    const bool with_department =
        ticket_.state() == v1::TICKET_STATE_OFFERED || ticket_.state() == v1::TICKET_STATE_SIGNED;
    if (active == 0 && with_department) return Broken("no department has what its state says");
    return absl::OkStatus();
  }

  const v1::Ticket& ticket_;
  const absl::Time until_;
};

}  // namespace

absl::Status CheckTicket(const v1::Ticket& ticket, absl::Time until) {
  const bool never_opened = ticket.episodes().empty() && ticket.ownership().empty() && ticket.owner().empty();
  return never_opened ? absl::OkStatus() : Proof(ticket, until).Run();
}

absl::Duration HeldBy(const v1::Ticket& ticket, const v1::Party& party, v1::CustodyKind kind, absl::Time until) {
  absl::Duration sum;
  for (const auto& episode : ticket.episodes()) {
    for (const auto& held : episode.custody()) {
      if (held.kind() != kind || !SameParty(held.party(), party)) continue;
      const absl::Time to = held.has_to() ? std::min(FromProto(held.to()), until) : until;
      sum += std::max(to - FromProto(held.from()), absl::ZeroDuration());
    }
  }
  return sum;
}

}  // namespace shoujie::router
