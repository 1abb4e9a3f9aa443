// Broken rules, kept so that the simulator can prove that it would find them. Only tests set one; production code
// passes kNone.
#pragma once

namespace shoujie {

enum class Mutation {
  kNone,
  kAckBeforeDurable,  // a command is answered when its record is sent
  kNoClaimBarrier,    // serves when the claim was reported, without reading up to it
  kDedupForgotten,    // a repeated request id is decided again
};

}  // namespace shoujie
