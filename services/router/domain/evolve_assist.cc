#include "services/router/domain/evolve_assist.h"

#include "services/router/domain/ticket.h"

namespace shoujie::router {
namespace {

class AssistFold {
 public:
  AssistFold(v1::Ticket& ticket, const google::protobuf::Timestamp& now, const std::string& principal)
      : ticket_(ticket), now_(now), principal_(principal) {}

  void Apply(const v1::AssistRequested& e) {
    auto& assist = *ticket_.add_assists();
    assist.set_number(e.assist());
    assist.set_state(v1::ASSIST_STATE_OFFERED);
    assist.set_department(e.department());
    assist.set_responsible(e.responsible());
    *assist.mutable_deadline() = e.deadline();
    if (e.has_gist()) *assist.mutable_gist() = e.gist();
    *assist.mutable_asked_by() = e.asked_by();
    assist.set_offered_by(principal_);
    *assist.mutable_offered() = now_;
    assist.set_episode(EpisodeOf(ticket_));
  }

  void Apply(const v1::AssistSigned& e) {
    v1::Assist* assist = Find(e.assist());
    if (assist == nullptr) return;
    assist->set_state(v1::ASSIST_STATE_SIGNED);
    assist->set_handler(e.handler());
    assist->set_signed_by(principal_);
    *assist->mutable_signed_() = now_;
  }

  void Apply(const v1::AssistOverdue& e) {
    v1::Assist* assist = Find(e.assist());
    if (assist == nullptr) return;
    assist->set_overdue(true);
    ticket_.set_overdue_assists(ticket_.overdue_assists() + 1);
  }

  void End(uint32_t number, v1::AssistState state, const common::v1::Personal& outcome,
           v1::HandoffReason reason = v1::HANDOFF_REASON_UNSPECIFIED) {
    v1::Assist* assist = Find(number);
    if (assist == nullptr) return;
    assist->set_state(state);
    assist->set_reason(reason);
    *assist->mutable_outcome() = outcome;
    assist->set_ended_by(principal_);
    *assist->mutable_ended() = now_;
  }

 private:
  v1::Assist* Find(uint32_t number) {
    if (number == 0 || number > static_cast<uint32_t>(ticket_.assists_size())) return nullptr;
    return ticket_.mutable_assists(static_cast<int>(number) - 1);
  }

  v1::Ticket& ticket_;
  const google::protobuf::Timestamp& now_;
  const std::string& principal_;
};

}  // namespace

void EvolveAssist(v1::Ticket& ticket, const v1::Event& event, const google::protobuf::Timestamp& now,
                  const std::string& principal) {
  AssistFold fold(ticket, now, principal);
  switch (event.event_case()) {
    case v1::Event::kAssistRequested:
      return fold.Apply(event.assist_requested());
    case v1::Event::kAssistSigned:
      return fold.Apply(event.assist_signed());
    case v1::Event::kAssistRefused:
      return fold.End(event.assist_refused().assist(), v1::ASSIST_STATE_REFUSED, event.assist_refused().evidence(),
                      event.assist_refused().reason());
    case v1::Event::kAssistCompleted:
      return fold.End(event.assist_completed().assist(), v1::ASSIST_STATE_DONE, event.assist_completed().result());
    case v1::Event::kAssistWithdrawn:
      return fold.End(event.assist_withdrawn().assist(), v1::ASSIST_STATE_WITHDRAWN, event.assist_withdrawn().note());
    case v1::Event::kAssistOverdue:
      return fold.Apply(event.assist_overdue());
    default:
      return;
  }
}

}  // namespace shoujie::router
