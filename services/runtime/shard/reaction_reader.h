// Reads the journal of another service in the same slots and turns what counts there into internal commands
// (architecture §5). Stateless but for its place, which is the shard's own recorded cause: after a restart, a doubt or
// a takeover it begins there, so no foreign record is skipped and none acts twice. Owned by the shard's thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/runtime/domain.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/journal/reader_rule.h"
#include "services/runtime/journal/record_head.h"
#include "services/runtime/shard/command.h"

namespace shoujie {

class ReactionReader {
 public:
  // `event`: prototype of the other service's Event.
  ReactionReader(const Reaction* reaction, std::string service, uint32_t partition, Journal* journal,
                 const google::protobuf::Message* event);

  const std::string& service() const { return service_; }
  // Begins after the recorded cause (nothing recorded: at the journal's first record).
  void Reset(const std::optional<journal::v1::Cause>& recorded);
  // Reads on until `commands_max` commands were made or nothing more is readable. Commands carry their cause; type,
  // address and slot are the caller's to fill in.
  absl::Status Poll(size_t commands_max, std::vector<Command>* out);
  // How many records were read since the last one that caused a command, and how far: recorded as `read_up_to` once it
  // is many.
  uint64_t without_effect() const { return without_effect_; }
  journal::v1::Cause read_up_to() const;
  void EffectRecorded() { without_effect_ = 0; }

 private:
  bool Concerns(int kind) const;
  bool Concerns(const CommitHead& head) const;
  void Passed(uint64_t position, uint64_t term, bool acted);  // a record that counts
  absl::Status React(const journal::v1::Commit& commit, uint64_t position, std::vector<Command>* out);

  const Reaction* reaction_;
  std::string service_;
  uint32_t partition_;
  Journal* journal_;
  std::unique_ptr<google::protobuf::Message> event_;
  Fold fold_;
  uint64_t skip_revision_ = 0;  // commands of this revision up to `skip_n_` are recorded already
  uint32_t skip_n_ = 0;
  uint64_t without_effect_ = 0;
  uint64_t last_position_ = 0, last_term_ = 0;  // of the last record that counted
};

}  // namespace shoujie
