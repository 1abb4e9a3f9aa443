#include "services/router/domain/proof_disputes.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/router/domain/disputes.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"

namespace shoujie::router {
namespace {

using Departments = google::protobuf::RepeatedPtrField<std::string>;

bool Has(const Departments& names, const std::string& one) {
  return std::find(names.begin(), names.end(), one) != names.end();
}
bool Meet(const Departments& a, const Departments& b) {
  return std::any_of(a.begin(), a.end(), [&](const auto& one) { return Has(b, one); });
}

class DisputeProof {
 public:
  explicit DisputeProof(const v1::Ticket& ticket) : ticket_(ticket) {}

  absl::Status Run() const {
    for (const auto check :
         {&DisputeProof::Requests, &DisputeProof::Rulings, &DisputeProof::Owners, &DisputeProof::Handoffs}) {
      if (auto status = (this->*check)(); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  template <typename... Parts>
  absl::Status Broken(const Parts&... parts) const {
    return absl::DataLossError(absl::StrCat(ticket_.name(), ": ", parts...));
  }

  absl::Status Requests() const {
    for (int i = 0; i < ticket_.adjudications_size(); ++i) {
      const auto& one = ticket_.adjudications(i);
      if (one.number() != static_cast<uint32_t>(i) + 1) return Broken("dispute ", i + 1, " is numbered ", one.number());
      if (one.episode() < 1 || one.episode() > EpisodeOf(ticket_)) {
        return Broken("dispute ", i + 1, " is of no episode");
      }
      if (one.arbiter().empty()) return Broken("dispute ", i + 1, " has no arbiter");
      if (FromProto(one.deadline()) <= FromProto(one.requested())) return Broken("dispute ", i + 1, " has no time");
      if (!one.has_ruled() && Meet(one.arbiter_of(), one.parties())) {
        return Broken("the arbiter of dispute ", i + 1, " is of a party");
      }
      const bool last = i + 1 == ticket_.adjudications_size();
      if (!last && !one.has_ruled() && ticket_.adjudications(i + 1).episode() == one.episode()) {
        return Broken("dispute ", i + 1, " was open beside another one");
      }
    }
    return absl::OkStatus();
  }

  absl::Status Rulings() const {
    for (const auto& one : ticket_.adjudications()) {
      if (!one.has_ruled()) continue;
      const std::string of = absl::StrCat("ruling ", one.number());
      if (FromProto(one.ruled()) < FromProto(one.requested())) return Broken(of, " was made before it was asked for");
      if (one.ruled_by().empty()) return Broken(of, " was made by nobody");
      if (Meet(one.ruled_by_of(), one.parties()) || Has(one.ruled_by_of(), one.department())) {
        return Broken(of, " was made by somebody of a party");
      }
      if (one.ruled_by() == absl::StrCat("agents/", one.owner())) return Broken(of, " was made by the owner");
      if (one.department().empty() != (one.ruled_handoff() == 0)) return Broken(of, " gives the ticket to nobody");
      if (one.ruled_handoff() == 0) continue;
      if (one.ruled_handoff() > static_cast<uint32_t>(ticket_.handoffs_size())) return Broken(of, " has no hand-off");
      const auto& handoff = ticket_.handoffs(static_cast<int>(one.ruled_handoff()) - 1);
      if (handoff.department() != one.department()) return Broken(of, " is of another department than its hand-off");
      const bool begins = one.ruled_handoff() > one.settles();
      if (begins ? !Same(handoff.offered(), one.ruled()) : FromProto(handoff.offered()) > FromProto(one.ruled())) {
        return Broken(of, " did not put the ticket into the department's custody");
      }
      // Another ruling may have confirmed it since.
      if (handoff.ruling() < one.number()) return Broken(of, " is unknown to its hand-off");
    }
    return absl::OkStatus();
  }

  absl::Status Owners() const {
    for (int i = 1; i < ticket_.ownership_size(); ++i) {
      const auto reason = ticket_.ownership(i).reason();
      const bool successor = reason == v1::OWNER_REASON_OWNER_LEFT;  // the head's, of a ticket that is opened again
      if (reason < v1::OWNER_REASON_LEAVE && !successor) {
        return Broken("ownership link ", i, " is nobody's explicit act");
      }
    }
    for (const auto& one : ticket_.adjudications()) {
      if (one.has_ruled() && !OwnedAt(one.owner(), FromProto(one.ruled()))) {
        return Broken("ruling ", one.number(), " moved the owner");
      }
    }
    return absl::OkStatus();
  }
  bool OwnedAt(const std::string& owner, absl::Time at) const {
    return std::any_of(ticket_.ownership().begin(), ticket_.ownership().end(), [&](const v1::OwnershipLink& link) {
      return link.owner() == owner && FromProto(link.from()) <= at && (!link.has_to() || at <= FromProto(link.to()));
    });
  }

  absl::Status Handoffs() const {
    uint32_t stalls = 0;
    for (const auto& handoff : ticket_.handoffs()) {
      const std::string of = absl::StrCat("hand-off ", handoff.number());
      stalls += handoff.stall().found();
      const bool given_back =
          handoff.state() == v1::HANDOFF_STATE_REFUSED || handoff.state() == v1::HANDOFF_STATE_RETURNED;
      if (handoff.ruling() != 0) {
        if (handoff.ruling() > static_cast<uint32_t>(ticket_.adjudications_size())) return Broken(of, " has no ruling");
        const auto& ruling = ticket_.adjudications(static_cast<int>(handoff.ruling()) - 1);
        if (!ruling.has_ruled() || ruling.ruled_handoff() != handoff.number()) return Broken(of, " is of no ruling");
        if (given_back || handoff.state() == v1::HANDOFF_STATE_WITHDRAWN) {
          return Broken(of, " ended against its ruling");
        }
      } else if (given_back && handoff.has_refusal_budget() &&
                 GivenBackBefore(ticket_, handoff.episode(), handoff.number()) >= handoff.refusal_budget()) {
        return Broken(of, " was given back beyond the budget");
      }
      if (handoff.state() == v1::HANDOFF_STATE_REASSIGNED && !EndedByRuling(handoff)) {
        return Broken(of, " was taken away by no ruling");
      }
    }
    if (stalls != ticket_.stalls()) return Broken("it stalled ", stalls, " times and counts ", ticket_.stalls());
    return absl::OkStatus();
  }
  bool EndedByRuling(const v1::Handoff& handoff) const {
    const auto& all = ticket_.adjudications();
    return std::any_of(all.begin(), all.end(), [&](const v1::Adjudication& one) {
      return one.has_ruled() && one.episode() == handoff.episode() && Same(one.ruled(), handoff.ended()) &&
             one.ruled_handoff() != handoff.number();
    });
  }

  const v1::Ticket& ticket_;
};

}  // namespace

absl::Status CheckDisputes(const v1::Ticket& ticket) { return DisputeProof(ticket).Run(); }

}  // namespace shoujie::router
