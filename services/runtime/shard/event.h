// Reading a recorded event: the only place that parses one, so that owner, standby, rebuild, lists, reactions, time
// travel and proofs all see the same. Events outlive the code that wrote them: fields that are not known pass, an event
// of an older form is brought into today's by its service (`ServiceDomain::upcast`), and an event of a kind that this
// version does not know is refused, so that nobody goes on without it.
#pragma once

#include "absl/status/status.h"
#include "services/runtime/domain.h"
#include "shoujie/journal/v1/record.pb.h"

namespace shoujie {

// Event `n` of the commit, in today's form, into `event` (of the type of the service's Event). Errors, for which a shard
// halts: DATA_LOSS (EVENT_BROKEN), FAILED_PRECONDITION (EVENT_UNKNOWN: a newer version wrote it).
absl::Status ReadEvent(absl::string_view service, Upcast upcast, const journal::v1::Commit& commit, int n,
                       google::protobuf::Message* event);
inline absl::Status ReadEvent(const ServiceDomain& domain, const journal::v1::Commit& commit, int n,
                              google::protobuf::Message* event) {
  return ReadEvent(domain.name, domain.upcast, commit, n, event);
}

}  // namespace shoujie
