// Whose a contact is: the link in the contact's slot (a stream "links/0413-000127-6") and its other end, the customer's
// stream in his own slot. They know each other by messages alone:
//
//   contact attributed ─reaction─> link ──LinkContact──> customer     (Unlink to the one before)
//                                  link <──TakeCard────  customer     at once, and at each change while the matter is
//                                  open link <─MessageDeclined─ his slot   there is no such customer
//   contact takes card <─reaction─ link
//
// Nothing here says who a customer is. Pure.
#pragma once

#include <memory>

#include "services/runtime/domain.h"
#include "shoujie/profile/v1/customer.pb.h"
#include "shoujie/profile/v1/events.pb.h"
#include "shoujie/profile/v1/link.pb.h"

namespace shoujie::profile {

// Open matters of one customer that are told of his changes: beyond it the oldest is told no more.
inline constexpr int kLinksToldMax = 1000;

std::unique_ptr<StreamType> LinkStream();

// The customer's side.
Decision<v1::Event> DecideLink(const v1::Customer&, const v1::LinkContactRequest&, const Context&);
Decision<v1::Event> DecideUnlink(const v1::Customer&, const v1::UnlinkContactRequest&, const Context&);
void EvolveLinks(v1::Customer& state, const v1::Event& event);
v1::Card CardOf(absl::string_view customer, uint64_t version, const v1::Details& details);
// What an event about `before` that leaves `after` has to tell the open matters: nothing, if their card stays the same.
void TellLinks(const v1::Customer& before, const v1::Details& after, const Context& context,
               Decided<v1::Event>* decided);

}  // namespace shoujie::profile
