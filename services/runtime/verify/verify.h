// Proves a set of journals and the stores made from them, from nothing but their bytes: every record judged by the
// reader rule, no revision missing, none recorded twice, every stream gap-free and its hash chain whole, command ids
// unique, every caused command recorded, messages between slots taken in order and by both sides' account, every state
// within its domain's invariants (one owner, custody sums), and the store equal to a rebuild from zero byte for byte.
// Reads a stopped directory or a checkpoint; never a directory that a server has open.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/security/keyring.h"
#include "services/runtime/service.h"
#include "services/runtime/store/store.h"

namespace shoujie {

struct VerifyEnv {
  const std::vector<ServiceModule>* modules = nullptr;
  uint32_t partitions = 0;
  std::function<Journal*(const JournalId&)> journal;
  std::function<Store*(const JournalId&)> store;  // may answer null: journals alone
  KeyRing* keys = nullptr;
  absl::Time until;  // open intervals (custody) are taken up to here
  // Called after each shard with how many of how many are done.
  std::function<void(size_t done, size_t of)> progress;
};

struct Finding {
  std::string kind;  // RECORD_LOST, RECORD_DOUBLED, CHAIN_BROKEN, COMMAND_DOUBLED, CAUSE_LOST, MESSAGE_LOST,
                     // KEYS_SHORT, INVARIANT, STORE_DIFFERS, UNREADABLE
  std::string service;
  uint32_t partition = 0;
  std::string where;  // position, stream or row key
  std::string what;
};

struct VerifyReport {
  uint64_t journals = 0, records = 0, commits = 0, events = 0, claims = 0, streams = 0, rows_compared = 0, commands = 0,
           causes = 0, messages = 0;
  std::vector<Finding> findings;  // at most kFindingsMax, then `truncated`
  bool truncated = false;
};

inline constexpr size_t kFindingsMax = 1000;

VerifyReport Verify(const VerifyEnv& env);

// One stream, from the journal alone: its chain, its versions and its domain's invariants at every version. NOT_FOUND
// if no record of it counts.
struct StreamProof {
  std::string name;
  uint64_t versions = 0, events = 0;
  std::string last_hash;
  absl::Time first_effective, last_effective;
  std::vector<Finding> findings;
};
absl::StatusOr<StreamProof> VerifyStream(const VerifyEnv& env, const ServiceModule& module, const std::string& name);

}  // namespace shoujie
