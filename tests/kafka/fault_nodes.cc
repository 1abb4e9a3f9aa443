// Nodes that end, are killed, or stand still beyond the session time-out and go on.
#include <signal.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/kafka/cluster_faults.h"

namespace shoujie::kafka {
namespace {

constexpr absl::Duration kSession = absl::Seconds(6);  // of the group of nodes
constexpr absl::Duration kDead = absl::Seconds(3);     // before a dead node is started again, once others serve

size_t Victim(ClusterTrial& trial, int n) { return static_cast<size_t>(n) % trial.nodes().size(); }

WorkOptions AtTheOthers(ClusterTrial& trial, size_t victim) {
  WorkOptions work;
  for (size_t i = 0; i < trial.nodes().size(); ++i) {
    if (i != victim) work.from.push_back(i);
  }
  return work;
}

}  // namespace

bool NodeTerminated(ClusterTrial& trial, int n) {
  const size_t victim = Victim(trial, n);
  const std::string after = absl::StrCat("SIGTERM of node ", trial.nodes().name(victim), " ", n);
  return trial.Round(after, AtTheOthers(trial, victim), [&] {
    trial.StopNode(victim);
    trial.Cured();
    absl::SleepFor(absl::Seconds(1));
    return trial.StartAgain(victim);
  });
}

bool NodeKilled(ClusterTrial& trial, int n) {
  const size_t victim = Victim(trial, n);
  const std::string after = absl::StrCat("kill -9 of node ", trial.nodes().name(victim), " ", n);
  return trial.Round(after, AtTheOthers(trial, victim), [&] {
    trial.nodes().process(victim).Signal(SIGKILL);
    trial.nodes().process(victim).Wait(absl::Seconds(10));
    trial.Cured();  // dead is all it is: what follows is the others' matter
    if (!trial.AwaitService(after)) return false;
    absl::SleepFor(kDead);
    return trial.StartAgain(victim);
  });
}

// The zombie: what its clients had sent, and what it had in hand, it writes when it goes on; somebody else owns it
// then.
bool NodeHalted(ClusterTrial& trial, int n) {
  const size_t victim = Victim(trial, n);
  const std::string after = absl::StrCat("SIGSTOP of node ", trial.nodes().name(victim), " ", n);
  WorkOptions work = AtTheOthers(trial, victim);
  work.stay = {victim};
  work.roam = false;  // who goes and waits at the node that stands still would measure his own patience
  work.timeout = absl::Seconds(4);
  return trial.Round(after, std::move(work), [&] {
    trial.nodes().process(victim).Signal(SIGSTOP);
    absl::SleepFor(2 * kSession);
    trial.nodes().process(victim).Signal(SIGCONT);
    return true;
  });
}

bool BothNodesKilled(ClusterTrial& trial, int n) {
  const std::string after = absl::StrCat("kill -9 of both nodes ", n);
  return trial.Round(after, {}, [&] {
    for (size_t i = 0; i < 2; ++i) trial.nodes().process(i).Signal(SIGKILL);
    for (size_t i = 0; i < 2; ++i) trial.nodes().process(i).Wait(absl::Seconds(10));
    for (size_t i = 0; i < 2; ++i) trial.nodes().Launch(i);
    trial.Cured();
    bool ready = true;
    for (size_t i = 0; i < 2; ++i) ready = trial.nodes().AwaitReady(i) && ready;
    if (!ready) trial.Violation("NO_START", after, trial.nodes().Told());
    return ready;
  });
}

}  // namespace shoujie::kafka
