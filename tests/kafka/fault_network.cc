// A node that is cut off from the broker, both ways or one way, while clients and other nodes reach it.
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/kafka/cluster_faults.h"
#include "tests/kafka/netns.h"
#include "tests/support/process/port.h"

namespace shoujie::kafka {
namespace {

constexpr absl::Duration kCutFor = absl::Seconds(15);

void CutOff(fault::Run& run, const char* name, int times, Netns::Cut cut) {
  if (std::string why = Netns::Missing(); !why.empty()) return run.Skip(absl::StrCat(name, ": ", why));
  Netns netns;
  const std::string place = absl::StrCat(netns.broker(), ":", e2e::FreePort(netns.broker()));
  Brokers brokers(1, "", {"--listen", place});
  TrialSetup setup;
  setup.places[0] = {.host = netns.node(), .bootstrap = place, .under = netns.Under(), .flags = {}};
  setup.places[1].host = netns.others();
  ClusterTrial trial(&run, &brokers, std::move(setup));
  trial.Rounds(name, times, {}, [&](const std::string&) {
    netns.Apply(cut);
    absl::SleepFor(kCutFor);
    netns.Heal();
    return true;
  });
}

}  // namespace

void CutBothWays(fault::Run& run, const char* name, int times) { CutOff(run, name, times, Netns::Cut::kBoth); }
void CutRequests(fault::Run& run, const char* name, int times) { CutOff(run, name, times, Netns::Cut::kRequests); }
void CutAnswers(fault::Run& run, const char* name, int times) { CutOff(run, name, times, Netns::Cut::kAnswers); }

}  // namespace shoujie::kafka
