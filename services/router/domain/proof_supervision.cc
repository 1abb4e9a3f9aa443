#include "services/router/domain/proof_supervision.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/router/domain/limits.h"
#include "services/router/domain/ticket.h"
#include "services/router/domain/times.h"

namespace shoujie::router {
namespace {

class SupervisionProof {
 public:
  SupervisionProof(const v1::Ticket& ticket, const v1::Supervision& one) : ticket_(ticket), one_(one) {}

  absl::Status Run() const {
    for (const auto check :
         {&SupervisionProof::Names, &SupervisionProof::End, &SupervisionProof::Deadline, &SupervisionProof::Notice}) {
      if (auto status = (this->*check)(); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  template <typename... Parts>
  absl::Status Broken(const Parts&... parts) const {
    return absl::DataLossError(absl::StrCat(ticket_.name(), ": supervision ", one_.number(), parts...));
  }

  absl::Status Names() const {
    if (one_.supervisor().empty() || one_.begun_by().empty()) return Broken(" is nobody's");
    if (one_.supervisor() == one_.owner()) return Broken(" is the owner's over himself");
    if (!OwnedAt(one_.owner(), FromProto(one_.begun()))) return Broken(" is of somebody who did not own the ticket");
    if (one_.responsible().empty() && one_.department().empty()) return Broken(" asks nobody");
    if (one_.cause() == v1::SUPERVISION_CAUSE_UNSPECIFIED) return Broken(" has no cause");
    if (one_.episode() < 1 || one_.episode() > EpisodeOf(ticket_)) return Broken(" is of no episode");
    return absl::OkStatus();
  }
  bool OwnedAt(const std::string& owner, absl::Time at) const {
    const auto& chain = ticket_.ownership();
    return std::any_of(chain.begin(), chain.end(), [&](const v1::OwnershipLink& link) {
      return link.owner() == owner && FromProto(link.from()) <= at && (!link.has_to() || at <= FromProto(link.to()));
    });
  }

  absl::Status End() const {
    const bool ended = one_.end() != v1::SUPERVISION_END_UNSPECIFIED;
    if (ended != one_.has_ended() || ended == one_.ended_by().empty()) return Broken(" and its end disagree");
    if (ended && FromProto(one_.ended()) < FromProto(one_.begun())) return Broken(" ends before it begins");
    const bool last = one_.number() == static_cast<uint32_t>(ticket_.supervisions_size());
    if (!last && !ended && ticket_.supervisions(static_cast<int>(one_.number())).episode() == one_.episode()) {
      return Broken(" stood beside another one");
    }
    if (one_.handoff() == 0) {
      return one_.end() == v1::SUPERVISION_END_HANDOFF ? Broken(" ended with no hand-off") : absl::OkStatus();
    }
    if (one_.handoff() > static_cast<uint32_t>(ticket_.handoffs_size())) return Broken(" is of no hand-off");
    const auto& handoff = ticket_.handoffs(static_cast<int>(one_.handoff()) - 1);
    if (!ended && handoff.has_ended()) return Broken(" stands for a hand-off that is over");
    return absl::OkStatus();
  }

  absl::Status Deadline() const {
    if (FromProto(one_.deadline()) <= FromProto(one_.begun())) return Broken(" leaves no time");
    if (one_.has_answered() != (one_.answers() > 0)) return Broken(" and its answers disagree");
    if (one_.overdue() && one_.has_answered() && FromProto(one_.answered()) < FromProto(one_.deadline())) {
      return Broken(" is overdue although it was answered");
    }
    return absl::OkStatus();
  }

  absl::Status Notice() const {
    if (!one_.has_noticed()) return absl::OkStatus();
    if (!one_.overdue() || one_.overdue_department().empty()) return Broken(" was noticed and not overdue");
    const absl::Time noticed = FromProto(one_.noticed());
    if (!one_.has_notice_due() || noticed < FromProto(one_.notice_due())) return Broken(" was noticed too early");
    if (one_.has_answered() && FromProto(one_.answered()) < noticed) return Broken(" was noticed though answered");
    return absl::OkStatus();
  }

  const v1::Ticket& ticket_;
  const v1::Supervision& one_;
};

}  // namespace

absl::Status CheckSupervision(const v1::Ticket& ticket) {
  const auto broken = [&](const auto&... parts) {
    return absl::DataLossError(absl::StrCat(ticket.name(), ": ", parts...));
  };
  uint32_t overdue = 0, noticed = 0;
  for (int i = 0; i < ticket.supervisions_size(); ++i) {
    const auto& one = ticket.supervisions(i);
    if (one.number() != static_cast<uint32_t>(i) + 1) {
      return broken("supervision ", i + 1, " is numbered ", one.number());
    }
    if (auto status = SupervisionProof(ticket, one).Run(); !status.ok()) return status;
    overdue += one.overdue();
    noticed += one.has_noticed();
  }
  if (ticket.supervisions_size() > kSupervisionsMax) return broken("it was supervised too often");
  if (overdue != ticket.overdue_supervisions() || noticed != ticket.public_notices()) {
    return broken("it counts other supervisions than it has");
  }
  return absl::OkStatus();
}

}  // namespace shoujie::router
