// Brokers that are killed, stand still and are restarted one after the other.
#include <signal.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/kafka/cluster_admin.h"
#include "tests/kafka/cluster_faults.h"

namespace shoujie::kafka {
namespace {

constexpr int kThree = 3;
constexpr absl::Duration kDown = absl::Seconds(2), kBetween = absl::Seconds(2);

// Three brokers, three replicas, two of them in sync: each broker in turn is ended by `signal` and started again.
void EachInTurn(fault::Run& run, const char* name, int times, int signal) {
  Brokers brokers(kThree);
  ClusterTrial trial(&run, &brokers, {.replicas = kThree});
  trial.Rounds(name, times, {}, [&](const std::string& after) {
    for (int broker = 1; broker <= kThree; ++broker) {
      brokers.Signal(broker, signal);
      brokers.AwaitEnd(broker);
      if (signal == SIGKILL) absl::SleepFor(kDown);
      brokers.StartAgain(broker);
      if (!AwaitInSync(trial.nodes().options().bootstrap, trial.prefix(), kThree)) {
        return trial.Violation("NOT_IN_SYNC", after, "the brokers, within 90 s"), false;
      }
      absl::SleepFor(kBetween);
    }
    return true;
  });
}

}  // namespace

bool BrokerKilled(ClusterTrial& trial, int n) {
  return trial.Round(absl::StrCat("kill -9 of the broker ", n), {}, [&] {
    trial.brokers().Signal(1, SIGKILL);
    trial.brokers().AwaitEnd(1);
    trial.brokers().StartAgain(1);
    return true;
  });
}

bool BrokerHalted(ClusterTrial& trial, int n) {
  return trial.Round(absl::StrCat("SIGSTOP of the broker ", n), {}, [&] {
    trial.brokers().Signal(1, SIGSTOP);
    absl::SleepFor(absl::Seconds(15));
    trial.brokers().Signal(1, SIGCONT);
    return true;
  });
}

void BrokersRolled(fault::Run& run, const char* name, int times) { EachInTurn(run, name, times, SIGTERM); }
void BrokersKilled(fault::Run& run, const char* name, int times) { EachInTurn(run, name, times, SIGKILL); }

}  // namespace shoujie::kafka
