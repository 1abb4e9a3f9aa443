#include "services/profile/domain/link.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"

namespace shoujie::profile {
namespace {

using Events = std::vector<Decided<v1::Event>>;

absl::Status NoCustomer(absl::string_view customer) {
  return NotFound("CUSTOMER_NOT_FOUND", "There is no customer of this number. Look him up by phone, or create him.",
                  "没有该编号的客户。请按电话查找，或新建客户。", {{"customer", customer}});
}

void AskFor(const std::string& customer, absl::string_view link, bool reopened, Decided<v1::Event>* decided) {
  v1::LinkContactRequest request;
  request.set_name(customer);
  request.set_link(std::string(link));
  request.set_reopened(reopened);
  decided->Send(std::move(request));
}

void LetGo(const std::string& customer, absl::string_view link, bool closed, Decided<v1::Event>* decided) {
  v1::UnlinkContactRequest request;
  request.set_name(customer);
  request.set_link(std::string(link));
  request.set_closed(closed);
  decided->Send(std::move(request));
}

Decision<v1::Event> DecideMove(const v1::Link& link, const v1::MoveLinkRequest& request, const Context& context) {
  if (link.customer() == request.customer()) return Events{};
  v1::Event event;
  auto* moved = event.mutable_link_moved();
  *moved->mutable_at() = ToProto(context.now);
  moved->set_contact(request.contact());
  moved->set_customer(request.customer());
  moved->set_before(link.customer());
  moved->set_open(request.open());
  Decided<v1::Event> decided(std::move(event));
  if (!link.customer().empty()) LetGo(link.customer(), context.stream, false, &decided);
  if (!request.customer().empty()) {
    AskFor(request.customer(), context.stream, false, &decided);
    if (!request.open()) LetGo(request.customer(), context.stream, true, &decided);
  }
  return One(std::move(decided));
}

Decision<v1::Event> DecideSetOpen(const v1::Link& link, const v1::SetLinkOpenRequest& request, const Context& context) {
  if (link.customer().empty() || link.open() == request.open()) return Events{};
  v1::Event event;
  *event.mutable_link_open_set()->mutable_at() = ToProto(context.now);
  event.mutable_link_open_set()->set_open(request.open());
  Decided<v1::Event> decided(std::move(event));
  if (request.open()) {
    AskFor(link.customer(), context.stream, true, &decided);
  } else {
    LetGo(link.customer(), context.stream, true, &decided);
  }
  return One(std::move(decided));
}

Decision<v1::Event> DecideTakeCard(const v1::Link& link, const v1::TakeCardRequest& request, const Context& context) {
  // Of a customer that it has left meanwhile, or nothing new.
  if (link.customer() != request.card().customer() || link.card().version() >= request.card().version()) {
    return Events{};
  }
  v1::Event event;
  auto* received = event.mutable_card_received();
  *received->mutable_at() = ToProto(context.now);
  received->set_contact(link.contact());
  *received->mutable_card() = request.card();
  return One(std::move(event));
}

// The only message of a link that can be refused for good is the first to a customer: he does not exist.
Decision<v1::Event> DecideDeclined(const v1::Link& link, const common::v1::MessageDeclined& declined,
                                   const Context& context) {
  if (declined.type() != v1::LinkContactRequest::descriptor()->full_name() || declined.to() != link.customer()) {
    return Events{};
  }
  v1::Event event;
  auto* refused = event.mutable_link_refused();
  *refused->mutable_at() = ToProto(context.now);
  refused->set_contact(link.contact());
  refused->set_customer(link.customer());
  refused->set_reason(declined.reason());
  return One(std::move(event));
}

void EvolveLink(v1::Link& link, const v1::Event& event, const EventContext& at) {
  switch (event.event_case()) {
    case v1::Event::kLinkMoved:
      link.set_name(std::string(at.stream));
      link.set_contact(event.link_moved().contact());
      link.set_customer(event.link_moved().customer());
      link.set_open(event.link_moved().open());
      *link.mutable_since() = event.link_moved().at();
      link.clear_card();
      break;
    case v1::Event::kLinkRefused:
      link.clear_customer();
      link.clear_card();
      break;
    case v1::Event::kCardReceived:
      *link.mutable_card() = event.card_received().card();
      break;
    case v1::Event::kLinkOpenSet:
      link.set_open(event.link_open_set().open());
      break;
    default:
      break;
  }
}

bool IsTold(const v1::Customer& customer, const std::string& link) {
  return std::find(customer.open_links().begin(), customer.open_links().end(), link) != customer.open_links().end();
}

void Forget(v1::Customer& customer, const std::string& link) {
  auto& links = *customer.mutable_open_links();
  links.erase(std::remove(links.begin(), links.end(), link), links.end());
}

}  // namespace

std::unique_ptr<StreamType> LinkStream() {
  auto links = std::make_unique<TypedStream<v1::Link, v1::Event>>("links", &EvolveLink);
  links->On<v1::MoveLinkRequest>(&ToNamed<v1::MoveLinkRequest>, &DecideMove)
      .On<v1::SetLinkOpenRequest>(&ToNamed<v1::SetLinkOpenRequest>, &DecideSetOpen)
      .On<v1::TakeCardRequest>(&ToNamed<v1::TakeCardRequest>, &DecideTakeCard)
      .On<common::v1::MessageDeclined>(&ToNamed<common::v1::MessageDeclined>, &DecideDeclined);
  return links;
}

v1::Card CardOf(absl::string_view customer, uint64_t version, const v1::Details& details) {
  v1::Card card;
  card.set_customer(std::string(customer));
  card.set_root(std::string(customer));
  card.set_version(version);
  card.set_class_(details.class_());
  card.set_language(details.language());
  if (details.has_preferences()) *card.mutable_preferences() = details.preferences();
  return card;
}

void TellLinks(const v1::Customer& before, const v1::Details& after, const Context& context,
               Decided<v1::Event>* decided) {
  const v1::Card card = CardOf(context.stream, context.version + 1, after);
  v1::Card known = CardOf(context.stream, context.version + 1, before.details());
  if (card.SerializeAsString() == known.SerializeAsString()) return;
  for (const std::string& link : before.open_links()) {
    v1::TakeCardRequest take;
    take.set_name(link);
    *take.mutable_card() = card;
    decided->Send(std::move(take));
  }
}

Decision<v1::Event> DecideLink(const v1::Customer& customer, const v1::LinkContactRequest& request,
                               const Context& context) {
  if (context.version == 0) return NoCustomer(context.stream);
  if (IsTold(customer, request.link())) return Events{};
  v1::Event event;
  auto* linked = event.mutable_contact_linked();
  *linked->mutable_at() = ToProto(context.now);
  linked->set_link(request.link());
  linked->set_reopened(request.reopened());
  v1::TakeCardRequest take;
  take.set_name(request.link());
  *take.mutable_card() = CardOf(context.stream, context.version + 1, customer.details());
  Decided<v1::Event> decided(std::move(event));
  decided.Send(std::move(take));
  return One(std::move(decided));
}

Decision<v1::Event> DecideUnlink(const v1::Customer& customer, const v1::UnlinkContactRequest& request,
                                 const Context& context) {
  if (context.version == 0) return NoCustomer(context.stream);
  if (request.closed() && !IsTold(customer, request.link())) return Events{};
  v1::Event event;
  auto* unlinked = event.mutable_contact_unlinked();
  *unlinked->mutable_at() = ToProto(context.now);
  unlinked->set_link(request.link());
  unlinked->set_closed(request.closed());
  return One(std::move(event));
}

void EvolveLinks(v1::Customer& state, const v1::Event& event) {
  if (event.has_contact_linked()) {
    const auto& linked = event.contact_linked();
    if (!linked.reopened()) state.set_contacts(state.contacts() + 1);
    if (state.open_links_size() >= kLinksToldMax) state.mutable_open_links()->erase(state.open_links().begin());
    state.add_open_links(linked.link());
  } else if (event.has_contact_unlinked()) {
    const auto& unlinked = event.contact_unlinked();
    if (!unlinked.closed() && state.contacts() > 0) state.set_contacts(state.contacts() - 1);
    Forget(state, unlinked.link());
  }
}

}  // namespace shoujie::profile
