// Who is asking. Made by the server from a credential, never from a message.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace shoujie {

// Rights that come with a token. What an agent may do beyond `kAgent` (leader, head, department member) is decided by
// the domain from the adopted directory.
enum class Right : uint32_t {
  kAgent = 1,     // take part in contacts and tickets as oneself
  kFacts = 2,     // set `occurred_at`, report facts, record history (switch, importer)
  kOrders = 4,    // take orders (switch)
  kPublish = 8,   // publish directory versions
  kRead = 16,     // read what is not one's own
  kOperate = 32,  // everything that operators do: tokens, checkpoints, verification
  kSystem = 64,   // the runtime itself: timers, reactions, adoption
};

// As tokens, errors and the command line spell them: "agent,facts". `kSystem` has no name: it is never given.
absl::string_view RightName(Right right);
std::string RightsToNames(uint32_t rights);
// Errors: RIGHTS_UNKNOWN.
absl::StatusOr<uint32_t> RightsFromNames(absl::string_view names);

struct Principal {
  std::string id;  // resource-like: "agents/1001", "adapters/switch-1", "operators/first", "system/router"
  uint32_t rights = 0;

  bool Has(Right right) const { return rights & static_cast<uint32_t>(right); }
};

}  // namespace shoujie
