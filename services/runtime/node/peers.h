// The other nodes of a cluster, as one node needs them: who owns what this node doesn't, and rows that only the owner
// may answer. Implemented by cluster/cluster.h; a node without peers owns all its journals alone. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/shard/courier.h"

namespace shoujie {

struct Peer {
  std::string name;
  std::string address;  // "host:port" of its RPC surface

  friend bool operator==(const Peer& a, const Peer& b) { return a.name == b.name && a.address == b.address; }
};

// As a courier: brings letters to the nodes that own what they are for, or loses them.
class Peers : public Courier {
 public:
  using RowDone = std::function<void(absl::StatusOr<std::optional<std::string>>)>;

  virtual const Peer& self() const = 0;
  // A claim counted or (`node` empty) the owner gave the journal up. On a shard's thread: must not block.
  virtual void OwnerChanged(const JournalId& id, uint64_t term, const std::string& node,
                            const std::string& address) = 0;
  // The owner, or who is most likely to become it; never this node. A hint: whoever is asked may know better.
  virtual std::optional<Peer> Locate(const JournalId& id) const = 0;
  // A row of the owner's store that shows what was acknowledged before. Errors: NOT_OWNER, UNAVAILABLE.
  virtual void ReadRow(const JournalId& id, const std::string& key, RowDone done) = 0;
  // Names of nodes that live and have not said that they can read what the feature guards.
  virtual std::vector<std::string> CannotRead(absl::string_view feature) const = 0;
};

}  // namespace shoujie
