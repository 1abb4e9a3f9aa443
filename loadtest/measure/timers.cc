// P12: so many open timers on one node. What they cost at rest, how they lengthen a start, and how late they fire when
// many are due at one instant. Each ticket is one as people make them: opened by a contact, offered to a department,
// with three clocks and a deadline running.
#include <algorithm>
#include <filesystem>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "google/protobuf/descriptor.h"
#include "loadtest/generator/world.h"
#include "loadtest/measure/bench.h"
#include "services/runtime/base/time.h"
#include "services/runtime/rocks/database.h"
#include "services/runtime/rpc/client.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie::load {
namespace {

constexpr int kTimersEach = 4;  // of a ticket: clocks to sign, of the department's share, to resolve; deadline
constexpr absl::Duration kRest = absl::Seconds(10), kSettle = absl::Seconds(5);

// Rows of timers in a stopped directory's stores, by service.
absl::StatusOr<std::map<std::string, uint64_t>> TimersOf(const std::string& data) {
  rocks::Options options;
  options.name = "measured";
  options.tail = rocks::Tail::kDerived;
  auto database = rocks::Database::Open(data + "/store", options);
  if (!database.ok()) return database.status();
  std::map<std::string, uint64_t> timers;
  for (const char* name : {"interaction", "router"}) {
    const std::string service = name;
    const auto scan = (*database)->Scan(service + '\0', service + '\1');
    for (; scan->Valid(); scan->Next()) timers[service] += scan->key()[service.size() + kShardPrefixTail] == 'T';
    if (!scan->status().ok()) return scan->status();
  }
  return timers;
}

struct AtRest {
  double ready_ms = 0, answer_ms = 0, resident_mb = 0, cores = 0;
};

// From its start to rest. `ticket`: what the first question is about; empty: about no ticket in particular.
absl::StatusOr<AtRest> Rest(const std::string& ticket, absl::Time begin, e2e::Server& server) {
  AtRest rest;
  rest.ready_ms = absl::ToDoubleMilliseconds(absl::Now() - begin);
  if (server.address().empty()) return absl::UnavailableError("shoujied did not start: " + server.process().err());
  rpc::Client client({.target = server.address(), .token = server.token(), .wait_for_ready = true});
  common::v1::GetRequest get;
  get.set_name(ticket.empty() ? "tickets/0001-000001-9-T1" : ticket);
  auto got = rpc::Call<router::v1::Ticket>(client, "shoujie.router.v1.TicketService/GetTicket", get);
  rest.answer_ms = absl::ToDoubleMilliseconds(absl::Now() - begin);
  if (!got.ok() && !(ticket.empty() && absl::IsNotFound(got.status()))) return got.status();
  absl::SleepFor(kSettle);
  const double cpu = CostOf(server.process().pid()).cpu_seconds;
  absl::SleepFor(kRest);
  rest.cores = (CostOf(server.process().pid()).cpu_seconds - cpu) / absl::ToDoubleSeconds(kRest);
  rest.resident_mb = ResidentMb(server.process().pid());
  return rest;
}

struct Burst {
  Histogram fired, told;  // from due to the timer's record, and to the event in a watcher's hands
  absl::Duration all;     // until the last one had fired
  double cpu_seconds = 0;
};

// The deadlines of these tickets are one instant; the department's feed tells of each that passed.
absl::StatusOr<Burst> FireAtOnce(const e2e::Server& server, int pid, const std::vector<Matter>& matters) {
  const std::string token = server.token();
  // Time for the offers, at a rate that any machine holds.
  const absl::Time due = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now())) + absl::Seconds(20) +
                         absl::Milliseconds(static_cast<int64_t>(matters.size()));
  Burst burst;
  absl::Status watched;
  std::thread watcher([&] {
    rpc::Client client({.target = server.address(), .token = token});
    const auto* service = router::v1::WatchTicketsRequest::descriptor()->file()->FindServiceByName("TicketService");
    const auto* method = service->FindMethodByName("WatchTickets");
    router::v1::WatchTicketsRequest request;
    request.set_department("tech");
    router::v1::WatchTicketsResponse answer;
    watched = client.Stream(
        *method, request, &answer,
        [&] {
          const absl::Time now = absl::Now();
          for (const auto& event : answer.events()) {
            if (event.type() != "shoujie.ticket.overdue.v1" || ToTime(event.data().deadline()) != due) continue;
            const absl::Duration lag = ToTime(event.time()) - due;
            burst.fired.Record(absl::ToInt64Nanoseconds(lag));
            burst.told.Record(absl::ToInt64Nanoseconds(now - due));
            burst.all = std::max(burst.all, lag);
          }
          return burst.fired.count() < matters.size();
        },
        due - absl::Now() + absl::Minutes(5));
  });
  absl::Status offered = OfferAll(server.address(), token, matters, due);
  const bool in_time = absl::Now() < due;
  absl::SleepFor(due - absl::Now() - absl::Milliseconds(100));
  const double cpu = CostOf(pid).cpu_seconds;
  watcher.join();
  burst.cpu_seconds = CostOf(pid).cpu_seconds - cpu;
  if (!offered.ok()) return offered;
  if (!watched.ok()) return watched;
  if (!in_time) return absl::InternalError("the offers took too long: make the burst smaller");
  return burst;
}

