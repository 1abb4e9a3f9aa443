// The table of SLA policies: which row is a ticket's. Rows are asked from the first on; the first that matches says
// which clocks run and against what targets. Pure; used where clocks start, where they are judged again, and where a
// table is examined before it is published.
#pragma once

#include <string>
#include <vector>

#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie {

// What a row looks at.
struct SlaCase {
  std::vector<std::string> categories;  // the ticket's, and those above it
  profile::v1::CustomerClass customer_class = profile::v1::CUSTOMER_CLASS_UNSPECIFIED;
  uint32_t priority = 0;
  interaction::v1::Channel channel = interaction::v1::CHANNEL_UNSPECIFIED;
  std::string reason;
};

bool Matches(const directory::v1::SlaPolicy& row, const SlaCase& of);
// Whether it matches whatever there is.
bool MatchesAll(const directory::v1::SlaPolicy& row);
// nullptr: no row does.
const directory::v1::SlaPolicy* FirstMatch(const directory::v1::Directory& directory, const SlaCase& of);

// nullptr: the row has no clock of this kind.
const directory::v1::ClockTarget* TargetOf(const directory::v1::SlaPolicy& row, directory::v1::ClockKind kind);

}  // namespace shoujie
