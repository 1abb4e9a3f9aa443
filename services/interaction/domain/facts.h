// What a switch (or a source's past) says happened. Facts may come late, repeated or out of order; intake never waits:
// what happened is recorded, a repeat changes nothing, and only a fact after the end of its call is refused.
#pragma once

#include "services/interaction/domain/contact.h"

namespace shoujie::interaction {

absl::StatusOr<Address> RouteFact(const v1::ReportContactFactRequest& request);
absl::StatusOr<Address> RouteHistory(const v1::RecordContactFactsRequest& request);
absl::StatusOr<Address> RouteCreate(const v1::CreateContactRequest& request);

// The end of the conversation and what follows: missed call, flags, wrap-up, the order to dial back.
void End(Draft& draft, absl::Time at, v1::ReleaseParty party, bool abrupt, bool phantom);

Decision<v1::Event> DecideFact(const v1::Contact&, const v1::ReportContactFactRequest&, const Context&);
Decision<v1::Event> DecideHistory(const v1::Contact&, const v1::RecordContactFactsRequest&, const Context&);

}  // namespace shoujie::interaction
