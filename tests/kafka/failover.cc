// How long nobody serves when a node of a cluster dies, stops or stands still: faults of nodes (cluster_faults.h) with
// any number of nodes and both kinds of membership. Prints a table; exit status 0 if every figure is within its limit
// (quality.md, P6b) and nothing was lost or done twice.
//
// A partition's gap is the longest time without an acknowledgement by anybody, from a second before the fault until
// all is quiet again: the node's return and the handing back are in it, too. Of partitions that the node owned. Clients
// are connected to nodes that live, which pass their commands on.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/kafka/cluster_faults.h"

namespace shoujie::kafka {
namespace {

constexpr absl::Duration kSession = absl::Seconds(6);

struct Flags {
  int nodes = 2;
  int rounds = 3;
  int tickets = 48;
  std::string membership = "group";
  std::vector<std::string> faults = {"SIGTERM", "SIGKILL", "SIGSTOP"};
};

// One round; false if a figure is not within its limit, or there is no going on.
bool One(ClusterTrial& trial, const std::string& fault, int n, bool* going_on) {
  const size_t victim = static_cast<size_t>(n) % trial.nodes().size();
  bool settled = false;
  *going_on = trial.nodes().Settle(absl::Minutes(1));
  if (!*going_on) trial.Violation("NOT_SETTLED", fault, trial.nodes().Told());
  const auto owners = trial.nodes().Owners(victim, trial.nodes().size(), &settled);
  *going_on = *going_on && (fault == "SIGTERM"   ? NodeTerminated(trial, n)
                            : fault == "SIGKILL" ? NodeKilled(trial, n)
                                                 : NodeHalted(trial, n));
  std::vector<absl::Duration> gaps;
  for (const auto& [partition, gap] : trial.gaps()) {
    const auto owner = owners.find({"router", partition});
    if (owner != owners.end() && owner->second == trial.nodes().name(victim)) gaps.push_back(gap);
  }
  std::sort(gaps.begin(), gaps.end());
  const auto sums = trial.TakeSums();
  uint64_t lost = 0, doubled = 0, others = 0;
  for (const auto& [kind, count] : sums.found) {
    (kind == "LOST" ? lost : kind == "DOUBLED" ? doubled : others) += count;
  }
  const absl::Duration limit = fault == "SIGTERM" ? absl::Seconds(1) : 1.2 * kSession;
  const absl::Duration most = gaps.empty() ? absl::InfiniteDuration() : gaps.back();
  const auto seconds = [](absl::Duration d) { return absl::ToDoubleSeconds(d); };
  std::printf("%-8s %-5s %10zu %8.2f s %8.2f s %8.2f s %8llu %6llu %8llu %8llu\n", fault.c_str(),
              trial.nodes().name(victim).c_str(), gaps.size(), seconds(gaps.empty() ? most : gaps[gaps.size() / 2]),
              seconds(most), seconds(limit), static_cast<unsigned long long>(sums.acked),
              static_cast<unsigned long long>(lost), static_cast<unsigned long long>(doubled),
              static_cast<unsigned long long>(others));
  std::fflush(stdout);
  return sums.found.empty() && most <= limit;
}

int Run(const Flags& flags) {
  fault::Run run("failover", {});
  TrialSetup setup;
  setup.places.resize(static_cast<size_t>(flags.nodes));
  setup.membership = flags.membership;
  setup.tickets = flags.tickets;
  ClusterTrial trial(&run, &Brokers::Shared(), std::move(setup));
  if (!trial.Begin()) return 1;
  std::printf("\n%d nodes, membership: %s, %d tickets, 1 broker, session time-out %s\n", flags.nodes,
              flags.membership.c_str(), flags.tickets, absl::FormatDuration(kSession).c_str());
  std::printf("%-8s %-5s %10s %10s %10s %10s %8s %6s %8s %8s\n", "fault", "node", "partitions", "gap p50", "gap max",
              "limit", "acked", "lost", "doubled", "others");
  bool good = true, going_on = true;
  for (const std::string& fault : flags.faults) {
    for (int n = 0; n < flags.rounds && going_on; ++n) good = One(trial, fault, n, &going_on) && good;
  }
  trial.End();
  return good && run.violations() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace shoujie::kafka

int main(int argc, char** argv) {
  shoujie::kafka::Flags flags;
  CLI::App app("How long nobody serves when a node of a cluster fails, and whether anything is lost or done twice.");
  app.add_option("--nodes", flags.nodes)->check(CLI::Range(2, 5))->capture_default_str();
  app.add_option("--rounds", flags.rounds, "of each fault, on one node after the other")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--tickets", flags.tickets)->check(CLI::Range(8, 1000))->capture_default_str();
  app.add_option("--membership", flags.membership)->check(CLI::IsMember({"group", "static"}))->capture_default_str();
  app.add_option("--faults", flags.faults, "SIGTERM SIGKILL SIGSTOP")
      ->check(CLI::IsMember({"SIGTERM", "SIGKILL", "SIGSTOP"}));
  CLI11_PARSE(app, argc, argv);
  signal(SIGPIPE, SIG_IGN);
  return shoujie::kafka::Run(flags);
}
