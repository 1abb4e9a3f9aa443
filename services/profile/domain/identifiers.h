// Which key an identifier of a customer claims: the space it is unique in and its normalised value, which also chooses
// the slot (a contact from the same phone lives there too). Pure.
#pragma once

#include "absl/status/statusor.h"
#include "services/runtime/domain.h"
#include "shoujie/profile/v1/commands.pb.h"

namespace shoujie::profile {

absl::StatusOr<UniqueKey> KeyOf(const v1::IdentifierInput& identifier);

// The key of an identifier that is normalised already (of an event as decided).
UniqueKey KeyOf(const v1::Identifier& identifier);

}  // namespace shoujie::profile
