// P10: many times more than the server can do, for a while, and how soon it is itself again.
#include <algorithm>
#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "loadtest/measure/bench.h"

namespace shoujie::load {
namespace {

constexpr int kResourceExhausted = 8;
constexpr int kChannels = 16;  // a connection takes only so many streams
constexpr absl::Duration kProbeEvery = absl::Milliseconds(20);
constexpr absl::Duration kWatchAfter = absl::Seconds(15);
constexpr int kNormalProbes = 25;  // in a row: half a second

// One patient client beside the load: a command, its answer, a pause, the next.
class Probe {
 public:
  struct Answer {
    absl::Time sent;
    absl::Duration took;
    int code;
  };
  Probe(const Target& target, const Workload& workload)
      : caller_(target.address, target.token, 1), workload_(workload), thread_([this] { Run(); }) {}
  std::vector<Answer> Stop() {
    stop_ = true;
    thread_.join();
    return std::move(answers_);
  }

 private:
  void Run() {
    Random random(4711);
    while (!stop_) {
      const MadeCall call = workload_.MakeOf(kAddNote, random);
      absl::Notification done;
      Answer answer{absl::Now(), {}, 0};
      caller_.Call(kMethods[call.kind], call.bytes, [&](int code) {
        answer.code = code;
        done.Notify();
      });
      done.WaitForNotification();
      answer.took = absl::Now() - answer.sent;
      answers_.push_back(answer);
      absl::SleepFor(kProbeEvery);
    }
  }

  Caller caller_;
  const Workload& workload_;
  std::atomic<bool> stop_{false};
  std::vector<Answer> answers_;
  std::thread thread_;
};

// Seconds from `end` until the first of a row of probes that are all answered within `limit`; -1 if never.
double BackToNormal(const std::vector<Probe::Answer>& answers, absl::Time end, absl::Duration limit) {
  int row = 0;
  absl::Time since;
  for (const auto& answer : answers) {
    if (answer.sent + answer.took < end) continue;
    const bool normal = answer.code == 0 && answer.took <= limit;
    if (!normal) {
      row = 0;
    } else if (row++ == 0) {
      since = std::max(answer.sent, end);
    }
    if (row >= kNormalProbes) return absl::ToDoubleSeconds(since - end);
  }
  return -1;
}

}  // namespace

absl::Status MeasureP10(Bench& bench, std::vector<Figure>* out) {
  if (auto status = bench.Prepare(); !status.ok()) return status;
  const Options& options = bench.options();
  const auto workload = bench.MakeWorkload(kReads);
  const int pid = bench.real().pid();
  Caller caller(bench.real().address, bench.real().token, std::max(options.channels, kChannels));

  ClosedLoop saturating;
  saturating.in_flight = options.in_flight;
  saturating.warm_up = absl::Seconds(options.warm_up);
  saturating.window = absl::Seconds(std::max(options.seconds, options.overload_seconds / 6));
  ForgetPeak(pid);
  Probe before(bench.real(), *workload);
  const LoadResult peak = Run(saturating, *workload, caller);
  std::vector<Probe::Answer> usual = before.Stop();
  const double peak_mb = CostOf(pid).peak_mb;
  const double peak_rate = peak.rate(true, true);
  const auto peak_p99 = static_cast<double>(peak.latency(true, false).At(0.99));
  std::sort(usual.begin(), usual.end(), [](const auto& a, const auto& b) { return a.took < b.took; });
  const absl::Duration limit = usual.empty() ? absl::Seconds(1) : usual[usual.size() * 99 / 100].took;
  bench.Say(absl::StrFormat("P10: peak %s/s; now %.0f times as much for %.0f s", Short(peak_rate), options.overload,
                            options.overload_seconds));

  OpenLoop loop;
  loop.rate = options.overload * peak_rate;
  loop.warm_up = absl::Seconds(1);
  loop.overload = true;
  loop.window = absl::Seconds(options.overload_seconds);
  ForgetPeak(pid);
  absl::Time end;
  Probe during(bench.real(), *workload);
  const LoadResult over = Run(loop, *workload, caller, [&] { end = absl::Now(); });
  const double over_mb = CostOf(pid).peak_mb;
  const absl::Duration drained = absl::Now() - end;
  absl::SleepFor(kWatchAfter);
  const double back = BackToNormal(during.Stop(), end, limit);

  const Histogram accepted = over.latency(true, false);
  Histogram refused;
  for (const auto& kind : over.kinds) refused.Merge(kind.refused_latency);
  const double reached = static_cast<double>(over.sent_meanwhile) / over.seconds;
  const auto add = [&](const char* id, std::string what, std::string floor, std::string value, double ratio,
                       bool at_most, double target) -> Figure& {
    Figure figure;
    figure.id = id;
    figure.what = std::move(what);
    figure.floor = std::move(floor);
    figure.value = std::move(value);
    figure.ratios.all = {ratio};
    figure.at_most = at_most;
    figure.target = target;
    out->push_back(std::move(figure));
    return out->back();
  };
  const double goodput = static_cast<double>(over.ok_meanwhile) / over.seconds;
  add("P10 goodput", absl::StrFormat("answers/s at %.3g × (reached %.2g ×)", options.overload, reached / peak_rate),
      absl::StrCat("peak ", Short(peak_rate)), Short(goodput), goodput / peak_rate, false, 0.9)
      .configuration = absl::StrFormat(
      "60 %% reads, %.0f s, at most %d calls of the generator in flight: arrivals beyond are dropped there. Offered "
      "%s/s, sent %s/s, OK %d, RESOURCE_EXHAUSTED %d (answered after p50 %s, p99 %s), other failures %d; all answered "
      "%.1f s after the end",
      options.overload_seconds, loop.in_flight_max, Short(loop.rate), Short(reached), over.ok_meanwhile,
      over.failed(kResourceExhausted), ShortTime(static_cast<double>(refused.At(0.5))),
      ShortTime(static_cast<double>(refused.At(0.99))), over.failed() - over.failed(kResourceExhausted),
      absl::ToDoubleSeconds(drained));
  add("P10 p99", "accepted commands", absl::StrCat("peak ", ShortTime(peak_p99)),
      ShortTime(static_cast<double>(accepted.At(0.99))), static_cast<double>(accepted.At(0.99)) / peak_p99, true, 3);
  add("P10 after", "seconds until a client beside it is served as at the peak",
      absl::StrCat("p99 ", ShortTime(absl::ToDoubleNanoseconds(limit))),
      back < 0 ? "never" : absl::StrFormat("%.2f s", back), back < 0 ? absl::ToDoubleSeconds(kWatchAfter) : back, true,
      2);
  add("P10 memory", "peak of resident memory", absl::StrFormat("peak %.0f MB", peak_mb),
      absl::StrFormat("%.0f MB", over_mb), over_mb / peak_mb, true, 1.3);
  return absl::OkStatus();
}

}  // namespace shoujie::load
