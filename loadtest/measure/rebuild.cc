// P5: how fast stores are made again from their journals, against the sorted ingestion of the same rows (B5).
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "loadtest/generator/world.h"
#include "loadtest/measure/bench.h"
#include "nlohmann/json.hpp"
#include "services/runtime/rpc/client.h"
#include "shoujie/ops/v1/service.pb.h"

namespace shoujie::load {
namespace {

struct Rebuilt {
  uint64_t stores = 0, failed = 0, records = 0, events = 0, threads = 0;
  double seconds = 0;        // of the rebuild, as the server says
  double ready_seconds = 0;  // from the start of the process
  double cpu_seconds = 0, peak_mb = 0;
};

// Takes the stores away and starts the server: it makes them again before it serves.
absl::StatusOr<Rebuilt> StartWithoutStores(const std::string& data, const std::vector<std::string>& flags) {
  std::filesystem::remove_all(data + "/store");
  const absl::Time begin = absl::Now();
  e2e::Server server(data, flags);
  Rebuilt rebuilt;
  rebuilt.ready_seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  if (server.address().empty()) return absl::UnavailableError("shoujied did not start: " + server.process().err());
  const Cost cost = CostOf(server.process().pid());
  rebuilt.cpu_seconds = cost.cpu_seconds;
  rebuilt.peak_mb = cost.peak_mb;
  if (server.Stop(absl::Minutes(5)) != 0) return absl::InternalError("shoujied did not stop cleanly");
  const std::string log = server.process().err();
  for (absl::string_view line : absl::StrSplit(log, '\n')) {
    if (!absl::StrContains(line, "\"stores rebuilt\"")) continue;
    const auto json = nlohmann::json::parse(std::string(line), nullptr, false);
    if (json.is_discarded()) continue;
    rebuilt.stores = json["stores"];
    rebuilt.failed = json["failed"];
    rebuilt.records = json["records"];
    rebuilt.events = json["events"];
    rebuilt.threads = json["threads"];
    rebuilt.seconds = json["ms"].get<double>() / 1e3;
  }
  if (rebuilt.events == 0 || rebuilt.failed > 0) return absl::InternalError("no rebuild: " + log);
  return rebuilt;
}

struct Floor {
  double rows = 0, bytes = 0, seconds = 0, cpu = 0;
};

absl::StatusOr<Floor> Ingest(Bench& bench, const std::string& data, size_t threads) {
  const e2e::Ran ran =
      e2e::Run({e2e::Program("shoujie-floors"), "ingest", data, bench.Path("b5"), "--threads", absl::StrCat(threads)},
               {}, absl::Minutes(10));
  Floor floor;
  for (absl::string_view word : absl::StrSplit(absl::StripTrailingAsciiWhitespace(ran.out), ' ')) {
    const std::vector<std::string> parts = absl::StrSplit(word, '=');
    double* const field = parts[0] == "rows"      ? &floor.rows
                          : parts[0] == "bytes"   ? &floor.bytes
                          : parts[0] == "seconds" ? &floor.seconds
                          : parts[0] == "cpu"     ? &floor.cpu
                                                  : nullptr;
    if (field != nullptr && (parts.size() != 2 || !absl::SimpleAtod(parts[1], field))) field[0] = 0;
  }
  if (ran.code != 0 || floor.seconds == 0) return absl::InternalError("B5: " + ran.err);
  return floor;
}

// Of a directory whose server is stopped.
absl::Status Measure(Bench& bench, const std::string& data, const std::vector<std::string>& flags,
                     std::vector<Figure>* out) {
  const size_t threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<double> value, floor;
  Rebuilt all;
  Floor rows;
  absl::Status status;
  Interleave(
      bench.options().pairs,
      [&](int pair) {
        auto one = StartWithoutStores(data, flags);
        if (!one.ok()) status = one.status();
        if (!one.ok()) return value.push_back(0);
        value.push_back(static_cast<double>(one->events) / one->seconds);
        one->seconds += all.seconds;
        one->cpu_seconds += all.cpu_seconds;
        one->ready_seconds += all.ready_seconds;
        one->peak_mb = std::max(one->peak_mb, all.peak_mb);
        all = *one;
        bench.Say(absl::StrFormat("P5 pair %d: rebuilds %s events/s", pair + 1, Short(value.back())));
      },
      [&](int pair) {
        auto one = Ingest(bench, data, threads);
        if (!one.ok()) status = one.status();
        floor.push_back(one.ok() ? one->seconds : 0);
        if (!one.ok()) return;
        one->cpu += rows.cpu;
        rows = *one;
        bench.Say(absl::StrFormat("P5 pair %d: B5 %s rows/s", pair + 1, Short(rows.rows / floor.back())));
      });
  if (!status.ok()) return status;
  const double n = bench.options().pairs, events = static_cast<double>(all.events);
  double floor_seconds = 0;
  for (const double seconds : floor) floor_seconds += seconds / n;
  Figure figure;
  figure.id = "P5";
  figure.what = absl::StrFormat("projection rebuild, events/s, %s events", Short(events));
  for (size_t i = 0; i < value.size(); ++i) figure.ratios.Add(value[i], events / floor[i]);
  figure.value = Short(events * n / all.seconds);
  figure.floor = absl::StrCat("B5 ", Short(events / floor_seconds));
  figure.target = 0.70;
  figure.cpu_memory = absl::StrFormat("%.1f µs an event, %.0f MB", all.cpu_seconds / n / events * 1e6, all.peak_mb);
  figure.configuration = absl::StrFormat(
      "start without the folder store: %d stores of %s records on %d threads, ready after %.2f s; B5: their %s rows "
      "(%.1f an event, %.0f B a row) from memory, in order, on %d threads, %.1f µs CPU an event",
      all.stores, Short(static_cast<double>(all.records)), all.threads, all.ready_seconds / n, Short(rows.rows),
      rows.rows / events, rows.bytes / rows.rows, threads, rows.cpu / n / events * 1e6);
  figure.in_the_way = absl::StrFormat(
      "each event is parsed, hashed, opened, applied to its state, and the state is serialized again, where the floor "
      "writes the last of all that alone; %.1f of %d cores were busy from the start of the process on",
      all.cpu_seconds / all.ready_seconds, static_cast<int>(threads));
  out->push_back(std::move(figure));
  return absl::OkStatus();
}

// Has the server rebuild all stores, again and again, from the moment it is made until it goes.
class Rebuilding {
 public:
  explicit Rebuilding(const Target& target)
      : client_({.target = target.address, .token = target.token, .timeout = absl::Seconds(20)}),
        thread_([this] { Run(); }) {}
  ~Rebuilding() { Stop(); }
  // Waits for the one under way.
  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  uint64_t events() const { return events_; }
  uint64_t wrong() const { return wrong_; }

