// Parts of a data directory that do not belong together: an older store beside a newer journal (caught up), an older
// journal or key store beside newer data (refused), another master key (refused), a copy of a directory in use.
#include <fcntl.h>
#include <sys/random.h>

#include <algorithm>
#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/fault/answers.h"
#include "tests/fault/faults.h"
#include "tests/fault/trial.h"
#include "tests/support/process/server.h"

namespace shoujie::fault {
namespace {

// Whether a start is refused for that reason. Anything else is a violation.
bool Refused(Run& run, Trial& trial, const std::string& reason, const Trial::Start& start = {}) {
  const bool started = trial.StartServer(start);
  const int code = started ? 0 : trial.server().process().Wait(absl::Seconds(20));
  const std::string err = trial.server().process().err();
  trial.EndServer();
  if (!started && code == e2e::kRefusedStart && absl::StrContains(err, absl::StrCat("shoujied: ", reason, ": ")))
    return true;
  run.Violation(absl::StrCat(reason, " was to be refused: exit code ", code, ": ", err.substr(0, 500)));
  return false;
}

// So that there are records and keys beyond a copy: clients work for a while on a running server, then it ends, by a
// stop or by kill -9.
void GoOn(Trial& trial, Random& random) {
  trial.WorkFor(absl::Milliseconds(static_cast<int64_t>(30 + random.Below(200))));
  if (random.Below(2) == 0) {
    trial.Rest();
    trial.StopServer();
  } else {
    trial.server().Kill();
    trial.Rest();
    trial.EndServer();
  }
}

// Puts back an older copy of `parts`; what comes of it is `then`'s; afterwards the newer ones again.
template <typename Then>
void WithOlder(Trial& trial, const std::vector<std::string>& parts, const std::string& after, Random& random,
               const Then& then) {
  if (!trial.MustStart(after)) return;
  GoOn(trial, random);
  for (const std::string& part : parts) CopyTree(trial.data() + "/" + part, trial.data() + ".older-" + part);
  if (!trial.MustStart(after)) return;
  GoOn(trial, random);
  for (const std::string& part : parts) {
    CopyTree(trial.data() + "/" + part, trial.data() + ".newer-" + part);
    CopyTree(trial.data() + ".older-" + part, trial.data() + "/" + part);
    RemoveTree(trial.data() + ".older-" + part);
  }
  then();
  for (const std::string& part : parts) RemoveTree(trial.data() + ".newer-" + part);
}

void ExpectRefusal(Run& run, const std::string& part, const std::string& reason) {
  uint64_t refused = 0, acked = 0;
  for (int round = 0; round < run.options().times; ++round) {
    Random random = run.RandomOf(round);
    const std::string after = absl::StrCat("an older ", part, ", round ", round);
    Trial trial(&run, "older");
    WithOlder(trial, {part}, after, random, [&] {
      // Twice: a refused start must not have filled the gap.
      refused += Refused(run, trial, reason) && Refused(run, trial, reason);
      Verification verification(trial.data());
      if (const int code = verification.Wait(); code == 0) run.Violation(after + ": verify has no finding");
      CopyTree(trial.data() + ".newer-" + part, trial.data() + "/" + part);
    });
    if (trial.MustStart("the newer one is back")) trial.Check("the newer one is back");
    trial.EndServer();
    trial.Verify("the newer one is back");
    acked += trial.ledger().counts().acked;
    run.Progress(round + 1, run.options().times, absl::StrCat(run.violations(), " violations"));
  }
  run.Columns({"older copy of", "rounds", "refused", "acknowledged, all there afterwards"});
  run.Row({absl::StrCat(part, " (", reason, ")"), absl::StrCat(run.options().times), absl::StrCat(refused),
           absl::StrCat(acked)});
}

// How the history of each stream in a copy compares with the original's.
struct Copied {
  uint64_t streams = 0, records = 0;
  std::string contradiction;
};
Copied Compare(const std::vector<Recorded>& copy, const std::vector<Recorded>& original) {
  std::map<std::pair<std::string, uint64_t>, const Recorded*> all;
  for (const Recorded& record : original) all[{record.stream, record.version}] = &record;
  Copied copied;
  std::map<std::string, uint64_t> ends;
  for (const Recorded& record : copy) {
    ++copied.records;
    copied.streams += record.version == 1;
    const auto it = all.find({record.stream, record.version});
    // What the copy's own reactions caught up with has other times, and is what the original did as well.
    const bool client = record.command_id.size() == 32;
    if (client && (it == all.end() || it->second->hash != record.hash)) {
      copied.contradiction = absl::StrCat(record.stream, "@", record.version, " is not what the original has");
    }
    if (record.version != ++ends[record.stream]) copied.contradiction = absl::StrCat(record.stream, " has a gap");
  }
  return copied;
}

}  // namespace

void OldStore(Run& run) {
  uint64_t acked = 0, verified = 0;
  for (int round = 0; round < run.options().times; ++round) {
    Random random = run.RandomOf(round);
    std::vector<std::string> parts = {"store", "lists"};
    if (const uint64_t which = random.Below(3); which < 2) parts = {parts[which]};
    const std::string after = absl::StrCat("an older ", parts.front(), ", round ", round);
    Trial trial(&run, "older");
    WithOlder(trial, parts, after, random, [&] {
      if (trial.MustStart(after)) trial.Check(after);
      trial.StopServer();
      trial.Verify(after);
    });
    acked += trial.ledger().counts().acked;
    verified += trial.verified_records();
    run.Progress(round + 1, run.options().times, absl::StrCat(run.violations(), " violations"));
  }
  run.Columns({"older copy of", "rounds", "acknowledged, all there", "records verified"});
  run.Row({"store, lists (caught up)", absl::StrCat(run.options().times), absl::StrCat(acked), absl::StrCat(verified)});
}

void ShortJournal(Run& run) { ExpectRefusal(run, "journal", "JOURNAL_SHORT"); }
void ShortKeys(Run& run) { ExpectRefusal(run, "keys", "KEYS_SHORT"); }

void WrongMasterKey(Run& run) {
  uint64_t refused = 0;
  Trial trial(&run, "key");
  for (int round = 0; round < run.options().times; ++round) {
    char bytes[32];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) return run.Violation("no random bytes");
    const std::string other = absl::BytesToHexString(absl::string_view(bytes, sizeof bytes));
    refused += Refused(run, trial, "MASTER_KEY_WRONG", {.env = {"SHOUJIE_MASTER_KEY=" + other}});
    run.Progress(round + 1, run.options().times, absl::StrCat(run.violations(), " violations"));
  }
  if (trial.MustStart("another master key")) {
    trial.WorkFor(absl::Milliseconds(100));
    trial.Rest();
    trial.Check("another master key");
    trial.StopServer();
    trial.Verify("another master key");
  }
  run.Columns({"other master key", "starts", "refused"});
  run.Row({"MASTER_KEY_WRONG", absl::StrCat(run.options().times), absl::StrCat(refused)});
}

