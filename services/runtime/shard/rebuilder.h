// Makes a shard's store again from its journal, from the first record on, by the one reader rule and the one projector:
// so what it makes equals, byte for byte, a store that was written record by record up to the same revision (I5). It
// owns nothing and serves nobody; the copy it fills takes the live store's place when whoever runs it says so. Of one
// thread.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/journal/reader_rule.h"
#include "services/runtime/security/keyring.h"
#include "services/runtime/shard/projector.h"
#include "services/runtime/shard/rows.h"
#include "services/runtime/store/side_store.h"

namespace shoujie {

class Rebuilder {
 public:
  // All outlive it; `side` is empty.
  Rebuilder(const ServiceDomain* domain, JournalId id, Journal* journal, KeyRing* keys, SideStore* side)
      : domain_(domain), journal_(journal), keys_(keys), side_(side), projector_(domain, std::move(id), side, keys) {}

  // Reads on, one read of the journal (limits::kReadRecordsMax), at most until `revision_max` is applied. `*moved`: it
  // read something. UNAVAILABLE: the journal or a key cannot be read now (`NotNow`). Any other error is final: damage
  // of the journal, or the side store's.
  absl::Status Advance(uint64_t revision_max, bool* moved);

  uint64_t revision() const { return fold_.revision; }
  uint64_t position() const { return fold_.position; }  // the next to be read
  uint64_t events() const { return events_; }

 private:
  absl::Status Take(const StoredRecord& stored);

  const ServiceDomain* const domain_;
  Journal* const journal_;
  KeyRing* const keys_;
  SideStore* const side_;
  Projector projector_;
  Fold fold_;
  rows::Place place_;
  uint64_t events_ = 0;
};

}  // namespace shoujie
