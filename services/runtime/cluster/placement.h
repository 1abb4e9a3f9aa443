// Who should own a partition and who should stand by: a function of the partition and the nodes that are alive, so that
// all nodes come to the same answer without asking. Rendezvous hashing: when a node dies, the next of each of its
// partitions takes over, which is the one that stood by; nothing else moves. A hint for liveness only; the log decides
// who owns. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/runtime/node/peers.h"

namespace shoujie::cluster {

// The nodes in the order in which they should own partition `partition` (of every service: what reacts to each other
// stays together).
std::vector<Peer> OrderOf(uint32_t partition, std::vector<Peer> nodes);

}  // namespace shoujie::cluster
