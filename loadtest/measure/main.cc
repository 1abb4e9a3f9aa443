// shoujie-load: measures the figures that one machine can give, each against its floor in the same run, and prints one
// table. Started by loadtest/run.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "loadtest/measure/bench.h"

namespace shoujie::load {
namespace {

constexpr const char* kFigures[] = {"P1", "P1b", "P2", "P2b", "P3", "P5", "P6", "P6b", "P7", "P10", "P12"};

int Measure(const Options& options, bool json) {
  const std::string header = RunHeader(absl::StrFormat("%d pairs, seed %d", options.pairs, options.seed));
  std::vector<Figure> figures;
  absl::Status status;
  {
    Bench bench(options);
    struct Step {
      std::vector<std::string> ids;
      absl::Status (*measure)(Bench&, std::vector<Figure>*);
    };
    // On a cluster only what has a floor there: the others look into the embedded data directory.
    const std::vector<Step> steps =
        options.kafka.empty()
            ? std::vector<Step>{{{"P1", "P1b"}, MeasureP1}, {{"P3"}, MeasureP3}, {{"P10"}, MeasureP10},
                                {{"P7"}, MeasureP7},        {{"P5"}, MeasureP5}, {{"P6"}, MeasureP6},
                                {{"P12"}, MeasureP12}}
            : std::vector<Step>{{{"P2", "P2b"}, MeasureP2}, {{"P5"}, MeasureP5}, {{"P6b"}, MeasureP6b}};
    for (const Step& step : steps) {
      bool wanted = false;
      for (const std::string& id : step.ids) wanted = wanted || bench.wants(id);
      if (wanted && status.ok()) status = step.measure(bench, &figures);
    }
  }
  std::fputs(json ? ToJson(figures, header).c_str() : (header + "\n\n" + ToTable(figures)).c_str(), stdout);
  if (status.ok()) return 0;
  std::fprintf(stderr, "shoujie-load: %s\n", status.ToString().c_str());
  return 1;
}

}  // namespace
}  // namespace shoujie::load

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as the server does
  using shoujie::load::kFigures;
  shoujie::load::Options options;
  std::vector<std::string> only;
  std::string output = "table", directory = "build/load";
  bool keep = false;
  CLI::App app("Measures shoujied against the floors of this machine and prints one table.");
  app.add_option("--only", only, "figures: P1 P1b P3 P5 P6 P7 P10 P12; on Kafka P2 P2b P5 P6b")
      ->delimiter(',')
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kFigures), std::end(kFigures))));
  auto* brief = app.add_flag("--short", options.brief, "a quick look: fewer pairs, short windows, little state");
  auto* pairs =
      app.add_option("--pairs", options.pairs, "pairs of runs, interleaved A B B A")->check(CLI::Range(1, 1000));
  auto* seconds = app.add_option("--seconds", options.seconds, "window of one run");
  auto* customers = app.add_option("--customers", options.customers, "customers with a ticket each")
                        ->check(CLI::Range(10, 10'000'000));
  auto* events = app.add_option("--events", options.events, "events of state for P5 and P6");
  auto* overload = app.add_option("--overload-seconds", options.overload_seconds, "of P10");
  app.add_option("--overload", options.overload, "of P10: times the peak")->capture_default_str();
  app.add_option("--stall-seconds", options.stall_seconds,
                 "of P3: one long run at 50 % that looks for stalls; 0: none");
  app.add_option("--timers", options.timers, "of P12: open timers on one node, a million or so; 0: none")
      ->check(CLI::Range(0, 100'000'000));
  app.add_option("--burst", options.burst, "of P12: tickets that are due at one instant")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--in-flight", options.in_flight, "of P1")->capture_default_str();
  app.add_option("--batched-in-flight", options.batched_in_flight, "of P1b")->capture_default_str();
  app.add_option("--channels", options.channels, "connections")->capture_default_str();
  app.add_option("--threads", options.threads, "of shoujied")->capture_default_str();
  app.add_option("--seed", options.seed)->capture_default_str();
  app.add_option("--dir", directory, "where data are written: on the disk that is to be measured")
      ->capture_default_str();
  app.add_option("--kafka", options.kafka,
                 "HOST:PORT of a broker: the figures of the journal on Kafka, with topics made there");
  app.add_flag("--keep", keep, "leave the data where they are");
  app.add_option("-o,--output", output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  if (brief->count() > 0) {
    if (pairs->count() == 0) options.pairs = 3;
    if (seconds->count() == 0) options.seconds = 2;
    if (customers->count() == 0) options.customers = 1000;
    if (events->count() == 0) options.events = 50'000;
    if (overload->count() == 0) options.overload_seconds = 10;
    options.warm_up = 0.5;
  }
  options.only.insert(only.begin(), only.end());
  options.directory = std::filesystem::absolute(directory).string() + "/" + std::to_string(getpid());
  std::filesystem::create_directories(options.directory);
  const int code = shoujie::load::Measure(options, output == "json");
  std::error_code ignored;
  if (!keep) std::filesystem::remove_all(options.directory, ignored);
  return code;
}
