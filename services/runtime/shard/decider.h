// Decides one command on the shard's view and makes the Commit: the common checks (repeat, etag, times), the domain's
// policy, effective times, sealing, the chain. Knows nothing of journals, terms and threads. Owned by the shard's
// thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "services/runtime/domain.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/reference.h"
#include "services/runtime/security/keyring.h"
#include "services/runtime/shard/command.h"
#include "services/runtime/shard/mutation.h"
#include "services/runtime/shard/projector.h"
#include "services/runtime/shard/recent_ids.h"

namespace shoujie {

class Decider {
 public:
  Decider(const ServiceDomain* domain, JournalId id, const StoreReader* view, Projector* projector,
          RecentIds* recent_ids, KeyRing* keys, Mutation mutation)
      : domain_(domain),
        id_(std::move(id)),
        view_(view),
        projector_(projector),
        recent_ids_(recent_ids),
        keys_(keys),
        mutation_(mutation) {}

  // What came of a command: exactly one of
  struct Record {  // something happened; `commit` lacks revision, term and stable
    journal::v1::Commit commit;
    std::vector<std::unique_ptr<google::protobuf::Message>> plain;  // the events before sealing
  };
  struct Answer {  // nothing to record
    absl::StatusOr<common::v1::CommandReply> reply;
  };
  struct KeysShort {};  // no key at hand: try the command again soon
  using Outcome = std::variant<Record, Answer, KeysShort>;

  // `now`: the wall clock, milliseconds, not before `last_recorded_ms`. Internal commands never get an Answer: what the
  // domain refuses becomes a record with `declined`. Errors of the store surface as an Answer with DATA_LOSS.
  Outcome Decide(const Command& command, const Reference& reference, int64_t recorded_at_ms);

 private:
  // What the command's id was answered before; nothing if it is new.
  absl::StatusOr<std::optional<std::string>> Recorded(const Command& command, int64_t recorded_at_ms);
  absl::StatusOr<std::string> StreamOf(const Command& command, bool* created);
  absl::Status Seal(const std::string& stream, const StreamView& view, Record* record, bool* keys_short);

  const ServiceDomain* domain_;
  JournalId id_;
  const StoreReader* view_;
  Projector* projector_;
  RecentIds* recent_ids_;
  KeyRing* keys_;
  Mutation mutation_;
};

}  // namespace shoujie
