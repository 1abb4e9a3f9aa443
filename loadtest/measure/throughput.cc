// P1 and P1b: how many commands a second become durable, against the echo (B2) and against RocksDB alone (B3). P2 and
// P2b: the same on Kafka, against the echo and against librdkafka alone (B4).
#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "loadtest/floors/append.h"
#include "loadtest/floors/batch.h"
#include "loadtest/floors/produce.h"
#include "loadtest/measure/bench.h"
#include "services/runtime/base/limits.h"

namespace shoujie::load {
namespace {

constexpr int kBatch = 100;  // commands in one message of P1b

double MeanBytes(const std::vector<std::string>& records) {
  double sum = 0;
  for (const auto& record : records) sum += static_cast<double>(record.size());
  return records.empty() ? 0 : sum / static_cast<double>(records.size());
}

ClosedLoop LoopOf(const Options& options, int in_flight, int pair) {
  ClosedLoop loop;
  loop.in_flight = in_flight;
  loop.warm_up = absl::Seconds(options.warm_up);
  loop.window = absl::Seconds(options.seconds);
  loop.seed = options.seed + static_cast<uint64_t>(pair);
  return loop;
}

absl::Status Unary(Bench& bench, const std::string& id, double target, std::vector<Figure>* out) {
  const Options& options = bench.options();
  const auto workload = bench.MakeWorkload(/*reads=*/0);
  std::vector<double> value, floor;
  LoadResult all, all_echo;
  const auto run = [&](Target& target, std::vector<double>& rates, LoadResult& sum) {
    return [&](int pair) {
      LoadResult result = target.Load(LoopOf(options, options.in_flight, pair), *workload);
      rates.push_back(result.rate(true, false));
      sum.Merge(result);
      bench.Say(
          absl::StrFormat("%s pair %d: %s %s/s", id, pair + 1, target.real ? "shoujied" : "B2", Short(rates.back())));
    };
  };
  Interleave(options.pairs, run(bench.real(), value, all), run(bench.echo(), floor, all_echo));
  Figure figure;
  figure.id = id;
  figure.what = absl::StrFormat("durable commands/s, unary, %d in flight", options.in_flight);
  for (size_t i = 0; i < value.size(); ++i) figure.ratios.Add(value[i], floor[i]);
  figure.value = Short(all.rate(true, false));
  figure.floor = absl::StrCat("B2 ", Short(all_echo.rate(true, false)));
  figure.target = target;
  figure.voided = all.failed() > 0 || all_echo.failed() > 0;
  figure.cpu_memory = bench.real().TakeCpuMemory();
  figure.configuration = absl::StrFormat(
      "%d connections, %d customers, no reads, windows of %.3g s; latency %s; B2 %s, costs %s; failed %s and %s",
      options.channels, options.customers, options.seconds, Percentiles(all.latency(true, false)),
      Percentiles(all_echo.latency(true, false)), bench.echo().TakeCpuMemory(), all.failures(), all_echo.failures());
  out->push_back(std::move(figure));
  return absl::OkStatus();
}

absl::Status Batched(Bench& bench, std::vector<Figure>* out) {
  const Options& options = bench.options();
  const auto workload = bench.MakeWorkload(/*reads=*/0);
  auto written = bench.written();
  if (!written.ok()) return written.status();
  auto b3 = BatchFloor::Open(bench.Path("b3"), *written);
  if (!b3.ok()) return b3.status();
  std::vector<double> value, floor;
  LoadResult all;
  double b3_records = 0, b3_seconds = 0, b3_cpu = 0;
  Interleave(
      options.pairs,
      [&](int pair) {
        ClosedLoop loop = LoopOf(options, std::max(1, options.batched_in_flight / kBatch), pair + 1000);
        loop.batch = kBatch;
        LoadResult result = bench.real().Load(loop, *workload);
        value.push_back(result.rate(true, false));
        all.Merge(result);
        bench.Say(absl::StrFormat("P1b pair %d: shoujied %s/s", pair + 1, Short(value.back())));
      },
      [&](int pair) {
        (*b3)->Run(1000, absl::Seconds(options.warm_up / 2));
        const FloorResult result = (*b3)->Run(1000, absl::Seconds(options.seconds / 2));
        floor.push_back(result.rate());
        b3_records += static_cast<double>(result.records);
        b3_seconds += result.seconds;
        b3_cpu += result.cpu_seconds;
        bench.Say(absl::StrFormat("P1b pair %d: B3 %s/s", pair + 1, Short(floor.back())));
      });
  Figure figure;
  figure.id = "P1b";
  figure.what = absl::StrFormat("the same, %d in flight in batches of %d", options.batched_in_flight, kBatch);
  for (size_t i = 0; i < value.size(); ++i) figure.ratios.Add(value[i], floor[i]);
  figure.value = Short(all.rate(true, false));
  figure.floor = absl::StrCat("B3/1000 ", Short(b3_records / b3_seconds));
  figure.target = 1.0;
  figure.voided = all.failed() > 0;
  figure.cpu_memory = bench.real().TakeCpuMemory();
  figure.configuration = absl::StrFormat(
      "latency of a batch %s; failed %s; B3 on one thread, %.1f µs CPU a command; %.1f rows and %.0f B of record a "
      "command",
      Percentiles(all.latency(true, false)), all.failures(), b3_cpu / b3_records * 1e6,
      static_cast<double>((*written)->commands.empty() ? 0 : (*written)->commands.back().rows.size()),
      MeanBytes((*written)->records));
  out->push_back(std::move(figure));

  for (const size_t group : {size_t{1}, size_t{32}, size_t{128}, size_t{1000}}) {
    const absl::Duration time = absl::Seconds(options.brief ? 0.5 : 2);
    const FloorResult append = AppendFloor(bench.Path("b1"), (*written)->records, group, time);
    const FloorResult batch = (*b3)->Run(group, time);
    Figure line;
    line.id = absl::StrCat("B/", group);
    line.what = absl::StrCat("records/s in groups of ", group, ": B3 against B1");
    line.floor = absl::StrCat("B1 ", Short(append.rate()));
    line.value = absl::StrCat("B3 ", Short(batch.rate()));
    line.ratios.Add(batch.rate(), append.rate());
    line.cpu_memory = absl::StrFormat("%.1f µs", batch.cpu_seconds / static_cast<double>(batch.records) * 1e6);
    line.configuration = absl::StrCat("B1 a group ", Percentiles(append.group_latency), "; B3 a group ",
                                      Percentiles(batch.group_latency));
    out->push_back(std::move(line));
  }
  b3->reset();
  std::filesystem::remove_all(bench.Path("b3"));
  return absl::OkStatus();
}

// P2b. Both keep 1 000 records in flight: that is what the target is for.
absl::Status BatchedOnKafka(Bench& bench, std::vector<Figure>* out) {
  constexpr int kInFlight = 1000;
  const Options& options = bench.options();
  const auto workload = bench.MakeWorkload(/*reads=*/0);
  auto records = ReadProduced(options.kafka, {"interaction", "router"}, 20'000);
  if (!records.ok()) return records.status();
  auto b4 = ProduceFloor::Open(options.kafka, &*records);
  if (!b4.ok()) return b4.status();
  std::vector<double> value, floor;
  LoadResult all;
  double b4_records = 0, b4_seconds = 0, b4_cpu = 0;
  absl::Status status;
  Interleave(
      options.pairs,
      [&](int pair) {
        ClosedLoop loop = LoopOf(options, kInFlight / kBatch, pair + 1000);
        loop.batch = kBatch;
        LoadResult result = bench.real().Load(loop, *workload);
        value.push_back(result.rate(true, false));
        all.Merge(result);
        bench.Say(absl::StrFormat("P2b pair %d: shoujied %s/s", pair + 1, Short(value.back())));
      },
      [&](int pair) {
        auto result = (*b4)->Run(kInFlight, absl::Seconds(options.warm_up / 2));
        if (result.ok()) result = (*b4)->Run(kInFlight, absl::Seconds(options.seconds / 2));
        if (!result.ok()) status = result.status();
        floor.push_back(result.ok() ? result->rate() : 0);
        if (!result.ok()) return;
        b4_records += static_cast<double>(result->records);
        b4_seconds += result->seconds;
        b4_cpu += result->cpu_seconds;
        bench.Say(absl::StrFormat("P2b pair %d: B4 %s/s", pair + 1, Short(floor.back())));
      });
  if (!status.ok()) return status;
  Figure figure;
  figure.id = "P2b";
  figure.what = absl::StrFormat("durable commands/s on Kafka, batches of %d, %d in flight", kBatch, kInFlight);
  for (size_t i = 0; i < value.size(); ++i) figure.ratios.Add(value[i], floor[i]);
  figure.value = Short(all.rate(true, false));
  figure.floor = absl::StrCat("B4 ", Short(b4_records / b4_seconds));
  figure.target = 0.50;
  figure.voided = all.failed() > 0;
  figure.cpu_memory = bench.real().TakeCpuMemory();
  figure.in_the_way =
      "1 000 commands are spread over 128 shards, a few records to a produce request; deciding, sealing and the store "
      "take the rest of the cores, which B4 has for itself";
  figure.configuration = absl::StrFormat(
      "latency of a batch %s; failed %s; B4 with one producer, %d partitions, %.1f µs CPU a record, %.0f B a record",
      Percentiles(all.latency(true, false)), all.failures(), limits::kPartitions, b4_cpu / b4_records * 1e6,
      MeanBytes(*records));
  out->push_back(std::move(figure));
  return absl::OkStatus();
}

}  // namespace

absl::Status MeasureP2(Bench& bench, std::vector<Figure>* out) {
  if (bench.options().kafka.empty()) return absl::OkStatus();
  if (auto status = bench.Prepare(); !status.ok()) return status;
  if (bench.wants("P2")) {
    if (auto status = Unary(bench, "P2", 0.65, out); !status.ok()) return status;
    out->back().what += " on Kafka";
    out->back().in_the_way =
        "a produce request of few records costs the broker 140 to 180 µs on the same cores, each of 128 shards sends "
        "its "
        "own; then deciding, sealing and gRPC, as in P1";
  }
  return bench.wants("P2b") ? BatchedOnKafka(bench, out) : absl::OkStatus();
}

absl::Status MeasureP1(Bench& bench, std::vector<Figure>* out) {
  if (auto status = bench.Prepare(); !status.ok()) return status;
  if (bench.wants("P1")) {
    if (auto status = Unary(bench, "P1", 0.70, out); !status.ok()) return status;
  }
  return bench.wants("P1b") ? Batched(bench, out) : absl::OkStatus();
}

}  // namespace shoujie::load
