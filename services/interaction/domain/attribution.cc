#include "services/interaction/domain/attribution.h"

#include <utility>

#include "absl/strings/strip.h"
#include "services/runtime/base/number.h"

namespace shoujie::interaction {

bool IsCustomerName(absl::string_view name) {
  const bool named = absl::ConsumePrefix(&name, "customers/");
  const auto parsed = Number::Parse(name);
  return named && parsed && parsed->customer && parsed->ToString() == name;
}

absl::Status CustomerUnknown() {
  return Invalid("CUSTOMER_UNKNOWN", "Name the customer by his number, as in customers/C0413-000127-6.",
                 "请以客户编号指明客户，例如 customers/C0413-000127-6。");
}

Decision<v1::Event> DecideAttribute(const v1::Contact& contact, const v1::AttributeContactRequest& request,
                                    const Context& context) {
  if (absl::Status status = CheckExists(context); !status.ok()) return status;
  auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  if (!contact.handler().empty() || !contact.owner().empty()) {
    if (absl::Status status = CheckAnswersFor(contact, *actor, context.reference); !status.ok()) return status;
  }
  if (!IsCustomerName(request.customer())) return CustomerUnknown();
  Draft draft(contact, context);
  if (contact.customer() == request.customer()) return draft.Take();
  v1::Event event;
  auto* attributed = event.mutable_attributed();
  *attributed->mutable_at() = ToProto(InstantOf(request, context));
  attributed->set_customer(request.customer());
  attributed->set_before(contact.customer());
  attributed->set_by(actor->agent.empty() ? context.principal.id : actor->agent);
  attributed->set_open(contact.disposition().empty() || !contact.ticket().empty());
  attributed->set_ticket(contact.ticket());
  draft.Add(std::move(event));
  return draft.Take();
}

Decision<v1::Event> DecideTakeCard(const v1::Contact& contact, const v1::TakeCustomerCardRequest& request,
                                   const Context& context) {
  if (absl::Status status = CheckExists(context); !status.ok()) return status;
  Draft draft(contact, context);
  // Of another customer: the contact was attributed anew while it was under way.
  if (request.card().customer() != contact.customer()) return draft.Take();
  v1::Event event;
  *event.mutable_card_taken()->mutable_at() = ToProto(context.now);
  *event.mutable_card_taken()->mutable_card() = request.card();
  draft.Add(std::move(event));
  return draft.Take();
}

Decision<v1::Event> DecideRefuseAttribution(const v1::Contact& contact, const v1::RefuseAttributionRequest& request,
                                            const Context& context) {
  if (absl::Status status = CheckExists(context); !status.ok()) return status;
  Draft draft(contact, context);
  if (request.customer() != contact.customer()) return draft.Take();
  v1::Event event;
  auto* refused = event.mutable_attribution_refused();
  *refused->mutable_at() = ToProto(context.now);
  refused->set_customer(request.customer());
  refused->set_reason(request.reason());
  refused->set_ticket(contact.ticket());
  draft.Add(std::move(event));
  return draft.Take();
}

}  // namespace shoujie::interaction
