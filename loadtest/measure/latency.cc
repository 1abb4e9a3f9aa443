// P3: latency at half of saturation, against the echo at the same arrivals plus one append and fdatasync.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "loadtest/floors/append.h"
#include "loadtest/measure/bench.h"

namespace shoujie::load {
namespace {

struct Measured {
  LoadResult real, echo;
  Histogram append;
  Ratios p50, p99, tail;
};

void Pair(Bench& bench, const Workload& workload, const OpenLoop& loop, const Written& written, bool real_first,
          Measured* all) {
  LoadResult real, echo;
  if (real_first) real = bench.real().Load(loop, workload);
  echo = bench.echo().Load(loop, workload);
  // As many records a second as there are commands.
  const Histogram append =
      PacedAppendFloor(bench.Path("b1"), written.records, loop.rate * (1 - workload.reads()), loop.window, loop.seed);
  if (!real_first) real = bench.real().Load(loop, workload);
  const Histogram a = real.latency(true, false), b = echo.latency(true, false);
  const auto floor = [&](double q) { return static_cast<double>(b.At(q) + append.At(q)); };
  all->p50.Add(static_cast<double>(a.At(0.5)), floor(0.5));
  all->p99.Add(static_cast<double>(a.At(0.99)), floor(0.99));
  all->tail.Add(static_cast<double>(a.At(0.999)), static_cast<double>(a.At(0.5)));
  all->real.Merge(real);
  all->echo.Merge(echo);
  all->append.Merge(append);
}

}  // namespace

absl::Status MeasureP3(Bench& bench, std::vector<Figure>* out) {
  if (auto status = bench.Prepare(); !status.ok()) return status;
  const Options& options = bench.options();
  const auto workload = bench.MakeWorkload(kReads);
  auto written = bench.written();
  if (!written.ok()) return written.status();

  OpenLoop loop = bench.AtHalfOfSaturation(*workload);

  Measured all;
  for (int pair = 0; pair < options.pairs; ++pair) {
    loop.seed = options.seed + static_cast<uint64_t>(pair);
    Pair(bench, *workload, loop, **written, pair % 2 == 0, &all);
    bench.Say(absl::StrFormat("P3 pair %d: p50 %.2f, p99 %.2f of the floor%s", pair + 1, all.p50.all.back(),
                              all.p99.all.back(), all.real.behind || all.echo.behind ? "; generator behind" : ""));
  }
  const Histogram real = all.real.latency(true, false), echo = all.echo.latency(true, false);
  const bool voided = all.real.behind || all.echo.behind || all.real.failed() > 0;
  const auto add = [&](const char* id, const char* what, const std::string& floor, double value, const Ratios& ratios,
                       double target) -> Figure& {
    Figure figure;
    figure.id = id;
    figure.what = what;
    figure.floor = floor;
    figure.value = ShortTime(value);
    figure.ratios = ratios;
    figure.at_most = true;
    figure.target = target;
    figure.voided = voided;
    out->push_back(std::move(figure));
    return out->back();
  };
  const auto sum = [&](double q) {
    return absl::StrCat("B2+B1 ", ShortTime(static_cast<double>(echo.At(q) + all.append.At(q))));
  };
  Figure& first =
      add("P3 p50", "command latency at 50 % of saturation", sum(0.5), static_cast<double>(real.At(0.5)), all.p50, 1.5);
  first.cpu_memory = bench.real().TakeCpuMemory();
  first.configuration = absl::StrFormat(
      "open loop, %s/s of a saturation of %s/s (%d in flight), 60 %% reads; commands %s; reads %s; B2 commands %s; B1 "
      "%s; planned %d, started %d, failed %s",
      Short(loop.rate), Short(2 * loop.rate), options.in_flight, Percentiles(real),
      Percentiles(all.real.latency(false, true)), Percentiles(echo), Percentiles(all.append), all.real.planned,
      all.real.started, all.real.failures());
  add("P3 p99", "the same, p99", sum(0.99), static_cast<double>(real.At(0.99)), all.p99, 3);
  add("P3 p99.9", "the same, p99.9 against its own p50",
      absl::StrCat("p50 ", ShortTime(static_cast<double>(real.At(0.5)))), static_cast<double>(real.At(0.999)), all.tail,
      10);

  if (options.stall_seconds <= 0) return absl::OkStatus();
  bench.Say(absl::StrFormat("P3: one run of %.0f s", options.stall_seconds));
  loop.window = absl::Seconds(options.stall_seconds);
  const LoadResult run = bench.real().Load(loop, *workload);
  const Histogram latency = run.latency(true, true);
  Ratios stall;
  stall.Add(static_cast<double>(latency.max_ns()), static_cast<double>(latency.At(0.5)));
  Figure& figure = add("P3 stall", "longest wait of one run against its p50",
                       absl::StrCat("p50 ", ShortTime(static_cast<double>(latency.At(0.5)))),
                       static_cast<double>(latency.max_ns()), stall, 50);
  figure.voided = run.behind || run.failed() > 0;
  figure.configuration = absl::StrFormat("%.0f s at the same rate; %s", options.stall_seconds, Percentiles(latency));
  return absl::OkStatus();
}

}  // namespace shoujie::load
