// What is known of a customer, between requests (plain text), events and state (sealed fields). Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/runtime/domain.h"
#include "shoujie/profile/v1/commands.pb.h"

namespace shoujie::profile {

// Refuses what no customer can have: an unknown class, more addresses than there is room for, labels that are no codes.
absl::Status CheckDetails(const v1::DetailsInput& input);

// The fields that the input sets.
v1::Details DetailsOf(const v1::DetailsInput& input);

// What `input` and `clear` together would really change in `details`: answers the names of those fields and sets `next`
// to their new values. Errors: a name in `clear` that is no field, or one that is set as well.
absl::StatusOr<std::vector<std::string>> Changes(const v1::Details& details, const v1::DetailsInput& input,
                                                 const std::vector<std::string>& clear, const Context& context,
                                                 v1::Details* next);

// Puts the fields named in `changed` from `next` into `details`, empty where `next` has nothing.
void Apply(const std::vector<std::string>& changed, const v1::Details& next, v1::Details* details);

}  // namespace shoujie::profile
