// P6: from the start of the process to the first correct answer, against the opening of the same databases alone.
#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "loadtest/generator/world.h"
#include "loadtest/measure/bench.h"
#include "services/runtime/rpc/client.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/router/v1/ticket.pb.h"

namespace shoujie::load {
namespace {

struct Started {
  double ready_ms = 0, answer_ms = 0;
  double peak_mb = 0, cpu_seconds = 0;
};

// Starts the server, asks for the ticket, stops it.
absl::StatusOr<Started> Start(const std::string& data, const std::string& ticket) {
  const absl::Time begin = absl::Now();
  e2e::Server server(data);
  Started started;
  started.ready_ms = absl::ToDoubleMilliseconds(absl::Now() - begin);
  if (server.address().empty()) return absl::UnavailableError("shoujied did not start: " + server.process().err());
  rpc::Client client({.target = server.address(), .token = server.token(), .wait_for_ready = true});
  common::v1::GetRequest get;
  get.set_name(ticket);
  auto got = rpc::Call<router::v1::Ticket>(client, "shoujie.router.v1.TicketService/GetTicket", get);
  started.answer_ms = absl::ToDoubleMilliseconds(absl::Now() - begin);
  if (!got.ok()) return got.status();
  if (got->name() != ticket || got->history().last_number() == 0) return absl::DataLossError("a wrong answer");
  const Cost cost = CostOf(server.process().pid());
  started.peak_mb = cost.peak_mb;
  started.cpu_seconds = cost.cpu_seconds;
  if (server.Stop() != 0) return absl::InternalError("shoujied did not stop cleanly: " + server.process().err());
  return started;
}

absl::StatusOr<double> OpenedBare(const std::string& data) {
  const e2e::Ran ran = e2e::Run({e2e::Program("shoujie-floors"), "open", data});
  absl::string_view out = absl::StripTrailingAsciiWhitespace(ran.out);
  double ms = 0;
  if (ran.code != 0 || !absl::ConsumePrefix(&out, "opened ms=") || !absl::SimpleAtod(out, &ms)) {
    return absl::InternalError("bare open: " + ran.err);
  }
  return ms;
}

// A stopped directory with so many events of state, and a ticket in it.
absl::StatusOr<std::string> Fill(const std::string& data, uint64_t events) {
  e2e::Server server(data);
  if (server.address().empty()) return absl::UnavailableError("shoujied did not start: " + server.process().err());
  auto tickets = MakeHistory(server.address(), server.token(), events);
  if (!tickets.ok()) return tickets.status();
  if (server.Stop(absl::Minutes(5)) != 0) return absl::InternalError("shoujied did not stop cleanly");
  return (*tickets)[tickets->size() / 2];
}

// The last error of a row of measurements, or none.
struct Series {
  double ready = 0, answer = 0, bare = 0, peak_mb = 0, cpu = 0;
  Ratios ratios;
  absl::Status status;
};

Series Measure(Bench& bench, const std::string& data, const std::string& ticket, int pairs) {
  Series series;
  std::vector<double> value, floor;
  // The first of each is not counted: files are read for the first time, what was in the log is written to tables.
  if (auto first = Start(data, ticket); !first.ok()) series.status = first.status();
  Interleave(
      pairs,
      [&](int pair) {
        auto started = Start(data, ticket);
        if (!started.ok()) {
          series.status = started.status();
          return value.push_back(0);
        }
        value.push_back(started->answer_ms);
        series.ready += started->ready_ms / pairs;
        series.answer += started->answer_ms / pairs;
        series.cpu += started->cpu_seconds / pairs;
        series.peak_mb = std::max(series.peak_mb, started->peak_mb);
        bench.Say(absl::StrFormat("P6 pair %d: first answer after %.0f ms", pair + 1, started->answer_ms));
      },
      [&](int pair) {
        auto ms = OpenedBare(data);
        if (!ms.ok()) series.status = ms.status();
        floor.push_back(ms.ok() ? *ms : 0);
        series.bare += floor.back() / pairs;
        bench.Say(absl::StrFormat("P6 pair %d: bare open %.0f ms", pair + 1, floor.back()));
      });
  for (size_t i = 0; i < value.size(); ++i) series.ratios.Add(value[i], floor[i]);
  return series;
}

// Once: killed with what the last seconds wrote still in the log, against a bare open of a copy of the same files.
absl::Status AfterKill(Bench& bench, const std::string& data, const std::string& ticket, std::vector<Figure>* out) {
  const uint64_t last_events = bench.options().brief ? 5'000 : 100'000;
  Ratios ratios;
  double answer = 0, bare = 0;
  const int rounds = std::min(bench.options().pairs, 3);
  for (int round = 0; round < rounds; ++round) {
    {
      e2e::Server server(data);
      if (server.address().empty()) return absl::UnavailableError("shoujied did not start");
      const uint64_t before = bench.options().events + last_events * static_cast<uint64_t>(round);
      auto more = MakeHistory(server.address(), server.token(), before + last_events, before);
      if (!more.ok()) return more.status();
      server.Kill();
    }
    const std::string copy = data + "-copy";
    std::filesystem::copy(data, copy, std::filesystem::copy_options::recursive);
    auto floor = OpenedBare(copy);
    std::filesystem::remove_all(copy);
    if (!floor.ok()) return floor.status();
    auto started = Start(data, ticket);
    if (!started.ok()) return started.status();
    ratios.Add(started->answer_ms, *floor);
    answer += started->answer_ms / rounds;
    bare += *floor / rounds;
  }
  Figure figure;
  figure.id = "P6 killed";
  figure.what = "the same after kill -9 under writes";
  figure.floor = absl::StrFormat("bare open %.0f ms", bare);
  figure.value = absl::StrFormat("%.0f ms", answer);
  figure.ratios = ratios;
  figure.at_most = true;
  figure.target = 2;
  figure.configuration = absl::StrFormat("%s events more before each kill", Short(static_cast<double>(last_events)));
  out->push_back(std::move(figure));
  return absl::OkStatus();
}

}  // namespace

absl::Status MeasureP6(Bench& bench, std::vector<Figure>* out) {
  const Options& options = bench.options();
  const uint64_t few = options.events / 10;
  bench.Say(absl::StrFormat("P6: writing %s and %s events of state", Short(static_cast<double>(options.events)),
                            Short(static_cast<double>(few))));
  const std::string large = bench.Path("p6-large"), small = bench.Path("p6-small");
  auto ticket = Fill(large, options.events);
  if (!ticket.ok()) return ticket.status();
  auto small_ticket = Fill(small, few);
  if (!small_ticket.ok()) return small_ticket.status();

  const Series all = Measure(bench, large, *ticket, options.pairs);
  if (!all.status.ok()) return all.status;
  Figure figure;
  figure.id = "P6";
  figure.what = absl::StrFormat("start to first correct answer, %s events", Short(static_cast<double>(options.events)));
  figure.floor = absl::StrFormat("bare open %.0f ms", all.bare);
  figure.value = absl::StrFormat("%.0f ms", all.answer);
  figure.ratios = all.ratios;
  figure.at_most = true;
  figure.target = 2;
  figure.cpu_memory = absl::StrFormat("%.0f ms CPU, %.0f MB", all.cpu * 1e3, all.peak_mb);
  figure.configuration = absl::StrFormat(
      "clean stop before; from fork to the answer of GetTicket (ready after %.0f ms); floor: DB::Open of journal, "
      "keys, "
      "store and lists with the same settings, without its process's own start; files in the page cache",
      all.ready);
  out->push_back(std::move(figure));

  const Series less = Measure(bench, small, *small_ticket, std::min(options.pairs, 3));
  if (!less.status.ok()) return less.status;
  Figure growth;
  growth.id = "P6 growth";
  growth.what = "the same, against a tenth of the journal";
  growth.floor = absl::StrFormat("%.0f ms", less.answer);
  growth.value = absl::StrFormat("%.0f ms", all.answer);
  growth.ratios.Add(all.answer, less.answer);
  growth.configuration = absl::StrFormat("bare opens %.0f and %.0f ms", less.bare, all.bare);
  out->push_back(std::move(growth));
  auto status = AfterKill(bench, large, *ticket, out);
  std::filesystem::remove_all(large);
  std::filesystem::remove_all(small);
  return status;
}

}  // namespace shoujie::load
