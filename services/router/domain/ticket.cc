#include "services/router/domain/ticket.h"

#include "services/router/domain/times.h"

namespace shoujie::router {

const v1::Handoff* ActiveHandoff(const v1::Ticket& ticket) {
  if (ticket.handoffs().empty()) return nullptr;
  const auto& last = *ticket.handoffs().rbegin();
  const bool active = last.state() == v1::HANDOFF_STATE_OFFERED || last.state() == v1::HANDOFF_STATE_SIGNED;
  return active ? &last : nullptr;
}

bool IsOver(v1::TicketState state) { return state == v1::TICKET_STATE_RESOLVED || state == v1::TICKET_STATE_CLOSED; }

uint32_t EpisodeOf(const v1::Ticket& ticket) {
  return ticket.episodes().empty() ? 0 : ticket.episodes().rbegin()->number();
}

const v1::Custody* RunningCustody(const v1::Ticket& ticket) {
  if (ticket.episodes().empty()) return nullptr;
  const auto& custody = ticket.episodes().rbegin()->custody();
  return custody.empty() ? nullptr : &*custody.rbegin();
}

const v1::Custody* CustodyAt(const v1::Ticket& ticket, absl::Time at) {
  const v1::Custody* found = nullptr;
  for (const auto& episode : ticket.episodes()) {
    for (const auto& held : episode.custody()) {
      if (FromProto(held.from()) > at) return found;
      found = &held;
    }
  }
  return found;
}

v1::Party Person(const std::string& id) {
  v1::Party party;
  party.set_kind(v1::PARTY_KIND_PERSON);
  party.set_id(id);
  return party;
}

v1::Party Department(const std::string& id) {
  v1::Party party;
  party.set_kind(v1::PARTY_KIND_DEPARTMENT);
  party.set_id(id);
  return party;
}

}  // namespace shoujie::router
