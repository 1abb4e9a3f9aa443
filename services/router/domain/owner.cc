#include "services/router/domain/owner.h"

namespace shoujie::router {
namespace {

// A head who leaves or has left himself is passed over as long as another site has one.
std::string HeadOf(absl::string_view named, absl::string_view site_id, const Reference& reference) {
  const auto present = [&](const std::string& id) {
    const auto* agent = reference.agent(id);
    return !id.empty() && agent && TakesNew(*agent);
  };
  std::string head;
  if (const auto* agent = reference.agent(named)) {
    head = reference.HeadFor(agent->id());
  } else if (const auto* site = reference.site(site_id)) {
    head = site->head();
  }
  if (present(head)) return head;
  for (const auto& site : reference.directory().sites()) {
    if (present(site.head())) return site.head();
  }
  return head.empty() ? reference.HeadFor(named) : head;
}

std::string HeadOr(absl::string_view named, absl::string_view site, const Reference& reference) {
  std::string head = HeadOf(named, site, reference);
  if (!head.empty()) return head;
  return named.empty() ? "centre-head" : std::string(named);
}

}  // namespace

Owner OwnerFor(absl::string_view named, absl::string_view site, const Reference& reference) {
  const auto* agent = reference.agent(named);
  if (agent && TakesNew(*agent)) return {std::string(named), v1::OWNER_REASON_FIRST_CONTACT};
  const auto reason = agent ? v1::OWNER_REASON_OWNER_LEFT : v1::OWNER_REASON_OWNER_UNKNOWN;
  return {HeadOr(named, site, reference), reason};
}

std::optional<v1::Event> InsteadOfGone(const v1::Ticket& ticket, const Reference& reference) {
  const auto* agent = reference.agent(ticket.owner());
  if (agent == nullptr || TakesNew(*agent)) return std::nullopt;
  const std::string head = HeadOf(ticket.owner(), ticket.site(), reference);
  const auto* successor = reference.agent(head);
  if (successor == nullptr || !TakesNew(*successor)) return std::nullopt;  // no published directory is so
  v1::Event event;
  auto& transferred = *event.mutable_ownership_transferred();
  transferred.set_from(ticket.owner());
  transferred.set_to(head);
  transferred.set_reason(v1::OWNER_REASON_OWNER_LEFT);
  return event;
}

Owner SourceOwnerFor(absl::string_view opener, absl::string_view source, const Reference& reference) {
  if (reference.agent(opener)) return {std::string(opener), v1::OWNER_REASON_SOURCE_OPENER};
  return {HeadOr(opener, source, reference), v1::OWNER_REASON_SOURCE_UNKNOWN};
}

}  // namespace shoujie::router
