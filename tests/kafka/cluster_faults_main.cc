// cluster_faults: breaks real nodes on real brokers, under clients that never give up, and holds what they were told
// against what is recorded. Exit status 0: it held; 1: a violation; 77: this machine cannot do it. Started by
// tests/kafka/faults.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/kafka/cluster_faults.h"

namespace shoujie::kafka {

const std::vector<ClusterFault>& AllClusterFaults() {
  static const std::vector<ClusterFault> kFaults = {
      {"node-sigterm", "SIGTERM of an owner, started again", 4, true, &NodeTerminated, nullptr},
      {"node-kill", "kill -9 of an owner, started again", 4, false, &NodeKilled, nullptr},
      {"node-zombie", "SIGSTOP of an owner for twice the session time-out, then SIGCONT", 4, false, &NodeHalted,
       nullptr},
      {"nodes-kill", "kill -9 of both nodes at once, started again", 2, false, &BothNodesKilled, nullptr},
      {"broker-kill", "kill -9 of the only broker, started again", 3, true, &BrokerKilled, nullptr},
      {"broker-stop", "SIGSTOP of the only broker for 15 s", 2, false, &BrokerHalted, nullptr},
      {"brokers-rolling", "SIGTERM of each of three brokers in turn", 1, false, nullptr, &BrokersRolled},
      {"brokers-kill", "kill -9 of each of three brokers in turn", 1, false, nullptr, &BrokersKilled},
      {"promote", "both nodes are made the owner of the same journals, in turn and at once", 3, false, &Promoted,
       nullptr},
      {"claims", "both nodes believe that they are alone, and claim everything", 1, false, &EachAlone, nullptr},
      {"cut", "a node cut off from the broker for 15 s, both ways", 2, false, nullptr, &CutBothWays},
      {"cut-requests", "the same, what the node sends does not arrive", 2, false, nullptr, &CutRequests},
      {"cut-answers", "the same, what the broker sends does not arrive", 2, false, nullptr, &CutAnswers},
      {"lost-answers", "every 7th answer to a write is swallowed and the connection cut", 2, false, nullptr,
       &AnswersSwallowed},
      {"lost-requests", "every 7th write is swallowed and the connection cut", 2, false, nullptr, &RequestsSwallowed},
      {"silent-answers", "every 70th answer to a write never comes", 2, false, nullptr, &AnswersSilent},
      {"held", "everything between a node and the broker waits for 5 s", 2, false, nullptr, &AllHeld},
      {"connections", "all of a node's connections end, once a second", 2, false, nullptr, &AllCut},
      {"broker-disk-full", "the broker's disk is full for some seconds", 2, false, nullptr, &BrokerDiskFull},
      {"state-wiped", "a node comes back without its state directory", 2, false, &StateWiped, nullptr},
      {"state-older", "a node comes back with an older state directory", 2, false, &StateOlder, nullptr},
      {"state-swapped", "two nodes come back with each other's state directory", 1, false, &StateSwapped, nullptr},
      {"state-foreign", "a node gets the state directory of another installation", 1, false, &StateForeign, nullptr},
      {"topic-cut", "the broker's log ends before the place of the nodes' stores", 1, false, nullptr, &TopicCut},
      {"topic-anew", "a topic is deleted and made anew under running nodes", 1, false, nullptr, &TopicAnew},
      {"topic-narrow", "the broker refuses large records for 10 s", 2, false, &TopicNarrow, nullptr},
      {"record-unknown", "a record of a later version", 1, false, nullptr, &RecordUnknown},
      {"repeats", "the same commands from four clients at both nodes, while journals change hands", 2, false, &Repeated,
       nullptr},
      {"late", "commands after their window, and other commands under a known id", 1, false, &TooLate, nullptr},
  };
  return kFaults;
}

namespace {

constexpr int kHeld = 0, kViolated = 1, kUsage = 64, kSkipped = 77;

int List() {
  for (const ClusterFault& fault : AllClusterFaults()) {
    std::printf("%-16s %s; %d times%s\n", fault.name, fault.what, fault.times, fault.brief ? "; also in --short" : "");
  }
  return kHeld;
}

// On brokers and nodes of its own each; in the short form on the same for all.
void RunAll(fault::Run& run, const std::vector<const ClusterFault*>& faults) {
  run.Columns(ClusterTrial::Columns());
  const bool brief = run.options().brief;
  std::unique_ptr<Brokers> brokers;
  std::unique_ptr<ClusterTrial> trial;  // gone before its brokers
  for (const ClusterFault* fault : faults) {
    const int times = run.options().times > 0 ? run.options().times : brief ? 1 : fault->times;
    if (fault->whole != nullptr) {
      fault->whole(run, fault->name, times);
      continue;
    }
    if (trial == nullptr) {
      brokers = std::make_unique<Brokers>(1);
      trial = std::make_unique<ClusterTrial>(&run, brokers.get());
      if (!trial->Begin()) return;
    }
    for (int n = 0; n < times && fault->round(*trial, n); ++n) run.Progress(n + 1, times, fault->name);
    if (!brief) trial->End();
    trial->Row(fault->name);
    if (!brief) trial.reset();
  }
  if (trial != nullptr) trial->End();
}

}  // namespace
}  // namespace shoujie::kafka

int main(int argc, char** argv) {
  using namespace shoujie::kafka;
  shoujie::fault::Options options;
  std::vector<std::string> names;
  std::string output = "table";
  bool list = false;
  CLI::App app("Breaks real nodes on real brokers and says whether anything acknowledged was lost or doubled.");
  app.add_option("faults", names, "see --list; all: every one");
  app.add_flag("--list", list, "the faults");
  app.add_option("--times", options.times, "rounds of each")->check(CLI::Range(1, 10'000));
  app.add_flag("--short", options.brief, "the form for continuous integration: some faults, once");
  app.add_option("--seed", options.seed, "of what is random")->capture_default_str();
  app.add_option("-o,--output", output, "table or json")->check(CLI::IsMember({"table", "json"}));
  CLI11_PARSE(app, argc, argv);
  if (list) return List();
  std::vector<const ClusterFault*> chosen;
  const bool all = names == std::vector<std::string>{"all"};
  for (const ClusterFault& fault : AllClusterFaults()) {
    const auto named = std::find(names.begin(), names.end(), fault.name);
    if (named != names.end())
      names.erase(named), chosen.push_back(&fault);
    else if (all || (options.brief && names.empty() && fault.brief))
      chosen.push_back(&fault);
  }
  if (all) names.clear();
  if (chosen.empty() || !names.empty()) {
    std::fprintf(stderr, "cluster_faults: %s; --list shows them\n",
                 names.empty() ? "name a fault, or say all" : absl::StrCat("no such fault: ", names[0]).c_str());
    return kUsage;
  }
  signal(SIGPIPE, SIG_IGN);
  shoujie::fault::Run run("faults on Kafka", std::move(options));
  RunAll(run, chosen);
  std::fputs((output == "json" ? run.Json() : run.Table()).c_str(), stdout);
  return run.violations() > 0 ? kViolated : !run.skipped().empty() && chosen.size() == 1 ? kSkipped : kHeld;
}
