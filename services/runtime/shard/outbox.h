// The sending side of messages: what was sent to other partitions of the service and is not acknowledged, and when to
// say it again.
//
// Invariant (architecture §5; checked by the simulator and by `verify`). For each pair (sender A, receiver B) of
// partitions of one service:
//   * A's journal sends the numbers 1, 2, 3, … to B, in the order of A's records, without gaps (row O);
//   * B's journal takes them in that order, each by exactly one record, the outcome or `declined`, whose cause names
//   the
//     message (row I, kept for ever: there is no window after which a repeat would act again);
//   * A delivers only messages whose record counts, B acknowledges only messages whose record counts, and A's rows of
//     messages (M) are all that it sent and did not record as acknowledged.
// So A.acked ≤ B.taken ≤ A.sent at every instant, whatever happens to letters, machines and owners; and as A's owner
// repeats what is not acknowledged, all three become equal once letters get through.
//
// Nothing here is durable: all that matters are the rows, which a new owner begins from. Owned by the shard's thread.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/shard/mutation.h"
#include "services/runtime/store/store.h"
#include "shoujie/journal/v1/letter.pb.h"
#include "shoujie/journal/v1/record.pb.h"

namespace shoujie {

class Outbox {
 public:
  Outbox(JournalId id, Mutation mutation) : id_(std::move(id)), mutation_(mutation) {}

  // Begins with what the rows say: whatever a former owner left unacknowledged is sent again. `view` shows only rows of
  // records that count.
  absl::Status Reset(const StoreReader& view);
  // A record counts: its messages may be sent from now on.
  void Counted(const journal::v1::Commit& commit);
  // The receiver `from` says that its records up to this one count.
  void Heard(uint32_t from, uint64_t up_to, absl::Duration boot);
  // Acknowledgements that no record holds yet; the caller records them at once. Empty: none.
  std::vector<journal::v1::Acked> Unrecorded();
  // The letters that are due, at most one to each partition.
  absl::Status Collect(const StoreReader& view, absl::Duration boot, std::vector<journal::v1::Letter>* out);
  // When `Collect` wants to be called next, by Clock::Boot.
  absl::Duration next() const { return next_; }

 private:
  struct Lane {            // to one partition
    uint64_t counted = 0;  // highest number whose record counts
    uint64_t heard = 0;    // highest acknowledged
    uint64_t asked = 0;    // highest whose acknowledgement is recorded, or under way to be
    uint64_t next = 1;     // to be sent
    absl::Duration repeat_at = absl::InfiniteDuration();
    absl::Duration pause;
  };
  absl::Status Fill(const StoreReader& view, uint32_t to, Lane* lane, journal::v1::Letter* letter) const;

  const JournalId id_;
  const Mutation mutation_;
  absl::btree_map<uint32_t, Lane> lanes_;
  absl::Duration next_ = absl::InfiniteDuration();
};

}  // namespace shoujie
