// The router of the workloads that play a call centre, whole or broken on purpose in one place, so that their checks
// can fail: each of these has a line in `Mutants` (scenario.h) and must be found.
#pragma once

#include "services/runtime/domain.h"

namespace shoujie::testing {

enum class Broken {
  kNothing,
  kOwnerForgotten,      // a transfer leaves nobody accountable
  kTicketForgotten,     // some contacts that need a ticket get none
  kCustodyGap,          // for a ticket's first second nobody is accountable
  kPauseForgotten,      // clocks run on while the customer's answer is awaited
  kBreachTwice,         // a clock's timer judges it twice
  kRefusalForgotten,    // departments refuse as if nobody had before
  kRoutedToNobody,      // a routed hand-off forgets who is responsible
  kCapacityForgotten,   // a routed hand-off goes to somebody who was passed over because he was full
  kParentFirst,         // a hand-off and a ticket are done while departments still assist
  kMergeUnchecked,      // a ticket takes duplicates although it is merged itself, or asks to be
  kDuplicateForgotten,  // a ticket does not know its duplicates
  kSupervisedTwice,     // a supervision begins beside one that stands
  // No proof of a ticket can see these: each leaves a ticket that might have come about properly. A flow knows better.
  kReopenerOwns,    // whoever reopens a ticket becomes its owner, as if by a transfer
  kTargetReplaced,  // a clock that goes on after a pause has another policy's target
};

// The router's domain, which reacts to the interaction service.
ServiceDomain BrokenRouter(Broken broken);

}  // namespace shoujie::testing
