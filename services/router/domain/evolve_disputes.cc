#include "services/router/domain/evolve_disputes.h"

#include "services/router/domain/ticket.h"

namespace shoujie::router {
namespace {

class DisputeFold {
 public:
  DisputeFold(v1::Ticket& ticket, const google::protobuf::Timestamp& now, const std::string& principal)
      : ticket_(ticket), now_(now), principal_(principal) {}

  void Apply(const v1::AdjudicationRequested& e) {
    auto& adjudication = *ticket_.add_adjudications();
    adjudication.set_number(e.adjudication());
    adjudication.set_episode(EpisodeOf(ticket_));
    adjudication.set_requested_by(principal_);
    *adjudication.mutable_requested() = now_;
    adjudication.set_reason(e.reason());
    if (e.has_evidence()) *adjudication.mutable_evidence() = e.evidence();
    adjudication.set_handoff(e.handoff());
    *adjudication.mutable_parties() = e.parties();
    adjudication.set_proposed(e.proposed());
    adjudication.set_arbiter(e.arbiter());
    *adjudication.mutable_arbiter_of() = e.arbiter_of();
    *adjudication.mutable_deadline() = e.deadline();
    *adjudication.mutable_precedents() = e.precedents();
  }

  void Apply(const v1::AdjudicationOverdue& e) {
    if (auto* adjudication = AdjudicationOf(e.adjudication())) adjudication->set_overdue(true);
  }

  void Apply(const v1::AdjudicationRuled& e) {
    auto* adjudication = AdjudicationOf(e.adjudication());
    if (adjudication == nullptr) return;
    *adjudication->mutable_ruled() = now_;
    adjudication->set_ruled_by(principal_);
    *adjudication->mutable_ruled_by_of() = e.ruled_by_of();
    *adjudication->mutable_parties() = e.parties();
    adjudication->set_department(e.department());
    adjudication->set_ruled_handoff(e.handoff());
    if (e.has_deadline()) *adjudication->mutable_ruled_deadline() = e.deadline();
    if (e.has_grounds()) *adjudication->mutable_grounds() = e.grounds();
    adjudication->set_owner(e.owner());
    adjudication->set_settles(e.settles());
    *adjudication->mutable_ruling_precedents() = e.precedents();
    auto* handoff = HandoffOf(e.handoff());  // one that begins with the ruling is not there yet
    if (handoff == nullptr) return;
    handoff->set_ruling(e.adjudication());
    if (!e.has_deadline()) return;
    *handoff->mutable_deadline() = e.deadline();
    handoff->set_overdue(false);
  }

  void Apply(const v1::HandoffOffered& e) {
    if (e.ruling() == 0) return;
    if (auto* handoff = HandoffOf(e.handoff())) handoff->set_ruling(e.ruling());
  }
  void Apply(const v1::HandoffSigned& e) {
    if (!e.has_stall_after()) return;
    if (auto* handoff = HandoffOf(e.handoff())) *handoff->mutable_stall()->mutable_after() = e.stall_after();
  }
  void Apply(const v1::ProgressReported& e) {
    auto* handoff = HandoffOf(e.handoff());
    if (handoff != nullptr && handoff->has_stall()) handoff->mutable_stall()->set_standing(false);
  }
  template <typename GivenBack>
  void KeepBudget(const GivenBack& e) {
    if (!e.has_refusal_budget()) return;
    if (auto* handoff = HandoffOf(e.handoff())) handoff->set_refusal_budget(e.refusal_budget());
  }

  void Apply(const v1::HandoffStalled& e) {
    ticket_.set_stalls(ticket_.stalls() + 1);
    auto* handoff = HandoffOf(e.handoff());
    if (handoff == nullptr) return;
    handoff->mutable_stall()->set_found(handoff->stall().found() + 1);
    handoff->mutable_stall()->set_standing(true);
  }

  void Apply(const v1::SuperiorAsked& e) {
    auto& escalation = *ticket_.add_escalations();
    escalation.set_number(e.escalation());
    escalation.set_kind(e.kind());
    escalation.set_to(e.to());
    *escalation.mutable_deadline() = e.deadline();
    if (e.has_text()) *escalation.mutable_reason() = e.text();
    escalation.set_by(principal_);
    *escalation.mutable_at() = now_;
    escalation.set_episode(EpisodeOf(ticket_));
  }

  void Apply(const v1::SuperiorAnswered& e) {
    for (auto& escalation : *ticket_.mutable_escalations()) {
      if (escalation.number() != e.escalation()) continue;
      *escalation.mutable_answered() = now_;
      escalation.set_instructed_by(e.instructed_by());
      escalation.set_answered_by(principal_);
      if (e.has_text()) *escalation.mutable_answer() = e.text();
    }
  }

 private:
  v1::Adjudication* AdjudicationOf(uint32_t number) {
    if (number == 0 || number > static_cast<uint32_t>(ticket_.adjudications_size())) return nullptr;
    return ticket_.mutable_adjudications(static_cast<int>(number) - 1);
  }
  v1::Handoff* HandoffOf(uint32_t number) {
    if (number == 0 || number > static_cast<uint32_t>(ticket_.handoffs_size())) return nullptr;
    return ticket_.mutable_handoffs(static_cast<int>(number) - 1);
  }

  v1::Ticket& ticket_;
  const google::protobuf::Timestamp& now_;
  const std::string& principal_;
};

}  // namespace

void EvolveDispute(v1::Ticket& ticket, const v1::Event& event, const google::protobuf::Timestamp& now,
                   const std::string& principal) {
  DisputeFold fold(ticket, now, principal);
  switch (event.event_case()) {
    case v1::Event::kAdjudicationRequested:
      return fold.Apply(event.adjudication_requested());
    case v1::Event::kAdjudicationOverdue:
      return fold.Apply(event.adjudication_overdue());
    case v1::Event::kAdjudicationRuled:
      return fold.Apply(event.adjudication_ruled());
    case v1::Event::kHandoffOffered:
      return fold.Apply(event.handoff_offered());
    case v1::Event::kHandoffSigned:
      return fold.Apply(event.handoff_signed());
    case v1::Event::kProgressReported:
      return fold.Apply(event.progress_reported());
    case v1::Event::kHandoffRefused:
      return fold.KeepBudget(event.handoff_refused());
    case v1::Event::kHandoffReturned:
      return fold.KeepBudget(event.handoff_returned());
    case v1::Event::kPingPongFound:
      return ticket.set_ping_pongs(ticket.ping_pongs() + 1);
    case v1::Event::kHandoffStalled:
      return fold.Apply(event.handoff_stalled());
    case v1::Event::kSuperiorAsked:
      return fold.Apply(event.superior_asked());
    case v1::Event::kSuperiorAnswered:
      return fold.Apply(event.superior_answered());
    default:
      return;
  }
}

}  // namespace shoujie::router
