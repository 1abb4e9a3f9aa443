// Broken rules, kept so that the simulator can prove that it would find them. Only tests set one; production code
// passes kNone.
#pragma once

namespace shoujie {

enum class Mutation {
  kNone,
  kAckBeforeDurable,    // a command is answered when its record is sent
  kNoClaimBarrier,      // serves when the claim was reported, without reading up to it
  kDedupForgotten,      // a repeated request id is decided again
  kAckAnyPosition,      // every report without error is taken for "counts", wherever the record lies
  kHoleUnnoticed,       // a record behind a hole of its own term is taken for "counts"
  kSameTermAfterDoubt,  // after a doubt it reads, answers and writes on without a new claim
  kLeaseUnchecked,      // answers without a record whatever time has passed
  kNoLeaseWait,         // a new owner serves at once
  kDeclinedUnrecorded,  // an internal command that is refused leaves no record
  kTimerTwice,          // a timer that waits to be decided is fired again
};

}  // namespace shoujie
