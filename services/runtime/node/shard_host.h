// The shards of one node, as whoever decides what it should own sees them (cluster/cluster.h). Implemented by Node, and
// by the simulator's machines. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/runtime/node/peers.h"
#include "services/runtime/shard/shard.h"

namespace shoujie {

class ShardHost {
 public:
  // What this node does about a journal. An owner stays owner whatever it is told, until somebody else's claim counts
  // or it was told to hand over.
  enum class Role : uint8_t {
    kRest,     // keeps what it has of the store, reads nothing
    kStandby,  // follows, ready to own
    kOwner,    // follows, and claims when it has nearly caught up
  };

  virtual ~ShardHost() = default;

  virtual std::vector<const Shard*> shards() const = 0;
  virtual const Shard* shard(const JournalId& id) const = 0;  // null: no such journal here
  // Of all services of the cluster, whether or not this node serves them.
  virtual std::vector<JournalId> journals() const {
    std::vector<JournalId> all;
    for (const Shard* shard : shards()) all.push_back(shard->id());
    return all;
  }
  virtual void Assign(const JournalId& id, Role role) = 0;
  virtual void HandOver(const JournalId& id, const std::string& to) = 0;
  // A row of a shard that is owned here. Errors: NOT_OWNER, SHARD_HALTED, NOT_FOUND (no such journal).
  virtual void ReadOwnRow(const JournalId& id, const std::string& key, Peers::RowDone done) const = 0;
  // Gives a letter to the shard here that it is for, whether or not that owns its journal.
  virtual void Receive(journal::v1::Letter letter) = 0;
};

}  // namespace shoujie
