// A broker whose disk is full: nothing is acknowledged that is not there, and all goes on once there is room again.
#include <signal.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/fault/disk.h"
#include "tests/kafka/cluster_faults.h"

namespace shoujie::kafka {
namespace {

constexpr uint64_t kDiskBytes = 512ull << 20;
constexpr absl::Duration kFullFor = absl::Seconds(15);
constexpr uint64_t kLongText = 8000;

}  // namespace

void BrokerDiskFull(fault::Run& run, const char* name, int times) {
  const TempDir dir;
  fault::Disk disk(kDiskBytes);
  if (std::string why = disk.Mount(dir / "disk"); !why.empty()) return run.Skip(absl::StrCat(name, ": ", why));
  Brokers brokers(1, dir / "disk/kafka");
  ClusterTrial trial(&run, &brokers);
  trial.Rounds(name, times, {.text_bytes = kLongText}, [&](const std::string& after) {
    disk.FillUpTo(0);
    const uint64_t acked = trial.ledger().counts().acked;
    for (const absl::Time until = absl::Now() + kFullFor; absl::Now() < until && brokers.running(1);) {
      absl::SleepFor(absl::Milliseconds(50));
    }
    run.Progress(0, times,
                 absl::StrCat(after, ": the broker ", brokers.running(1) ? "runs on" : "gave up", ", ",
                              trial.ledger().counts().acked - acked, " acknowledged on a full disk"));
    absl::SleepFor(absl::Seconds(5));
    disk.Clear();
    // What it could not write it does not try again by itself.
    if (brokers.running(1)) {
      brokers.Signal(1, SIGKILL);
      brokers.AwaitEnd(1);
    }
    if (brokers.TryStartAgain(1)) return true;
    return trial.Violation("NO_BROKER", after, "it does not start with room on its disk"), false;
  });
}

}  // namespace shoujie::kafka
