// disk-full and read-only: on a small file system of its own, in a mount namespace that ends with this process.
#include <algorithm>
#include <filesystem>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/rocks/fatal.h"
#include "shoujie/router/v1/ticket.pb.h"
#include "tests/fault/answers.h"
#include "tests/fault/disk.h"
#include "tests/fault/faults.h"
#include "tests/fault/trial.h"
#include "tests/support/process/server.h"

namespace shoujie::fault {
namespace {

// RocksDB reserves the whole of a log before it writes to it: 64 MiB each and a tenth for journal, store and lists.
constexpr uint64_t kDiskBytes = 800ull << 20;
constexpr absl::Duration kNoticedWithin = absl::Seconds(3);

// What a command is answered with: "" for OK, else the reason or the code.
std::string NoteOutcome(Trial& trial) {
  ClientsOptions one{.clients = 1, .reads = 0};
  const auto before = trial.ledger().counts();
  Clients& client = trial.Work(one);
  absl::SleepFor(absl::Milliseconds(20));
  client.Stop();
  trial.Rest();
  const auto entries = trial.ledger().entries();
  if (trial.ledger().counts().acked > before.acked) return "";
  return entries.back().fate == Fate::kRefused ? entries.back().refusal : "no answer";
}

bool Within(absl::Duration time, const std::function<bool()>& holds) {
  for (const absl::Time limit = absl::Now() + time; absl::Now() < limit; absl::SleepFor(absl::Milliseconds(20))) {
    if (holds()) return true;
  }
  return holds();
}

bool CanRead(Trial& trial, const Centre& centre) {
  common::v1::GetRequest get;
  get.set_name(centre.matters.front().ticket);
  const auto client = trial.Operator();
  return rpc::Call<router::v1::Ticket>(*client, "shoujie.router.v1.TicketService/GetTicket", get).ok() &&
         ReadReports(*client).ok();
}

// Little room: commands are refused, reads go on, and room helps.
void NearlyFull(Run& run, Trial& trial, const Disk& disk, int round) {
  const std::string after = absl::StrCat("a nearly full disk, round ", round);
  const Centre& centre = run.centre();
  if (!trial.MustStart(after)) return;
  Clients& clients = trial.Work({.clients = 16});
  absl::SleepFor(absl::Milliseconds(100));
  disk.FillUpTo(limits::kDiskFreeBytesMin / 2);
  absl::SleepFor(absl::Milliseconds(1500));
  clients.Stop();
  trial.Rest();
  const uint64_t acked = trial.ledger().counts().acked;
  if (std::string outcome = NoteOutcome(trial); outcome != "DISK_FULL") {
    run.Violation(absl::StrCat(after, ": a command is answered with '", outcome, "', not with DISK_FULL"));
  }
  if (trial.ledger().counts().acked != acked) run.Violation(absl::StrCat(after, ": a command was taken"));
  if (!CanRead(trial, centre)) run.Violation(absl::StrCat(after, ": reads do not go on"));
  disk.Clear();
  if (!Within(kNoticedWithin, [&] { return NoteOutcome(trial).empty(); })) {
    run.Violation(absl::StrCat(after, ": commands are refused although there is room again"));
  }
  trial.Check(after);
}

// No room from one instant to the next: whether a write fails or the refusal is quicker, nothing acknowledged is lost.
bool Full(Run& run, Trial& trial, const Disk& disk, int round) {
  const std::string after = absl::StrCat("a full disk, round ", round);
  if (!trial.MustStart(after)) return false;
  Random random = run.RandomOf(round);
  trial.Work({.clients = 64});
  absl::SleepFor(absl::Milliseconds(static_cast<int64_t>(50 + random.Below(200))));
  disk.FillUpTo(0);
  absl::SleepFor(absl::Milliseconds(1500));
  trial.Rest();
  bool stopped = false;
  if (!trial.server().process().running()) {
    stopped = true;
    const int code = trial.server().process().Wait(absl::Seconds(1));
    const std::string err = trial.server().process().err();
    if (code != rocks::kExitStorageFailed || !absl::StrContains(err, "STORAGE_FAILED")) {
      run.Violation(absl::StrCat(after, ": exit code ", code, ": ", err.substr(0, 600)));
    }
  } else {
    trial.server().Kill();
  }
  // With no room at all a start may be refused, but says why.
  if (!trial.StartServer()) {
    const int code = trial.server().process().Wait(absl::Seconds(1));
    const std::string err = trial.server().process().err();
    if ((code != e2e::kRefusedStart && code != rocks::kExitStorageFailed) || !absl::StrContains(err, "DISK_FULL")) {
      if (!absl::StrContains(err, "FILE_UNWRITABLE") && !absl::StrContains(err, "DATA_UNAVAILABLE")) {
        run.Violation(absl::StrCat(after, ": a start on it ends with ", code, ": ", err.substr(0, 600)));
      }
    }
  } else {
    trial.server().Kill();
  }
  disk.Clear();
  if (trial.MustStart(after + " that was cleared")) {
    trial.Check(after);
    trial.StopServer();
    trial.Verify(after);
  }
  return stopped;
}

}  // namespace

void DiskFull(Run& run) {
  Disk disk(kDiskBytes);
  run.centre();  // on the usual disk, before the namespace changes
  if (std::string why = disk.Mount(run.Path("disk")); !why.empty()) return run.Skip(why);
  uint64_t acked = 0, refused = 0, stopped = 0;
  for (int round = 0; round < run.options().times; ++round) {
    {
      Trial trial(&run, "disk/nearly");
      NearlyFull(run, trial, disk, round);
      acked += trial.ledger().counts().acked;
      refused += trial.ledger().counts().refused;
    }
    disk.Clear();
    Trial trial(&run, "disk/full");
    stopped += Full(run, trial, disk, round);
    acked += trial.ledger().counts().acked;
    refused += trial.ledger().counts().refused;
    disk.Clear();
    run.Progress(round + 1, run.options().times, absl::StrCat(run.violations(), " violations"));
  }
  run.Columns({"disk full", "rounds", "acknowledged", "refused", "process stopped"});
  run.Row({"nearly, then entirely", absl::StrCat(run.options().times), absl::StrCat(acked), absl::StrCat(refused),
           absl::StrCat(stopped)});
}

void ReadOnly(Run& run) {
  Disk disk(kDiskBytes);
  run.centre();
  if (std::string why = disk.Mount(run.Path("disk")); !why.empty()) return run.Skip(why);
  Trial trial(&run, "disk/data");
  uint64_t refused = 0;
  for (int round = 0; round < run.options().times; ++round) {
    if (!trial.MustStart("a writable disk")) return;
    trial.WorkFor(absl::Milliseconds(100));
    trial.Rest();
    trial.Check("a writable disk");
    trial.StopServer();
    if (!disk.SetReadOnly(true)) return run.Violation("the disk cannot be made read-only");
    const bool started = trial.StartServer();
    const std::string err = trial.server().process().err();
    if (started || trial.server().process().Wait(absl::Seconds(5)) != e2e::kRefusedStart ||
        !absl::StrContains(err, "DATA_READ_ONLY")) {
      run.Violation(absl::StrCat("a start on a read-only disk: ", err));
    } else {
      ++refused;
    }
    trial.EndServer();
    Verification verification(trial.data());
    if (verification.Wait() == 0 || !absl::StrContains(verification.what(), "DATA_READ_ONLY")) {
      run.Violation(absl::StrCat("verify on a read-only disk: ", verification.what()));
    }
    if (!disk.SetReadOnly(false)) return run.Violation("the disk cannot be made writable again");
    run.Progress(round + 1, run.options().times, absl::StrCat(run.violations(), " violations"));
  }
  if (trial.MustStart("a read-only disk")) trial.Check("a read-only disk");
  run.Columns({"read-only file system", "starts", "refused", "acknowledged"});
  run.Row({"DATA_READ_ONLY", absl::StrCat(run.options().times), absl::StrCat(refused),
           absl::StrCat(trial.ledger().counts().acked)});
}

}  // namespace shoujie::fault
