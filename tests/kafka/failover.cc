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
#include <nlohmann/json.hpp>
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
  std::string output = "table";
};

// One round; false if a figure is not within its limit, or there is no going on. `rounds`: for its figures, else they
// are printed.
bool One(ClusterTrial& trial, const std::string& fault, int n, bool* going_on, nlohmann::ordered_json* rounds) {
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
  const bool good = sums.found.empty() && most <= limit;
  if (rounds != nullptr) {
    rounds->push_back({{"fault", fault},
                       {"partitions", gaps.size()},
                       {"gap_seconds_max", std::min(seconds(most), 1e9)},
                       {"limit_seconds", seconds(limit)},
                       {"acknowledged", sums.acked},
                       {"lost", lost},
                       {"doubled", doubled},
                       {"other_findings", others}});
    return good;
  }
  std::printf("%-8s %-5s %10zu %8.2f s %8.2f s %8.2f s %8llu %6llu %8llu %8llu\n", fault.c_str(),
              trial.nodes().name(victim).c_str(), gaps.size(), seconds(gaps.empty() ? most : gaps[gaps.size() / 2]),
              seconds(most), seconds(limit), static_cast<unsigned long long>(sums.acked),
              static_cast<unsigned long long>(lost), static_cast<unsigned long long>(doubled),
              static_cast<unsigned long long>(others));
  std::fflush(stdout);
  return good;
}

int Run(const Flags& flags) {
  fault::Run run("failover", {});
  TrialSetup setup;
  setup.places.resize(static_cast<size_t>(flags.nodes));
  setup.membership = flags.membership;
  setup.tickets = flags.tickets;
  ClusterTrial trial(&run, &Brokers::Shared(), std::move(setup));
  if (!trial.Begin()) return 1;
  const bool json = flags.output == "json";
  nlohmann::ordered_json rounds = nlohmann::ordered_json::array();
  if (!json)
    std::printf("\n%d nodes, membership: %s, %d tickets, 1 broker, session time-out %s\n", flags.nodes,
                flags.membership.c_str(), flags.tickets, absl::FormatDuration(kSession).c_str());
  if (!json)
    std::printf("%-8s %-5s %10s %10s %10s %10s %8s %6s %8s %8s\n", "fault", "node", "partitions", "gap p50", "gap max",
                "limit", "acked", "lost", "doubled", "others");
  bool good = true, going_on = true;
  for (const std::string& fault : flags.faults) {
    for (int n = 0; n < flags.rounds && going_on; ++n) {
      good = One(trial, fault, n, &going_on, json ? &rounds : nullptr) && good;
    }
  }
  trial.End();
  if (json) {  // one line, whatever else was told
    const nlohmann::ordered_json all = {{"nodes", flags.nodes},
                                        {"membership", flags.membership},
                                        {"tickets", flags.tickets},
                                        {"session_seconds", absl::ToDoubleSeconds(kSession)},
                                        {"rounds", rounds}};
    std::printf("%s\n", all.dump().c_str());
  }
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
  app.add_option("-o,--output", flags.output, "table or json")->check(CLI::IsMember({"table", "json"}));
  CLI11_PARSE(app, argc, argv);
  signal(SIGPIPE, SIG_IGN);
  return shoujie::kafka::Run(flags);
}
