// Orders of a contact to an adapter: a dropped call is dialled back at once to the same agent (R084, F022). The order's
// id is the idempotency key; one adapter holds an order at a time; after `not_after` nobody dials.
#pragma once

#include "services/interaction/domain/contact.h"

namespace shoujie::interaction {

void PlaceFirstOrder(Draft& draft, absl::Time at);
// The order is over without the customer; another attempt follows if there is time.
void CloseOrder(Draft& draft, const v1::Order& order, v1::OrderState state, absl::Time at);
bool HasOpenOrder(const v1::Contact& contact);

Decision<v1::Event> DecideTakeOrder(const v1::Contact&, const v1::TakeOrderRequest&, const Context&);
Decision<v1::Event> DecideOrderResult(const v1::Contact&, const v1::ReportOrderResultRequest&, const Context&);

}  // namespace shoujie::interaction
