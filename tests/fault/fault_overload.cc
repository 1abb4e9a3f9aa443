// overload: many times more calls than the server can do, for a while. What it accepts it does once, what it does not
// accept it refuses at once, and it is itself again soon. How good the figures are is P10 of loadtest; here they must
// only be sane, on a machine that others use too.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "loadtest/generator/caller.h"
#include "loadtest/generator/load.h"
#include "tests/fault/faults.h"
#include "tests/fault/trial.h"

namespace shoujie::fault {
namespace {

constexpr double kTimes = 10;
constexpr double kReads = 0.6;
constexpr int kChannels = 16;
constexpr int kResourceExhausted = 8;
constexpr double kGoodputMin = 0.4, kAfterMin = 0.4;
constexpr double kMemoryGrowthMaxMb = 768;  // bounded; how well is P10's matter

std::string Ms(double ns) { return absl::StrFormat("%.1f ms", ns / 1e6); }

}  // namespace

void Overload(Run& run) {
  const double seconds = run.options().seconds > 0 ? run.options().seconds : run.options().brief ? 4 : 60;
  run.Columns({"overload", "peak/s", "goodput/s", "share", "p99 at peak", "p99 of accepted", "refused", "after p99",
               "other failures", "MB at peak", "MB", "share afterwards"});
  for (int round = 0; round < run.options().times; ++round) {
    const std::string after = absl::StrCat("overload ", round);
    Trial trial(&run, "overload");
    trial.set_others();
    if (!trial.MustStart("copying")) return;
    const int pid = trial.server().process().pid();
    const load::Workload workload(run.centre().matters, kReads);
    load::Caller caller(trial.server().address(), TokenOf(trial.data()), kChannels);
    // Clients beside it, whose every command is held against the histories afterwards.
    Clients& clients = trial.Work({.clients = 4});
    load::ClosedLoop saturating;
    saturating.window = absl::Seconds(run.options().brief ? 2 : 5);
    saturating.seed = run.options().seed;
    const load::LoadResult peak = load::Run(saturating, workload, caller);
    const double peak_mb = MemoryOf(pid).peak_mb, peak_rate = peak.rate(true, true);

    load::OpenLoop loop;
    loop.rate = kTimes * peak_rate;
    loop.overload = true;
    loop.warm_up = absl::Seconds(1);
    loop.window = absl::Seconds(seconds);
    loop.seed = run.options().seed;
    const load::LoadResult over = load::Run(loop, workload, caller);
    const double over_mb = MemoryOf(pid).peak_mb;
    absl::SleepFor(absl::Seconds(2));
    const load::LoadResult later = load::Run(saturating, workload, caller);
    clients.Stop();
    trial.Rest();

    load::Histogram refused;
    for (const auto& kind : over.kinds) refused.Merge(kind.refused_latency);
    const double goodput = static_cast<double>(over.ok_meanwhile) / over.seconds;
    const uint64_t other = over.failed() - over.failed(kResourceExhausted);
    if (goodput < kGoodputMin * peak_rate) {
      run.Violation(absl::StrFormat("%s: goodput %.0f/s of %.0f/s", after, goodput, peak_rate));
    }
    if (over_mb > peak_mb + kMemoryGrowthMaxMb) {
      run.Violation(absl::StrFormat("%s: memory grew from %.0f to %.0f MB", after, peak_mb, over_mb));
    }
    if (later.rate(true, true) < kAfterMin * peak_rate || later.failed() > 0) {
      run.Violation(absl::StrFormat("%s: afterwards %.0f/s and failures: %s; before %.0f/s", after,
                                    later.rate(true, true), later.failures(), peak_rate));
    }
    trial.Check(after);
    trial.StopServer();
    trial.Verify(after);
    run.Row({absl::StrFormat("%.0f × for %.0f s", kTimes, seconds), absl::StrFormat("%.0f", peak_rate),
             absl::StrFormat("%.0f", goodput), absl::StrFormat("%.2f", goodput / peak_rate),
             Ms(static_cast<double>(peak.latency(true, false).At(0.99))),
             Ms(static_cast<double>(over.latency(true, false).At(0.99))), absl::StrCat(over.failed(kResourceExhausted)),
             Ms(static_cast<double>(refused.At(0.99))), absl::StrCat(other), absl::StrFormat("%.0f", peak_mb),
             absl::StrFormat("%.0f", over_mb), absl::StrFormat("%.2f", later.rate(true, true) / peak_rate)});
    run.Progress(round + 1, run.options().times, absl::StrCat(run.violations(), " violations"));
  }
}

}  // namespace shoujie::fault
