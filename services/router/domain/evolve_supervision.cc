#include "services/router/domain/evolve_supervision.h"

#include "services/router/domain/ticket.h"

namespace shoujie::router {
namespace {

class SupervisionFold {
 public:
  SupervisionFold(v1::Ticket& ticket, const google::protobuf::Timestamp& now, const std::string& principal)
      : ticket_(ticket), now_(now), principal_(principal) {}

  void Apply(const v1::SupervisionBegun& e) {
    auto& one = *ticket_.add_supervisions();
    one.set_number(e.supervision());
    one.set_episode(EpisodeOf(ticket_));
    one.set_cause(e.cause());
    one.set_count(e.count());
    one.set_supervisor(e.supervisor());
    one.set_owner(e.owner());
    one.set_begun_by(principal_);
    *one.mutable_begun() = now_;
    if (e.has_reason()) *one.mutable_reason() = e.reason();
    one.set_handoff(e.handoff());
    one.set_department(e.department());
    one.set_responsible(e.responsible());
    *one.mutable_deadline() = e.deadline();
    one.set_directory_version(e.directory_version());
    ticket_.clear_notices();
  }

  void Apply(const v1::SupervisionAnswered& e) {
    v1::Supervision* one = Find(e.supervision());
    if (one == nullptr) return;
    one->set_answers(one->answers() + 1);
    if (!one->has_answered()) *one->mutable_answered() = now_;
    *one->mutable_last_answered() = now_;
    one->set_answered_by(principal_);
    if (e.has_text()) *one->mutable_answer() = e.text();
  }

  void Apply(const v1::SupervisionOverdue& e) {
    v1::Supervision* one = Find(e.supervision());
    if (one == nullptr) return;
    one->set_overdue(true);
    one->set_overdue_department(e.department());
    one->set_overdue_responsible(e.responsible());
    one->set_told(e.told());
    if (e.has_notice_due()) *one->mutable_notice_due() = e.notice_due();
    ticket_.set_overdue_supervisions(ticket_.overdue_supervisions() + 1);
  }

  void Apply(const v1::SupervisionLifted& e) {
    v1::Supervision* one = Find(e.supervision());
    if (one == nullptr) return;
    End(*one, v1::SUPERVISION_END_LIFTED);
    if (e.has_finding()) *one->mutable_finding() = e.finding();
  }

  void Apply(const v1::PublicNoticeMade& e) {
    v1::Supervision* one = Find(e.supervision());
    if (one == nullptr) return;
    *one->mutable_noticed() = now_;
    ticket_.set_public_notices(ticket_.public_notices() + 1);
  }

  void Apply(const v1::TicketPrioritized& e) {
    ticket_.set_priority(e.priority());
    ticket_.set_lane(e.lane());
    auto& mark = *ticket_.mutable_priority_mark();
    mark.Clear();
    mark.set_by(principal_);
    *mark.mutable_at() = now_;
    if (e.has_reason()) *mark.mutable_reason() = e.reason();
  }

  // What was begun for one hand-off alone ends with it.
  void EndWithHandoff() {
    if (ticket_.supervisions().empty()) return;
    auto& last = *ticket_.mutable_supervisions()->rbegin();
    if (last.handoff() == 0 || last.has_ended()) return;
    const auto* active = ActiveHandoff(ticket_);
    if (active == nullptr || active->number() != last.handoff()) End(last, v1::SUPERVISION_END_HANDOFF);
  }

 private:
  v1::Supervision* Find(uint32_t number) {
    if (number == 0 || number > static_cast<uint32_t>(ticket_.supervisions_size())) return nullptr;
    return ticket_.mutable_supervisions(static_cast<int>(number) - 1);
  }
  void End(v1::Supervision& one, v1::SupervisionEnd end) {
    one.set_end(end);
    *one.mutable_ended() = now_;
    one.set_ended_by(principal_);
  }

  v1::Ticket& ticket_;
  const google::protobuf::Timestamp& now_;
  const std::string& principal_;
};

}  // namespace

void EvolveSupervision(v1::Ticket& ticket, const v1::Event& event, const google::protobuf::Timestamp& now,
                       const std::string& principal) {
  SupervisionFold fold(ticket, now, principal);
  switch (event.event_case()) {
    case v1::Event::kSupervisionBegun:
      return fold.Apply(event.supervision_begun());
    case v1::Event::kSupervisionAnswered:
      return fold.Apply(event.supervision_answered());
    case v1::Event::kSupervisionOverdue:
      return fold.Apply(event.supervision_overdue());
    case v1::Event::kSupervisionLifted:
      return fold.Apply(event.supervision_lifted());
    case v1::Event::kPublicNoticeMade:
      return fold.Apply(event.public_notice_made());
    case v1::Event::kTicketPrioritized:
      return fold.Apply(event.ticket_prioritized());
    case v1::Event::kUrged:
      if (event.urged().notice() > 0) ticket.set_notices(event.urged().notice());
      return;
    case v1::Event::kTicketReopened:
      return ticket.clear_notices();
    default:
      return fold.EndWithHandoff();
  }
}

}  // namespace shoujie::router
