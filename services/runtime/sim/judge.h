// Judges logs and stores from nothing but their bytes: what counts, what the rows must be. Independent of the shard's
// loop; it shares with it the reader rule and the projector, which is the point of both.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/runtime/domain.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/security/keyring.h"
#include "services/runtime/shard/shard.h"
#include "services/runtime/sim/sim_store.h"
#include "shoujie/journal/v1/record.pb.h"

namespace shoujie::sim {

struct Counted {
  uint64_t position = 0;
  std::string bytes;
  journal::v1::Commit commit;
};

// The commits that count, by the reader rule, up to and including `last_position`.
absl::StatusOr<std::vector<Counted>> CountedOf(const std::vector<StoredRecord>& log,
                                               uint64_t last_position = UINT64_MAX);

// The rows of a store built from zero by these commits.
absl::StatusOr<SimStore::Rows> Rebuild(const ServiceDomain& domain, const JournalId& id,
                                       const std::vector<Counted>& commits, KeyRing* keys);

// Violations of what a journal must hold by itself: every stream gap-free with its hash chain (I3), no id of a client's
// command, timer or cause twice (I1, I10), recorded time never falling.
std::vector<std::string> CheckJournal(const std::vector<Counted>& commits);

// Every command that `from` causes in `to` by this reaction is recorded there exactly once, executed or declined.
std::vector<std::string> CheckReactions(const Reaction& reaction, const JournalId& from_id,
                                        const std::vector<Counted>& from, const std::vector<Counted>& to);

// Violations of what messages between the partitions of one service must hold (shard/outbox.h): sent without a gap,
// taken in that order and once, each by a record whose cause is the record that sent it, acknowledged only when taken.
// `finished`: nothing may be under way any more.
std::vector<std::string> CheckMessages(const std::map<uint32_t, const std::vector<Counted>*>& partitions,
                                       bool finished);

// No event stands before its shard has adopted a directory version with the feature that guards it.
std::vector<std::string> CheckFeatures(const ServiceDomain& domain, const std::vector<Counted>& commits,
                                       const ReferenceSource& reference);

// A record for people who read a trace.
std::string SentenceOf(const StoredRecord& stored);

// Empty if equal, else what differs first.
std::string Difference(const SimStore::Rows& live, const SimStore::Rows& rebuilt);

}  // namespace shoujie::sim
