// The one rule that decides which records of a journal count. Every reader applies it: owner on start, standby, other
// services' reactions, read models, rebuild, verification. Source: architecture §3, proven by the protocol model and
// the simulator.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "shoujie/journal/v1/record.pb.h"

namespace shoujie {

enum class Verdict {
  kIgnored,  // counts for nothing: a replaced owner wrote late, or a repeated or void record
  kClaimed,  // a claim that counts: a new term begins
  kApplied,  // a data record that counts: apply it
  kVoided,   // the writer of this term lost its place; nothing more of the term counts (warn)
};

// What the rule looks at in a data record.
struct CommitNumbers {
  uint64_t revision = 0, term = 0, stable = 0;
};

// A reader's place and what it knows. Value type; not thread-safe.
struct Fold {
  uint64_t position = 0;  // the next position to read
  uint64_t term = 0;
  uint64_t revision = 0;  // highest that counts
  bool void_term = false;

  // Judges the record at `at` and moves on. An error means: a record that counted is missing from this log, or a claim
  // is; halt and alarm (DATA_LOSS), the fold has not moved.
  absl::Status Step(uint64_t at, const journal::v1::Record& record, Verdict* verdict);
  absl::Status Step(uint64_t at, const CommitNumbers& commit, Verdict* verdict);
};

}  // namespace shoujie
