// Decides one command on the shard's view and makes the Commit: the common checks (repeat, etag, times), the domain's
// policy, the features that its events need, effective times, sealing, the chain. Knows nothing of journals, terms and
// threads. Owned by the shard's thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
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
  // `partitions`: of the service, for the addresses of messages.
  Decider(const ServiceDomain* domain, JournalId id, uint32_t partitions, const StoreReader* view, Projector* projector,
          RecentIds* recent_ids, KeyRing* keys, Mutation mutation);

  // The stream type that takes this command; null: none does.
  const StreamType* TypeFor(const google::protobuf::Message& request) const;

  // What came of a command: exactly one of
  struct Record {  // something happened; `commit` lacks revision, term and stable
    journal::v1::Commit commit;
    std::vector<std::unique_ptr<google::protobuf::Message>> plain;  // the events before sealing
    std::vector<std::shared_ptr<const google::protobuf::Message>> messages;
  };
  struct Answer {  // nothing to record
    absl::StatusOr<common::v1::CommandReply> reply;
  };
  struct KeysShort {};  // no key at hand: try the command again soon
  struct NotTaken {     // a message that is not the next one from its partition: nothing happens
    bool repeated;      // it was taken before
  };
  using Outcome = std::variant<Record, Answer, KeysShort, NotTaken>;

  // `now`: the wall clock, milliseconds, not before `last_recorded_ms`. Internal commands never get an Answer: what the
  // domain refuses becomes a record with `declined`. Errors of the store surface as an Answer with DATA_LOSS.
  Outcome Decide(const Command& command, const Reference& reference, int64_t recorded_at_ms);

 private:
  // What the command's id was answered before; nothing if it is new.
  absl::StatusOr<std::optional<std::string>> Recorded(const Command& command, int64_t recorded_at_ms);
  absl::StatusOr<std::string> StreamOf(const Command& command, bool* created);
  absl::Status Seal(const std::string& stream, const StreamView& view, Record* record, bool* keys_short);
  // The subject's key for this record, taken from the pool and assigned if he has none; 0: none is at hand.
  absl::StatusOr<uint64_t> SubjectKey(const std::string& stream, const StreamView& view, journal::v1::Commit* commit);
  // Adds a message, sealed already, to the commit.
  absl::Status Send(const google::protobuf::Message& request, journal::v1::Commit* commit);
  absl::Status TellSender(const Command& command, journal::v1::Commit* declined);

  const ServiceDomain* domain_;
  JournalId id_;
  uint32_t partitions_;
  const StoreReader* view_;
  Projector* projector_;
  RecentIds* recent_ids_;
  KeyRing* keys_;
  Mutation mutation_;
  bool guarded_ = false;  // some kinds of the service's events need a feature
  absl::flat_hash_map<const google::protobuf::Descriptor*, const StreamType*> types_;
  absl::flat_hash_set<const StreamType*> told_;  // of declined messages
};

}  // namespace shoujie
