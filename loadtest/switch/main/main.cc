// shoujie-switch: a simulated telephone switch with scripted agents. Options here; the work is in loadtest/switch.
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "loadtest/switch/day.h"
#include "loadtest/switch/log_player.h"
#include "loadtest/switch/session.h"
#include "loadtest/switch/summary.h"
#include "services/runtime/base/error.h"

namespace shoujie::loadtest {
namespace {

// As the command line `shoujie` has them.
constexpr int kDone = 0, kFailed = 1, kUsage = 2, kRefusedFacts = 3;

std::atomic<bool> g_stop = false;
void OnSignal(int) { g_stop = true; }

int Complain(const absl::Status& status) {
  const auto detail = DetailOf(status);
  absl::FPrintF(stderr, "shoujie-switch: %s\n",
                detail.reason().empty() ? std::string(status.message()) : detail.reason() + ": " + detail.en());
  return kFailed;
}

std::string ReadToken(const std::string& path) {
  std::ifstream in(path);
  std::string token((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return std::string(absl::StripAsciiWhitespace(token));
}

int Main(int argc, char** argv) {
  CLI::App app{
      "A simulated switch: reports calls as facts, takes orders to dial back, and plays the agents.\n\n"
      "Examples:\n"
      "  shoujie-switch --server 127.0.0.1:7400 --token-file data/operator.token day --seed 7\n"
      "  shoujie-switch --server 127.0.0.1:7400 --token-file data/operator.token day --seed 7 --print-script\n"
      "  shoujied --data d --clock=1999-02-01T04:59:00Z,x2000 &\n"
      "  shoujie-switch --server 127.0.0.1:7400 --token-file d/operator.token log technion calls.tsv.gz"};
  SessionOptions options;
  std::string token_file, output = "table";
  bool quiet = false;
  app.add_option("--server", options.server, "HOST:PORT of the server")->envname("SHOUJIE_SERVER")->required();
  app.add_option("--token-file", token_file, "file with an operator's token")
      ->envname("SHOUJIE_TOKEN_FILE")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--source", options.source, "name of this switch: principal adapters/NAME, source of its calls")
      ->capture_default_str();
  app.add_option(
      "--outbox", options.outbox,
      "folder that keeps what is not delivered yet; a later start goes on with it (default: a temporary one)");
  app.add_option("--in-flight", options.in_flight, "commands of the outbox in flight")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("-o,--output", output, "how to end")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.add_flag("-q,--quiet", quiet, "no progress line");
  app.require_subcommand(1);

  DayCommand day;
  std::string agents = "scripted";
  auto* play = app.add_subcommand("day", "play a seeded demonstration day by the server's clock");
  play->add_option("--seed", day.seed, "the same seed plays the same day")->capture_default_str();
  play->add_option("--calls", day.calls, "contacts of all channels")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  play->add_option("--date", day.date,
                   "of the sites, YYYY-MM-DD (default: the server's today, or tomorrow if it is late)");
  play->add_option("--agents", agents, "who answers: scripted agents, or people (shoujie contacts accept …)")
      ->check(CLI::IsMember({"scripted", "people"}))
      ->capture_default_str();
  play->add_flag("--print-script", day.print_script, "print what would be played, and end");

  LogCommand log;
  std::string from, to;
  auto* log_command =
      app.add_subcommand("log", "play a real call log live, each fact when the server's clock reaches it");
  log_command->add_option("format", log.log.format, "technion")->required()->check(CLI::IsMember({"technion"}));
  log_command->add_option("file", log.log.path, "the log, plain or .gz")->required()->check(CLI::ExistingFile);
  log_command->add_option("--from", from, "first day, YYYY-MM-DD in the log's zone");
  log_command->add_option("--to", to, "last day");
  log_command->add_option("--limit", log.log.limit, "calls at most");
  log_command
      ->add_option("--speed", log.speed,
                   "so many times as fast as the log, instead of by the server's clock: the facts lie in its past")
      ->check(CLI::PositiveNumber);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  options.token = ReadToken(token_file);
  day.quiet = log.quiet = quiet;
  day.scripted_agents = agents == "scripted";
  for (const auto& [text, at] : {std::pair(&from, &log.log.from), std::pair(&to, &log.log.to)}) {
    if (text->empty() || absl::ParseCivilTime(*text, at)) continue;
    absl::FPrintF(stderr, "shoujie-switch: \"%s\" is no date; write it as 1999-02-01\n", *text);
    return kUsage;
  }
  log.log.on_bad = [](uint64_t line, const absl::Status& why) {
    absl::FPrintF(stderr, "line %d is left out: %s\n", line, std::string(why.message()));
  };
  std::signal(SIGINT, OnSignal);
  std::signal(SIGTERM, OnSignal);
  std::signal(SIGPIPE, SIG_IGN);

  auto session = Session::Open(options);
  if (!session.ok()) return Complain(session.status());
  const absl::Status status = log_command->parsed() ? PlayLog(**session, log, g_stop) : PlayDay(**session, day, g_stop);
  if (day.print_script) return status.ok() ? kDone : Complain(status);
  if (status.ok() || absl::IsCancelled(status)) {
    std::fputs((output == "json" ? SummaryJson(**session) : SummaryTable(**session)).c_str(), stdout);
  }
  if (!status.ok()) return Complain(status);
  return (*session)->courier().counts().refused == 0 ? kDone : kRefusedFacts;
}

}  // namespace
}  // namespace shoujie::loadtest

int main(int argc, char** argv) { return shoujie::loadtest::Main(argc, argv); }
