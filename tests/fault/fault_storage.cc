// fsync-error, write-error: the kernel says that a write or fsync failed. The process must end with a line that says so
// rather than acknowledge (I1, and "never retry an fsync that failed"); a restart finds everything.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/rocks/fatal.h"
#include "tests/fault/faults.h"
#include "tests/fault/strace.h"
#include "tests/fault/trial.h"
#include "tests/support/process/server.h"

namespace shoujie::fault {
namespace {

struct Target {
  const char* name;
  const char* folder;
  const char* kind;
  uint64_t n_max;   // by thread: at the start each database has one of its own
  bool under_load;  // else it may already be the start that fails
};

struct Outcome {
  uint64_t rounds = 0, stopped = 0, refused = 0, not_reached = 0, acked = 0;
};

// A line that says what is wrong: STORAGE_FAILED of a running server, or a refused start's reason.
bool SaysWhy(const std::string& err, int code) {
  return code == rocks::kExitStorageFailed
             ? absl::StrContains(err, "STORAGE_FAILED")
             : absl::StrContains(err, "shoujied: STORAGE_") || absl::StrContains(err, "shoujied: FILE_UNWRITABLE") ||
                   absl::StrContains(err, "shoujied: DATA_UNAVAILABLE");
}

void FailOnce(Run& run, const Target& target, const std::string& calls, const std::string& error, int round,
              Outcome* outcome) {
  Random random = run.RandomOf(round);
  Trial trial(&run, "storage");
  Trial::Start start;
  start.under = FailAt(calls, error, 1 + random.Below(target.n_max), FilesOf(trial.data(), target.folder, target.kind));
  const std::string after = absl::StrCat(error, " in ", target.name, ", round ", round);
  const bool ready = trial.StartServer(start);
  if (ready) {
    trial.WorkFor(absl::Seconds(target.under_load ? 3 : 1), {.clients = 64});
    trial.Rest();
  }
  ++outcome->rounds;
  if (ready && trial.server().process().running()) {
    // Nothing failed, or only as it ended, which is a storage failure like any other.
    const int code = trial.server().Stop();
    if (code == 0) {
      ++outcome->not_reached;
    } else if (code == rocks::kExitStorageFailed && SaysWhy(trial.server().process().err(), code)) {
      ++outcome->stopped;
    } else {
      run.Violation(absl::StrCat(after, ": exit code ", code, " at the end: ", trial.server().process().err()));
    }
  } else {
    const int code = trial.server().process().Wait(absl::Seconds(10));
    const std::string err = trial.server().process().err();
    if ((code != rocks::kExitStorageFailed && (ready || code != e2e::kRefusedStart)) || !SaysWhy(err, code)) {
      run.Violation(absl::StrCat(after, ": exit code ", code, " without a clear line: ", err.substr(0, 600)));
    }
    ++(code == e2e::kRefusedStart ? outcome->refused : outcome->stopped);
  }
  trial.BeginVerify();
  if (trial.MustStart(after)) trial.Check(after);
  trial.EndVerify(after);
  outcome->acked += trial.ledger().counts().acked;
}

void FailAll(Run& run, const std::vector<Target>& targets, const std::string& calls,
             const std::vector<std::string>& errors) {
  if (std::string why = NoStrace(); !why.empty()) return run.Skip(why);
  run.Columns({"file", "rounds", "process stopped", "start refused", "not reached", "acknowledged"});
  int round = 0;
  for (const Target& target : targets) {
    if (!absl::StrContains(target.name, run.options().only)) continue;
    Outcome outcome;
    for (int i = 0; i < run.options().times; ++i, ++round) {
      FailOnce(run, target, calls, errors[static_cast<size_t>(i) % errors.size()], round, &outcome);
      run.Progress(round + 1, run.options().times * static_cast<int>(targets.size()),
                   absl::StrCat(target.name, ", ", run.violations(), " violations"));
    }
    if (outcome.stopped + outcome.refused == 0) {
      run.Violation(absl::StrCat(target.name, ": no error was ever met: the fault tests nothing"));
    }
    run.Row({target.name, absl::StrCat(outcome.rounds), absl::StrCat(outcome.stopped), absl::StrCat(outcome.refused),
             absl::StrCat(outcome.not_reached), absl::StrCat(outcome.acked)});
  }
}

}  // namespace

void FsyncError(Run& run) {
  FailAll(run,
          {{"journal WAL", "journal", "wal", 100, true},
           {"keys WAL", "keys", "wal", 1, false},
           {"SST", "", "sst", 1, false},
           {"MANIFEST", "", "manifest", 1, false}},
          "fdatasync,fsync", {"EIO"});
}

void WriteError(Run& run) {
  FailAll(run,
          {{"journal WAL", "journal", "wal", 100, true},
           {"store WAL", "store", "wal", 60, true},
           {"lists WAL", "lists", "wal", 60, true},
           {"keys WAL", "keys", "wal", 1, false},
           {"SST", "", "sst", 1, false},
           {"MANIFEST", "", "manifest", 1, false}},
          "write,pwrite64", {"EIO", "ENOSPC"});
}

}  // namespace shoujie::fault