 private:
  void Run() {
    while (!stop_) {
      ops::v1::StartRebuildRequest start;
      start.set_name("all");
      auto rebuild = rpc::Call<ops::v1::Rebuild>(client_, "shoujie.ops.v1.OpsService/StartRebuild", start);
      while (rebuild.ok() && rebuild->running()) {
        absl::SleepFor(absl::Milliseconds(100));
        rebuild =
            rpc::Call<ops::v1::Rebuild>(client_, "shoujie.ops.v1.OpsService/GetRebuild", ops::v1::GetRebuildRequest());
      }
      if (!rebuild.ok()) {
        ++wrong_;
        return;
      }
      for (const auto& store : rebuild->results()) {
        events_ += store.events();
        wrong_ += store.differing() + !store.failed().empty();
      }
    }
  }

  rpc::Client client_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> events_{0}, wrong_{0};
  std::thread thread_;
};

// Latency of commands while all stores are rebuilt beside the live ones, against the same arrivals without it.
absl::Status WhileServing(Bench& bench, std::vector<Figure>* out) {
  const Options& options = bench.options();
  const auto workload = bench.MakeWorkload(/*reads=*/0.6);
  OpenLoop loop = bench.AtHalfOfSaturation(*workload);
  std::vector<double> value, floor;
  LoadResult busy, idle;
  uint64_t events = 0, wrong = 0;
  double seconds = 0;
  Interleave(
      options.pairs,
      [&](int pair) {
        loop.seed = options.seed + static_cast<uint64_t>(pair);
        const absl::Time begin = absl::Now();
        Rebuilding rebuilding(bench.real());
        const LoadResult result = bench.real().Load(loop, *workload);
        rebuilding.Stop();
        seconds += absl::ToDoubleSeconds(absl::Now() - begin);
        events += rebuilding.events();
        wrong += rebuilding.wrong();
        value.push_back(static_cast<double>(result.latency(true, false).At(0.99)));
        busy.Merge(result);
        bench.Say(absl::StrFormat("P5 pair %d: p99 %s while rebuilding", pair + 1, ShortTime(value.back())));
      },
      [&](int pair) {
        loop.seed = options.seed + static_cast<uint64_t>(pair);
        const LoadResult result = bench.real().Load(loop, *workload);
        floor.push_back(static_cast<double>(result.latency(true, false).At(0.99)));
        idle.Merge(result);
        bench.Say(absl::StrFormat("P5 pair %d: p99 %s without", pair + 1, ShortTime(floor.back())));
      });
  Figure figure;
  figure.id = "P5 p99";
  figure.what = "command latency while all stores are rebuilt, p99";
  for (size_t i = 0; i < value.size(); ++i) figure.ratios.Add(value[i], floor[i]);
  const Histogram with = busy.latency(true, false), without = idle.latency(true, false);
  figure.floor = absl::StrCat("without ", ShortTime(static_cast<double>(without.At(0.99))));
  figure.value = ShortTime(static_cast<double>(with.At(0.99)));
  figure.at_most = true;
  figure.target = 2;
  figure.voided = busy.behind || idle.behind || busy.failed() + idle.failed() + wrong > 0;
  figure.cpu_memory = bench.real().TakeCpuMemory();
  figure.configuration = absl::StrFormat(
      "open loop, %s/s of a saturation of %s/s, 60 %% reads; `admin rebuild all` again and again: %s events/s beside "
      "the load, %d rows differed; p50 %s and %s without; failed %s and %s",
      Short(loop.rate), Short(2 * loop.rate), Short(static_cast<double>(events) / seconds), wrong,
      ShortTime(static_cast<double>(with.At(0.5))), ShortTime(static_cast<double>(without.At(0.5))), busy.failures(),
      idle.failures());
  figure.in_the_way =
      "server, generator and the rebuild share the cores, and a rebuild is not bounded unless --events-per-second-max "
      "is given; the store's thread stands still while a copy is taken over, and reads that wait for it with it";
  out->push_back(std::move(figure));
  return absl::OkStatus();
}

}  // namespace

absl::Status MeasureP5(Bench& bench, std::vector<Figure>* out) {
  const Options& options = bench.options();
  if (!options.kafka.empty()) {
    // The journals that the figures before have filled.
    if (auto status = bench.Prepare(); !status.ok()) return status;
    if (auto status = WhileServing(bench, out); !status.ok()) return status;
    if (bench.StopReal() != 0) return absl::InternalError("shoujied did not stop cleanly");
    return Measure(bench, bench.Path("data"), bench.server_flags(), out);
  }
  if (auto status = bench.Prepare(); !status.ok()) return status;
  if (auto status = WhileServing(bench, out); !status.ok()) return status;
  const std::string data = bench.Path("p5");
  bench.Say(absl::StrFormat("P5: writing %s events of state", Short(static_cast<double>(options.events))));
  {
    e2e::Server server(data);
    if (server.address().empty()) return absl::UnavailableError("shoujied did not start: " + server.process().err());
    const std::string token = server.token();
    auto tickets = MakeHistory(server.address(), token, options.events);
    if (!tickets.ok()) return tickets.status();
    if (server.Stop(absl::Minutes(5)) != 0) return absl::InternalError("shoujied did not stop cleanly");
  }
  auto status = Measure(bench, data, bench.server_flags(), out);
  std::filesystem::remove_all(data);
  return status;
}

}  // namespace shoujie::load
