#include "services/router/domain/evolve_custody.h"

#include "services/router/domain/ticket.h"

namespace shoujie::router {
namespace {

void EndPause(v1::Ticket& ticket, const google::protobuf::Timestamp& now) {
  auto& pauses = *ticket.mutable_episodes()->rbegin()->mutable_pauses();
  if (!pauses.empty() && !pauses.rbegin()->has_to()) *pauses.rbegin()->mutable_to() = now;
}

}  // namespace

void Hold(v1::Ticket& ticket, v1::CustodyKind kind, const v1::Party& party, uint32_t handoff,
          const google::protobuf::Timestamp& from) {
  for (auto& episode : *ticket.mutable_episodes()) {
    if (episode.custody().empty()) continue;
    auto& running = *episode.mutable_custody()->rbegin();
    if (!running.has_to()) *running.mutable_to() = from;
  }
  auto& next = *ticket.mutable_episodes()->rbegin()->add_custody();
  next.set_kind(kind);
  *next.mutable_party() = party;
  *next.mutable_from() = from;
  next.set_handoff(handoff);
}

void SetState(v1::Ticket& ticket, v1::TicketState state, const google::protobuf::Timestamp& now) {
  const bool awaited = ticket.has_awaiting_since();
  if (awaited && state == v1::TICKET_STATE_ACTIVE) state = v1::TICKET_STATE_AWAITING_CUSTOMER;
  if (state == ticket.state()) return;
  if (!awaited && ticket.state() == v1::TICKET_STATE_AWAITING_CUSTOMER) EndPause(ticket, now);
  if (!awaited && state == v1::TICKET_STATE_AWAITING_CUSTOMER) BeginPause(ticket, now);
  ticket.set_state(state);
}

void BackToOwner(v1::Ticket& ticket, const google::protobuf::Timestamp& now) {
  Hold(ticket, v1::CUSTODY_KIND_OWNER, Person(ticket.owner()), 0, now);
  *ticket.mutable_handler() = Person(ticket.owner());
  SetState(ticket, v1::TICKET_STATE_ACTIVE, now);
}

void BeginPause(v1::Ticket& ticket, const google::protobuf::Timestamp& now) {
  auto& pauses = *ticket.mutable_episodes()->rbegin()->mutable_pauses();
  if (pauses.empty() || pauses.rbegin()->has_to()) *pauses.Add()->mutable_from() = now;
}

void StopWaiting(v1::Ticket& ticket, const google::protobuf::Timestamp& now) {
  if (ticket.has_awaiting_since()) EndPause(ticket, now);
  ticket.clear_awaiting_since();
}

}  // namespace shoujie::router
