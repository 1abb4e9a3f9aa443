// Whose contact it is (architecture §4: attribution is a link, the contact stays where it is). The customer lives in a
// slot of his own: profile's link in the contact's slot tells him, and brings back his card, or that there is no such
// customer. A wrong customer on a contact is put right by one act, attributing it anew; it is no merge.
#pragma once

#include "services/interaction/domain/contact.h"

namespace shoujie::interaction {

// Whether this is a customer's resource name, "customers/C0413-000127-6"; and the refusal if it is not.
bool IsCustomerName(absl::string_view name);
absl::Status CustomerUnknown();

Decision<v1::Event> DecideAttribute(const v1::Contact&, const v1::AttributeContactRequest&, const Context&);
Decision<v1::Event> DecideTakeCard(const v1::Contact&, const v1::TakeCustomerCardRequest&, const Context&);
Decision<v1::Event> DecideRefuseAttribution(const v1::Contact&, const v1::RefuseAttributionRequest&, const Context&);

}  // namespace shoujie::interaction
