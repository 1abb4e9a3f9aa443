// shoujie-watchers: thousands of watchers of one department's feed on one node, beside as many of a bare stream echo.
// What they cost at rest and while events come, how long an event takes from the sending of its command into their
// hands (P4), and whether anybody misses one. Started by loadtest/watch.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "loadtest/measure/bench.h"
#include "loadtest/watchers/feed.h"
#include "loadtest/watchers/watchers.h"
#include "services/runtime/base/limits.h"

namespace shoujie::load {
namespace {

struct WatchOptions {
  int watchers = 5000;
  int connections = 8;
  int tickets = 50;
  int pairs = 5;
  double rate = 5;
  double seconds = 20;
  double rest_seconds = 30;  // several heartbeats: in a shorter time one of all watchers falls or does not
  std::string directory = "build/load";
};

// A feed, its watchers, and what they were told.
struct Side {
  std::unique_ptr<Feed> feed;
  std::unique_ptr<Watchers> watchers;
  uint64_t said = 0;
  Histogram latency, answered;  // of all windows: events from their commands' sending, and the commands' answers
  double cpu_seconds = 0, took_seconds = 0, most_mb = 0;
};

absl::Status LetIn(const WatchOptions& options, Side* side) {
  side->watchers = std::make_unique<Watchers>(side->feed->address(), side->feed->token(), kWatchedDepartment,
                                              options.watchers, options.connections);
  return side->watchers->AwaitOpen(absl::Minutes(2)) ? absl::OkStatus()
                                                     : absl::InternalError("not everybody was let in");
}

// Commands at the rate, each an event for everybody, until everybody has had all of them.
absl::StatusOr<Histogram> Window(const WatchOptions& options, double seconds, Side* side) {
  const absl::Time begin = absl::Now();
  const double cpu = CostOf(side->feed->pid()).cpu_seconds;
  for (uint64_t n = 0; absl::Now() < begin + absl::Seconds(seconds); ++n) {
    absl::SleepFor(begin + absl::Seconds(static_cast<double>(n) / options.rate) - absl::Now());
    const absl::Time sent = absl::Now();
    auto id = side->feed->Say();
    if (!id.ok()) return id.status();
    side->answered.Record(absl::ToInt64Nanoseconds(absl::Now() - sent));
    side->watchers->Sent(*id, sent);
    ++side->said;
    side->most_mb = std::max(side->most_mb, ResidentMb(side->feed->pid()));
  }
  const bool all = side->watchers->AwaitEvents(side->said, absl::Seconds(30));
  if (!all || side->watchers->out_of_order() > 0) {
    return absl::InternalError(absl::StrCat("of ", side->said * static_cast<uint64_t>(options.watchers), " events ",
                                            side->watchers->events(), " came, ", side->watchers->out_of_order(),
                                            " out of order; ", side->watchers->ended(), " streams ended"));
  }
  side->cpu_seconds += CostOf(side->feed->pid()).cpu_seconds - cpu;
  side->took_seconds += absl::ToDoubleSeconds(absl::Now() - begin);
  Histogram latency = side->watchers->TakeLatency();
  side->latency.Merge(latency);
  return latency;
}

std::string Quantiles(const Histogram& latency) {
  return absl::StrFormat("p50 %s, p90 %s, p99 %s, max %s of %d", ShortTime(static_cast<double>(latency.At(0.5))),
                         ShortTime(static_cast<double>(latency.At(0.9))),
                         ShortTime(static_cast<double>(latency.At(0.99))),
                         ShortTime(static_cast<double>(latency.max_ns())), latency.count());
}

double MicrosEach(const WatchOptions& options, const Side& side) {
  return side.cpu_seconds * 1e6 /
         static_cast<double>(std::max<uint64_t>(1, side.said) * static_cast<uint64_t>(options.watchers));
}

Figure Line(const char* id, std::string what, std::string value) {
  Figure figure;
  figure.id = id;
  figure.what = std::move(what);
  figure.value = std::move(value);
  return figure;
}

absl::Status Measure(const WatchOptions& options, const std::string& directory, std::vector<Figure>* out) {
  Side real, echo;
  auto opened = OpenReal(directory, options.tickets);
  if (!opened.ok()) return opened.status();
  real.feed = *std::move(opened);
  const int pid = real.feed->pid();
  const double before_mb = ResidentMb(pid);
  const absl::Time begin = absl::Now();
  if (auto status = LetIn(options, &real); !status.ok()) return status;
  const std::string who = absl::StrFormat("%d watchers on %d connections", options.watchers, options.connections);
  const double each_kb = (ResidentMb(pid) - before_mb) * 1024 / options.watchers;
  out->push_back(Line("P4 memory", who + ", each", absl::StrFormat("%.1f KB", each_kb)));
  out->back().configuration = absl::StrFormat("all let in after %.2f s", absl::ToDoubleSeconds(absl::Now() - begin));
  const Cost at_rest = CostOf(pid);
  absl::SleepFor(absl::Seconds(options.rest_seconds));
  out->push_back(Line("P4 rest", who + ", no event",
                      absl::StrFormat("%.1f %% of a core",
                                      (CostOf(pid).cpu_seconds - at_rest.cpu_seconds) * 100 / options.rest_seconds)));
  out->back().configuration =
      absl::StrFormat("a heartbeat every %.0f s", absl::ToDoubleSeconds(limits::kWatchHeartbeat));

  // The first seconds of each are not counted; the echo learns from them what an event looks like.
  constexpr double kWarmUpSeconds = 2;
  if (auto window = Window(options, kWarmUpSeconds, &real); !window.ok()) return window.status();
  auto floor = OpenEcho(real.watchers->sample());
  if (!floor.ok()) return floor.status();
  echo.feed = *std::move(floor);
  if (auto status = LetIn(options, &echo); !status.ok()) return status;
  if (auto window = Window(options, kWarmUpSeconds, &echo); !window.ok()) return window.status();
  for (Side* side : {&real, &echo}) {
    side->latency.Clear(), side->answered.Clear();
    side->cpu_seconds = side->took_seconds = 0;
  }
  const uint64_t real_before = real.said, echo_before = echo.said;

  absl::Status failed;
  std::vector<double> value, floors;
  const auto run = [&](const char* name, Side* side, std::vector<double>* p99s) {
    return [&failed, &options, name, side, p99s](int pair) {
      auto window = failed.ok() ? Window(options, options.seconds, side) : absl::StatusOr<Histogram>(failed);
      if (!window.ok()) {
        failed = window.status();
        return p99s->push_back(0);
      }
      p99s->push_back(static_cast<double>(window->At(0.99)));
      std::fprintf(stderr, "P4 pair %d: %s %s\n", pair + 1, name, Quantiles(*window).c_str());
    };
  };
  Interleave(options.pairs, run("shoujied", &real, &value), run("stream echo", &echo, &floors));
  if (!failed.ok()) return failed;
  real.said -= real_before, echo.said -= echo_before;

  Figure figure;
  figure.id = "P4";
  figure.what = "command sent to event in a department's hands, p99";
  for (size_t i = 0; i < value.size(); ++i) figure.ratios.Add(value[i], floors[i]);
  figure.floor = "stream echo " + ShortTime(static_cast<double>(echo.latency.At(0.99)));
  figure.value = ShortTime(static_cast<double>(real.latency.At(0.99)));
  figure.at_most = true;
  figure.target = 2;
  figure.cpu_memory = absl::StrFormat("%.1f µs an event and watcher, %.0f MB", MicrosEach(options, real), real.most_mb);
  figure.configuration = absl::StrFormat(
      "%s, %d tickets, %.3g commands/s, windows of %.3g s; %s, %.0f %% of a core; echo %s, %.1f µs an event and "
      "watcher, "
      "%.0f %% of a core, %.0f MB; nobody missed one, none came twice or out of order",
      who, options.tickets, options.rate, options.seconds, Quantiles(real.latency),
      real.cpu_seconds * 100 / real.took_seconds, Quantiles(echo.latency), MicrosEach(options, echo),
      echo.cpu_seconds * 100 / echo.took_seconds, echo.most_mb);
  figure.in_the_way =
      "the command is durable first and its event passes the lists; then each stream takes its turn, where the echo "
      "writes to one after the other";
  out->push_back(std::move(figure));
  out->push_back(Line("P4 answer", "command sent to its answer, while events go out", Quantiles(real.answered)));
  out->back().floor = "stream echo " + ShortTime(static_cast<double>(echo.answered.At(0.99)));
  out->back().configuration = "echo " + Quantiles(echo.answered);
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  WatchOptions options;
  std::string output = "table";
  CLI::App app("Watches one department's feed thousands of times on one node, beside a bare stream echo (P4).");
  app.add_option("--watchers", options.watchers)->check(CLI::Range(1, 8000))->capture_default_str();
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--tickets", options.tickets)->check(CLI::Range(1, 10'000))->capture_default_str();
  app.add_option("--pairs", options.pairs, "pairs of windows, interleaved A B B A")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--rate", options.rate, "commands a second, each an event for everybody")->capture_default_str();
  app.add_option("--seconds", options.seconds, "window of one run")->capture_default_str();
  app.add_option("--rest-seconds", options.rest_seconds)->capture_default_str();
  app.add_option("--dir", options.directory)->capture_default_str();
  app.add_option("-o,--output", output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const std::string directory =
      std::filesystem::absolute(options.directory).string() + "/watch-" + std::to_string(getpid());
  std::filesystem::create_directories(directory);
  const std::string header = RunHeader(absl::StrFormat("%d pairs", options.pairs));
  std::vector<Figure> figures;
  const absl::Status status = Measure(options, directory, &figures);
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  std::fputs(output == "json" ? ToJson(figures, header).c_str() : (header + "\n\n" + ToTable(figures)).c_str(), stdout);
  if (status.ok()) return 0;
  std::fprintf(stderr, "shoujie-watchers: %s\n", status.ToString().c_str());
  return 1;
}

}  // namespace
}  // namespace shoujie::load

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as the server does
  return shoujie::load::Main(argc, argv);
}
