// How letters get from one shard to another of the same service: inside a process by a call, across nodes by whatever
// the cluster has. The whole seam: a letter handed to a courier may get lost, come twice, late, or behind a later one,
// and may reach a shard that owns nothing any more. Messages (shard/outbox.h) hold all the same.
#pragma once

#include "shoujie/journal/v1/letter.pb.h"

namespace shoujie {

class Courier {
 public:
  virtual ~Courier() = default;
  // Brings the letter to whoever owns `letter.service()`/`letter.to_partition()`, that is to `Shard::Receive` there.
  // Called from any shard's thread, possibly for the caller's own shard; must not block.
  virtual void Carry(journal::v1::Letter letter) = 0;
};

}  // namespace shoujie