void CopiedRunning(Run& run) {
  uint64_t consistent = 0, records = 0;
  std::map<std::string, uint64_t> refused;
  Trial trial(&run, "copied");
  if (!trial.MustStart("copying")) return;
  for (int round = 0; round < run.options().times; ++round) {
    Random random = run.RandomOf(round);
    const std::string after = absl::StrCat("copy ", round), copy = run.Path("copy");
    Clients& clients = trial.Work({.clients = 32});
    absl::SleepFor(absl::Milliseconds(static_cast<int64_t>(20 + random.Below(200))));
    RemoveTree(copy);
    e2e::Run(
        {"/bin/cp", "-r", "--preserve=mode", trial.data(), copy});  // files that vanish meanwhile are missing in it
    clients.Stop();
    trial.Rest();
    trial.Check(after + " of the original");
    e2e::Server server(copy);
    if (server.address().empty()) {
      const int code = server.process().Wait(absl::Seconds(20));
      const std::string err = server.process().err();
      const size_t at = err.find("shoujied: ");
      const size_t end = at == std::string::npos ? at : err.find(':', at + 10);
      if (code != e2e::kRefusedStart || end == std::string::npos) {
        run.Violation(absl::StrCat(after, ": exit code ", code, ": ", err.substr(0, 500)));
      } else {
        ++refused[err.substr(at + 10, end - at - 10)];
      }
    } else {
      rpc::Client client({.target = server.address(), .token = TokenOf(copy)});
      auto streams = ListStreams(client);
      auto histories = streams.ok() ? ReadHistories(client, *streams) : streams.status();
      if (!histories.ok()) {
        run.Violation(absl::StrCat(after, " cannot be read: ", histories.status().ToString()));
      } else {
        const Copied copied = Compare(*histories, trial.histories());
        if (!copied.contradiction.empty()) run.Violation(absl::StrCat(after, ": ", copied.contradiction));
        records += copied.records;
        ++consistent;
      }
      if (const int code = server.Stop(); code != 0) run.Violation(absl::StrCat(after, " stopped with ", code));
      Verification verification(copy);
      if (verification.Wait() != 0) run.Violation(absl::StrCat(after, ": ", verification.what()));
    }
    RemoveTree(copy);
    run.Progress(round + 1, run.options().times, absl::StrCat(run.violations(), " violations"));
  }
  std::string reasons;
  for (const auto& [reason, n] : refused) absl::StrAppend(&reasons, reasons.empty() ? "" : ", ", reason, " ", n);
  run.Columns({"copied while running", "copies", "consistent prefixes", "records in them", "refused"});
  run.Row({"cp -r", absl::StrCat(run.options().times), absl::StrCat(consistent), absl::StrCat(records),
           reasons.empty() ? "0" : reasons});
}

}  // namespace shoujie::fault