std::string Quantiles(const Histogram& lag) {
  return absl::StrFormat("p50 %s, p90 %s, p99 %s, max %s", ShortTime(static_cast<double>(lag.At(0.5))),
                         ShortTime(static_cast<double>(lag.At(0.9))), ShortTime(static_cast<double>(lag.At(0.99))),
                         ShortTime(static_cast<double>(lag.max_ns())));
}

Figure Line(const char* id, std::string what, std::string floor, std::string value) {
  Figure figure;
  figure.id = id;
  figure.what = std::move(what);
  figure.floor = std::move(floor);
  figure.value = std::move(value);
  return figure;
}

}  // namespace

absl::Status MeasureP12(Bench& bench, std::vector<Figure>* out) {
  const Options& options = bench.options();
  if (options.timers == 0) return absl::OkStatus();
  const std::string data = bench.Path("p12"), empty_data = bench.Path("p12-empty");
  const int tickets = std::max(options.timers / kTimersEach, options.burst + 1);
  std::vector<Matter> matters;
  const absl::Time begin = absl::Now();
  {
    e2e::Server server(data, bench.server_flags());
    if (server.address().empty()) return absl::UnavailableError("shoujied did not start: " + server.process().err());
    bench.Say(absl::StrFormat("P12: making %d tickets", tickets));
    auto made = MakeMatters(server.address(), server.token(), tickets);
    if (!made.ok()) return made.status();
    matters = *std::move(made);
    const std::vector<Matter> later(matters.begin() + options.burst, matters.end());
    if (auto status = OfferAll(server.address(), server.token(), later, absl::Now() + absl::Hours(30 * 24));
        !status.ok()) {
      return status;
    }
    if (server.Stop(absl::Minutes(5)) != 0) return absl::InternalError("shoujied did not stop cleanly");
  }
  const double took = absl::ToDoubleSeconds(absl::Now() - begin);
  auto timers = TimersOf(data);
  if (!timers.ok()) return timers.status();
  uint64_t all = 0;
  for (const auto& [service, count] : *timers) all += count;
  bench.Say(absl::StrFormat("P12: %d timers after %.0f s", all, took));

  // A directory without a ticket, started the second time, too.
  if (e2e::Server first(empty_data, bench.server_flags()); first.Stop() != 0) {
    return absl::InternalError("shoujied did not stop cleanly: " + first.process().err());
  }
  absl::StatusOr<AtRest> floor;
  {
    const absl::Time begun = absl::Now();
    e2e::Server empty(empty_data, bench.server_flags());
    floor = Rest("", begun, empty);
  }
  if (!floor.ok()) return floor.status();
  const absl::Time begun = absl::Now();
  e2e::Server server(data, bench.server_flags());
  auto rest = Rest(matters.back().ticket, begun, server);
  if (!rest.ok()) return rest.status();
  const double each = (rest->resident_mb - floor->resident_mb) * 1024 * 1024 / static_cast<double>(all);

  Figure open =
      Line("P12 memory", absl::StrFormat("%s open timers on one node, resident", Short(static_cast<double>(all))),
           absl::StrFormat("none %.0f MB", floor->resident_mb), absl::StrFormat("%.0f MB", rest->resident_mb));
  open.configuration = absl::StrFormat(
      "%d tickets made by %.0f s of commands, each offered, with three clocks and a deadline (timers in the stores: "
      "%s); "
      "after a clean restart and %.0f s: %.0f B a timer, caches of the databases and all else included",
      tickets, took,
      absl::StrJoin(*timers, ", ",
                    [](std::string* text, const auto& one) { absl::StrAppend(text, one.first, " ", one.second); }),
      absl::ToDoubleSeconds(kSettle + kRest), each);
  out->push_back(std::move(open));
  out->push_back(Line("P12 rest", "CPU while none is due",
                      absl::StrFormat("none %.2f %% of a core", floor->cores * 100),
                      absl::StrFormat("%.2f %% of a core", rest->cores * 100)));
  out->back().configuration = absl::StrFormat("over %.0f s", absl::ToDoubleSeconds(kRest));
  out->push_back(Line("P12 start", "start to first correct answer", absl::StrFormat("none %.0f ms", floor->answer_ms),
                      absl::StrFormat("%.0f ms", rest->answer_ms)));
  out->back().configuration = absl::StrFormat("once; ready after %.0f and %.0f ms", floor->ready_ms, rest->ready_ms);

  bench.Say(absl::StrFormat("P12: %d are due at one instant", options.burst));
  const std::vector<Matter> first(matters.begin(), matters.begin() + options.burst);
  auto burst = FireAtOnce(server, server.process().pid(), first);
  if (!burst.ok()) return burst.status();
  out->push_back(Line("P12 burst", absl::StrFormat("%d due at one instant: due to fired, p99", options.burst), "",
                      ShortTime(static_cast<double>(burst->fired.At(0.99)))));
  out->back().cpu_memory = absl::StrFormat("%.0f µs each, %.0f MB", burst->cpu_seconds * 1e6 / options.burst,
                                           CostOf(server.process().pid()).peak_mb);
  out->back().configuration =
      absl::StrFormat("fired (recorded): %s, %s/s; in a watcher's hands: %s", Quantiles(burst->fired),
                      Short(options.burst / std::max(1e-3, absl::ToDoubleSeconds(burst->all))), Quantiles(burst->told));
  if (server.Stop(absl::Minutes(5)) != 0) return absl::InternalError("shoujied did not stop cleanly");
  std::filesystem::remove_all(data);
  std::filesystem::remove_all(empty_data);
  return absl::OkStatus();
}

}  // namespace shoujie::load
