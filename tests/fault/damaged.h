// A directory with damage on purpose, against what it answered before the damage: either it says that something is
// wrong (at start, when read, or to `verify`), or all is as it was. The directory runs on a clock of its own that
// begins at the same instant in every round, so that no timer makes a difference.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/fault/answers.h"
#include "tests/fault/ledger.h"
#include "tests/fault/run.h"

namespace shoujie::fault {

// What came of one round of damage.
enum class Outcome {
  kAtStart,   // a refused start or a storage failure, with its reason
  kByRead,    // a typed error in place of an answer
  kByVerify,  // `verify all` has findings
  kHarmless,  // every answer as before, and verified
  kWrong,     // another answer, an untyped end, or a hang
};

struct Judged {
  Outcome outcome = Outcome::kHarmless;
  std::string reason;  // STORAGE_DAMAGED …; of wrong ones what was seen
};

// Made once for a run: a small directory with tables, logs and manifests in use, and all its answers.
class Undamaged {
 public:
  // `sessions`: starts that left something in the logs, which the next one put into a table. With three the next start
  // compacts, which reads all tables; with two each block is read when it is asked for.
  static std::unique_ptr<Undamaged> Make(Run* run, int sessions);

  const std::string& data() const { return data_; }
  // The files below it, relative to it.
  const std::vector<std::string>& files() const { return files_; }
  // Starts a server on `data`, a damaged copy, asks everything, repeats commands, stops it, verifies. Thread-safe.
  Judged Judge(const std::string& data) const;

 private:
  std::string data_;
  absl::Time begin_;  // of its clock
  std::vector<std::string> files_, streams_, phones_;
  std::map<std::string, Answer> answers_;
  std::vector<Entry> commands_;

  std::string ClockFlag(absl::Duration later) const;
};

// "journal WAL", "store SST", "keys MANIFEST", "tokens" …
std::string KindOf(const std::string& file);

}  // namespace shoujie::fault
