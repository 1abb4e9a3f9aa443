// State directories that are not what the node left: gone, older, the other node's, another installation's. They are
// projections: all comes back from the cluster, or the start is refused.
#include <signal.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/fault/centre.h"
#include "tests/kafka/cluster_faults.h"
#include "tests/support/process/server.h"

namespace shoujie::kafka {
namespace {

constexpr absl::Duration kMeanwhile = absl::Seconds(4);  // of work, by which a directory is older

void Move(const std::string& from, const std::string& to) {
  fault::RemoveTree(to);
  std::filesystem::rename(from, to);
}

}  // namespace

bool StateWiped(ClusterTrial& trial, int n) {
  const size_t victim = static_cast<size_t>(n) % 2;
  return trial.Round(absl::StrCat("a wiped state directory ", n), {.from = {1 - victim}}, [&] {
    trial.StopNode(victim);
    fault::RemoveTree(trial.nodes().data(victim));
    return trial.StartAgain(victim);
  });
}

bool StateOlder(ClusterTrial& trial, int n) {
  const size_t victim = static_cast<size_t>(n) % 2;
  const std::string data = trial.nodes().data(victim), older = data + ".older";
  return trial.Round(absl::StrCat("an older state directory ", n), {.from = {1 - victim}}, [&] {
    trial.StopNode(victim);
    fault::CopyTree(data, older);
    if (!trial.StartAgain(victim)) return false;
    absl::SleepFor(kMeanwhile);
    trial.nodes().process(victim).Signal(SIGKILL);
    trial.nodes().process(victim).Wait(absl::Seconds(10));
    Move(older, data);
    return trial.StartAgain(victim);
  });
}

bool StateSwapped(ClusterTrial& trial, int n) {
  return trial.Round(absl::StrCat("the other node's state directory ", n), {}, [&] {
    for (size_t i = 0; i < 2; ++i) trial.StopNode(i);
    const std::string a = trial.nodes().data(0), b = trial.nodes().data(1);
    Move(a, a + ".aside");
    Move(b, a);
    Move(a + ".aside", b);
    for (size_t i = 0; i < 2; ++i) trial.nodes().Launch(i);
    bool ready = true;
    for (size_t i = 0; i < 2; ++i) ready = trial.nodes().AwaitReady(i) && ready;
    if (!ready) trial.Violation("NO_START", "swapped state directories", trial.nodes().Told());
    return ready;
  });
}

// Another installation's, on the same brokers: refused, and nothing has happened to either.
bool StateForeign(ClusterTrial& trial, int n) {
  const std::string after = absl::StrCat("a foreign state directory ", n);
  Nodes::Options options = trial.nodes().options();
  options.prefix = Brokers::NewName();
  Nodes foreign(options, std::vector<NodePlace>(1));
  std::string wrong = foreign.MakeTopics();
  if (wrong.empty() && !foreign.Start(0)) wrong = foreign.log(0);
  if (wrong.empty() && foreign.Stop(0) != 0) wrong = foreign.log(0);
  if (!wrong.empty()) return trial.Violation("NO_START", after, wrong), false;
  const size_t victim = static_cast<size_t>(n) % 2;
  const std::string data = trial.nodes().data(victim);
  return trial.Round(after, {.from = {1 - victim}}, [&] {
    trial.StopNode(victim);
    Move(data, data + ".aside");
    fault::CopyTree(foreign.data(0), data);
    trial.nodes().Launch(victim);
    const int code = trial.nodes().process(victim).Wait(absl::Seconds(60));
    const std::string log = trial.nodes().log(victim);
    if (code != e2e::kRefusedStart || !absl::StrContains(log, "JOURNAL_FOREIGN: ")) {
      trial.Violation("NOT_REFUSED_START", after, absl::StrCat("exit code ", code, ": ", log));
    }
    Move(data + ".aside", data);
    return trial.StartAgain(victim);
  });
}

}  // namespace shoujie::kafka
