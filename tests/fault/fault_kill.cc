// kill: kill -9 at random under load. kill-at: at named points of the commit path, of the start and of the key store.
#include <signal.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tests/fault/faults.h"
#include "tests/fault/strace.h"
#include "tests/fault/trial.h"

namespace shoujie::fault {
namespace {

// A directory is killed so often, then another copy goes on: it grows, and every round reads all of it.
constexpr int kKillsPerDirectory = 8;
constexpr uint64_t kWorkMsMin = 20, kWorkMsMax = 350;

uint64_t Found(const std::map<std::string, uint64_t>& found, std::initializer_list<const char*> kinds) {
  uint64_t sum = 0;
  for (const char* kind : kinds) {
    if (const auto it = found.find(kind); it != found.end()) sum += it->second;
  }
  return sum;
}

struct Sums {
  uint64_t rounds = 0, acked = 0, unanswered = 0, had_taken_effect = 0, refused = 0, verified = 0;
  std::map<std::string, uint64_t> found;

  void Add(const Trial& trial) {
    unanswered += trial.settled();
    had_taken_effect += trial.had_taken_effect();
    verified += trial.verified_records();
    for (const auto& [kind, n] : trial.found()) found[kind] += n;
  }
  std::vector<std::string> Cells() const {
    uint64_t all = 0;
    for (const auto& [kind, n] : found) all += n;
    const uint64_t lost = Found(found, {"LOST"}), doubled = Found(found, {"DOUBLED"});
    return {
        absl::StrCat(rounds), absl::StrCat(acked),   absl::StrCat(unanswered),          absl::StrCat(had_taken_effect),
        absl::StrCat(lost),   absl::StrCat(doubled), absl::StrCat(all - lost - doubled)};
  }
};

const std::vector<std::string> kColumns = {"rounds", "acknowledged", "unanswered",    "of them had taken effect",
                                           "lost",   "doubled",      "other findings"};

std::vector<std::string> With(std::vector<std::string> first, const std::vector<std::string>& rest) {
  first.insert(first.end(), rest.begin(), rest.end());
  return first;
}

// --- points -------------------------------------------------------------------------------------------------------

struct Point {
  const char* name;
  const char* calls;
  std::vector<std::pair<const char*, const char*>> files;  // folder ("": all), kind; none: any file
  uint64_t n_max;                                          // killed at one of the first so many
  bool under_load;                                         // else during the start
  bool first_start = false;                                // of a new directory
};

const std::vector<Point>& Points() {
  static const std::vector<Point> kPoints = {
      {"before-journal-write", "write", {{"journal", "wal"}}, 300, true},
      {"journal-written-not-synced", "fdatasync", {{"journal", "wal"}}, 300, true},
      {"synced-not-acknowledged", "sendmsg", {}, 400, true},
      {"before-store-write", "write", {{"store", "wal"}}, 300, true},
      {"before-lists-write", "write", {{"lists", "wal"}}, 300, true},
      {"claim", "write,fdatasync", {{"journal", "wal"}}, 4, false},
      {"key-pool", "write,fdatasync", {{"keys", "wal"}}, 2, false},
      {"key-pool-refill", "write,fdatasync", {{"keys", "wal"}}, 8, true},
      {"recovery-sst", "write,fdatasync,sync_file_range", {{"", "sst"}}, 6, false},
      {"recovery-manifest", "write,fdatasync", {{"", "manifest"}}, 8, false},
      {"rename", "rename", {}, 8, false},
      {"first-start", "mkdir,write,pwrite64,fsync,fdatasync,rename", {}, 240, false, true},
  };
  return kPoints;
}

// Whether the point was reached. Afterwards the server is dead.
bool DieAt(Run& run, const Point& point, Trial& trial, Random& random) {
  std::vector<std::string> files;
  for (const auto& [folder, kind] : point.files) {
    for (std::string& file : FilesOf(trial.data(), folder, kind)) files.push_back(std::move(file));
  }
  Trial::Start start;
  // The short form has one try each, so it does not wait for a late one.
  const uint64_t n_max = run.options().brief ? 1 + point.n_max / 8 : point.n_max;
  start.under = KillAt(point.calls, 1 + random.Below(n_max), files);
  const bool ready = trial.StartServer(start);
  bool reached = !ready;
  if (ready && point.under_load) {
    trial.WorkFor(absl::Seconds(3), {.clients = 64});
    trial.Rest();
  }
  if (ready) reached = !trial.server().process().running();
  const int code = reached ? trial.server().process().Wait(absl::Seconds(10)) : 0;
  if (reached && code != 128 + SIGKILL) {
    run.Violation(absl::StrCat(point.name, ": ended by itself, exit code ", code, ": ",
                               trial.server().process().err().substr(0, 600)));
  }
  trial.server().Kill();
  return reached;
}

}  // namespace

void Kill(Run& run) {
  const int times = run.options().times;
  Sums sums;
  std::vector<double> seconds;
  for (int round = 0; round < times;) {
    Trial trial(&run, "kill");
    if (!trial.MustStart("copying")) return;
    uint64_t acked_before = 0;
    for (int i = 0; i < kKillsPerDirectory && round < times; ++i, ++round) {
      const absl::Time begun = absl::Now();
      Random random = run.RandomOf(round);
      trial.Work(
          {.clients = 8 + static_cast<int>(random.Below(120)), .connections = 1 + static_cast<int>(random.Below(4))});
      absl::SleepFor(absl::Milliseconds(static_cast<int64_t>(kWorkMsMin + random.Below(kWorkMsMax - kWorkMsMin))));
      trial.server().Kill();
      trial.Rest();
      const std::string after = absl::StrCat("kill ", round);
      trial.BeginVerify();  // of what the kill left, beside the server that recovers from it
      const bool started = trial.MustStart(after);
      if (started) trial.Check(after);
      trial.EndVerify(after);
      if (!started) return;
      const auto counts = trial.ledger().counts();
      sums.acked += counts.acked - acked_before;
      acked_before = counts.acked;
      ++sums.rounds;
      seconds.push_back(absl::ToDoubleSeconds(absl::Now() - begun));
      run.Progress(round + 1, times,
                   absl::StrCat(sums.acked, " acknowledged, ", run.violations(), " violations, last round ",
                                absl::StrFormat("%.1f s", seconds.back())));
    }
    // A clean end after all of it, proven once more.
    trial.StopServer();
    trial.Verify("the last stop");
    sums.Add(trial);
  }
  std::sort(seconds.begin(), seconds.end());
  run.Columns(With({"kill -9 under load"}, With(kColumns, {"records verified", "s a round"})));
  run.Row(With({"at random"}, With(sums.Cells(), {absl::StrCat(sums.verified),
                                                  absl::StrFormat("%.1f", seconds[seconds.size() / 2])})));
}

void KillAtPoints(Run& run) {
  if (std::string why = NoStrace(); !why.empty()) return run.Skip(why);
  std::vector<const Point*> points;
  for (const Point& point : Points()) {
    if (absl::StrContains(point.name, run.options().only)) points.push_back(&point);
  }
  run.Columns(With({"point"}, With({"reached"}, kColumns)));
  int round = 0;
  const int of = run.options().times * static_cast<int>(points.size());
  for (const Point* point : points) {
    Sums sums;
    uint64_t reached = 0;
    for (int i = 0; i < run.options().times; ++i, ++round) {
      Random random = run.RandomOf(round);
      const std::string after = absl::StrCat(point->name, " ", i);
      Trial trial(&run, "kill-at");
      if (point->first_start) RemoveTree(trial.data());
      reached += DieAt(run, *point, trial, random);
      ++sums.rounds;
      if (point->first_start) {
        // A start that was cut short must not be in the way of the next.
        if (trial.MustStart(after)) trial.StopServer();
      } else {
        trial.BeginVerify();
        if (trial.MustStart(after)) {
          trial.Check(after);
          trial.WorkFor(absl::Milliseconds(20));
          trial.Rest();
          trial.Check(after + ", going on");
        }
        trial.EndVerify(after);
      }
      sums.acked += trial.ledger().counts().acked;
      sums.Add(trial);
      run.Progress(round + 1, of, absl::StrCat(point->name, ", ", run.violations(), " violations"));
    }
    if (reached == 0) run.Violation(absl::StrCat(point->name, " was never reached: the fault tests nothing"));
    run.Row(With({point->name}, With({absl::StrCat(reached)}, sums.Cells())));
  }
}

}  // namespace shoujie::fault
