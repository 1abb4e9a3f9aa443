// shoujie-watchers: thousands of watchers of one department's feed on one node. What they cost at rest and while events
// come, how long an event takes from its command's acknowledgement into their hands, and whether anybody misses one.
// Started by loadtest/watch.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "loadtest/generator/world.h"
#include "loadtest/measure/bench.h"
#include "loadtest/watchers/watchers.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/time.h"
#include "services/runtime/rpc/client.h"
#include "services/runtime/rpc/request_id.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/router/v1/commands.pb.h"
#include "tests/support/process/server.h"

namespace shoujie::load {
namespace {

struct WatchOptions {
  int watchers = 5000;
  int connections = 8;
  int tickets = 50;
  double rate = 5;
  double seconds = 20;
  double rest_seconds = 10;
  std::string directory = "build/load";
};

double ResidentMb(int pid) {
  for (absl::string_view line : absl::StrSplit(e2e::ReadFile(absl::StrCat("/proc/", pid, "/status")), '\n')) {
    if (!absl::ConsumePrefix(&line, "VmRSS:")) continue;
    uint64_t kb = 0;
    if (absl::SimpleAtoi(absl::StripSuffix(absl::StripAsciiWhitespace(line), " kB"), &kb)) {
      return static_cast<double>(kb) / 1024;
    }
  }
  return 0;
}

template <typename Request>
absl::StatusOr<common::v1::CommandReply> Do(rpc::Client& client, const char* method, Request request) {
  request.set_request_id(rpc::NewRequestId(absl::Now()));
  return rpc::Call<common::v1::CommandReply>(client, absl::StrCat("shoujie.router.v1.TicketService/", method), request);
}

absl::Status Measure(const WatchOptions& options, const std::string& directory) {
  e2e::Server server(directory + "/data");
  if (server.address().empty()) return absl::InternalError("shoujied does not start");
  const int pid = server.process().pid();
  const std::string token(absl::StripAsciiWhitespace(e2e::ReadFile(server.token_file())));
  auto matters = MakeMatters(server.address(), token, options.tickets);
  if (!matters.ok()) return matters.status();
  rpc::Client client({.target = server.address(), .token = token});
  for (const Matter& matter : *matters) {
    router::v1::OfferHandoffRequest offer;
    offer.set_name(matter.ticket);
    offer.set_department("tech");
    *offer.mutable_deadline() = ToProto(absl::Now() + absl::Hours(4));
    offer.set_gist("measured");
    if (auto reply = Do(client, "OfferHandoff", offer); !reply.ok()) return reply.status();
    router::v1::SignHandoffRequest sign;
    sign.set_name(matter.ticket);
    if (auto reply = Do(client, "SignHandoff", sign); !reply.ok()) return reply.status();
  }

  const double before_mb = ResidentMb(pid);
  absl::Time begin = absl::Now();
  Watchers watchers(server.address(), token, "tech", options.watchers, options.connections);
  if (!watchers.AwaitOpen(absl::Minutes(2))) return absl::InternalError("not everybody was let in");
  std::printf("%d watchers on %d connections, in after %.2f s: %.1f KB each\n", options.watchers, options.connections,
              absl::ToDoubleSeconds(absl::Now() - begin),
              (ResidentMb(pid) - before_mb) * 1024 / std::max(1, options.watchers));

  Cost cost = CostOf(pid);
  absl::SleepFor(absl::Seconds(options.rest_seconds));
  std::printf("at rest: %.1f %% of a core (heartbeats every %.0f s)\n",
              (CostOf(pid).cpu_seconds - cost.cpu_seconds) * 100 / options.rest_seconds,
              absl::ToDoubleSeconds(limits::kWatchHeartbeat));

  cost = CostOf(pid);
  begin = absl::Now();
  uint64_t sent = 0;
  double most_mb = 0;
  for (; absl::Now() < begin + absl::Seconds(options.seconds); ++sent) {
    absl::SleepFor(begin + absl::Seconds(static_cast<double>(sent) / options.rate) - absl::Now());
    router::v1::ReportProgressRequest progress;
    progress.set_name((*matters)[sent % matters->size()].ticket);
    progress.set_text("measured");
    auto reply = Do(client, "ReportProgress", progress);
    const absl::Time acknowledged = absl::Now();
    if (!reply.ok()) return reply.status();
    watchers.Acknowledged(absl::StrCat(reply->name(), "@", reply->etag(), ".0"), acknowledged);
    most_mb = std::max(most_mb, ResidentMb(pid));
  }
  const bool all = watchers.AwaitEvents(sent, absl::Seconds(30));
  const double took = absl::ToDoubleSeconds(absl::Now() - begin);
  const Histogram latency = watchers.latency();
  const auto ms = [&](double q) { return static_cast<double>(latency.At(q)) / 1e6; };
  std::printf(
      "%d events at %.1f/s to each: acknowledged to in hands p50 %.1f, p90 %.1f, p99 %.1f, max %.1f ms (%d); %.1f µs "
      "of "
      "CPU each, %.0f %% of a core; %.0f MB at most\n",
      static_cast<int>(sent), options.rate, ms(0.5), ms(0.9), ms(0.99), static_cast<double>(latency.max_ns()) / 1e6,
      static_cast<int>(latency.count()),
      (CostOf(pid).cpu_seconds - cost.cpu_seconds) * 1e6 /
          static_cast<double>(std::max<uint64_t>(1, watchers.events())),
      (CostOf(pid).cpu_seconds - cost.cpu_seconds) * 100 / took, std::max(most_mb, ResidentMb(pid)));
  if (!all || watchers.out_of_order() > 0) {
    return absl::InternalError(absl::StrCat("of ", sent * static_cast<uint64_t>(options.watchers), " events ",
                                            watchers.events(), " came, ", watchers.out_of_order(), " out of order; ",
                                            watchers.ended(), " streams ended"));
  }
  std::printf("nobody missed one, none came twice or out of order\n");
  return absl::OkStatus();
}

}  // namespace
}  // namespace shoujie::load

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as the server does
  shoujie::load::WatchOptions options;
  CLI::App app("Watches one department's feed thousands of times on one node, and prints what it costs.");
  app.add_option("--watchers", options.watchers)->check(CLI::Range(1, 8000))->capture_default_str();
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--tickets", options.tickets)->check(CLI::Range(1, 10'000))->capture_default_str();
  app.add_option("--rate", options.rate, "commands a second, each an event for everybody")->capture_default_str();
  app.add_option("--seconds", options.seconds)->capture_default_str();
  app.add_option("--rest-seconds", options.rest_seconds)->capture_default_str();
  app.add_option("--dir", options.directory)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const std::string directory =
      std::filesystem::absolute(options.directory).string() + "/watch-" + std::to_string(getpid());
  std::filesystem::create_directories(directory);
  const absl::Status status = shoujie::load::Measure(options, directory);
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  if (status.ok()) return 0;
  std::fprintf(stderr, "shoujie-watchers: %s\n", status.ToString().c_str());
  return 1;
}
