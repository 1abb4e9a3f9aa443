// clock: the machine's clock is set back and forth by hours while the server is down. The server runs on a clock of its
// own (--clock), so that no clock that others use is touched. Recorded times never fall within a partition, timers take
// effect once (I10), and no command is refused because of it.
#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/fault/faults.h"
#include "tests/fault/trial.h"

namespace shoujie::fault {
namespace {

constexpr int64_t kStepMinutesMax = 9 * 60;

std::string ClockFlag(absl::Time at) {
  return absl::StrCat("--clock=", absl::FormatTime(absl::RFC3339_sec, at, absl::UTCTimeZone()), ",x1");
}

}  // namespace

void ClockSteps(Run& run) {
  // On the next morning of the centre, whatever the hour is here: what is due at the end of a shift has to come within
  // the steps.
  const absl::Time begin = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()) / 86400 * 86400) + absl::Hours(26);
  run.set_centre_flags({ClockFlag(begin)});
  Trial trial(&run, "clock");
  int64_t minutes = 0;
  uint64_t back = 0, forth = 0;
  for (int round = 0; round < run.options().times; ++round) {
    Random random = run.RandomOf(round);
    // Forth a little more often than back, and never before the beginning.
    const int64_t step = static_cast<int64_t>(random.Below(2 * kStepMinutesMax)) - kStepMinutesMax * 2 / 3;
    minutes = std::max<int64_t>(minutes + step, 1);
    ++(step < 0 ? back : forth);
    const absl::Time at = begin + absl::Minutes(minutes);
    const std::string after = absl::StrCat("a step of ", step, " min, round ", round);
    trial.set_ahead(at - absl::Now());
    if (!trial.MustStart(after, {.flags = {ClockFlag(at)}})) break;
    trial.WorkFor(absl::Milliseconds(static_cast<int64_t>(50 + random.Below(150))), {.clients = 16});
    const bool kill = random.Below(2) == 0;
    if (kill) trial.server().Kill();
    trial.Rest();
    if (kill) {
      trial.set_ahead(at - absl::Now());
      if (!trial.MustStart(after, {.flags = {ClockFlag(at)}})) break;
    }
    trial.Check(after);
    trial.StopServer();
    trial.Verify(after);
    run.Progress(round + 1, run.options().times, absl::StrCat(run.violations(), " violations"));
  }
  uint64_t timers = 0;
  for (const Recorded& record : trial.histories()) timers += absl::StartsWith(record.command_id, "timer/");
  std::map<std::string, uint64_t> refusals;
  for (const Entry& entry : trial.ledger().entries()) {
    if (entry.fate == Fate::kRefused) ++refusals[absl::StrCat(entry.method, " ", entry.refusal)];
  }
  for (const auto& [refusal, n] : refusals) run.Violation(absl::StrCat(n, " × refused: ", refusal));
  if (timers == 0) run.Violation("no timer took effect: the fault tests nothing of them");
  run.Columns({"clock steps across restarts", "back", "forth", "acknowledged", "refused", "timers, each once"});
  run.Row({"up to 9 h", absl::StrCat(back), absl::StrCat(forth), absl::StrCat(trial.ledger().counts().acked),
           absl::StrCat(trial.ledger().counts().refused), absl::StrCat(timers)});
}

}  // namespace shoujie::fault
