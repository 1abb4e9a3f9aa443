// A proxy between one node and the broker that swallows what writes records, or the answers to it, and holds all back.
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/kafka/cluster_faults.h"
#include "tests/kafka/proxy.h"
#include "tests/support/process/port.h"

namespace shoujie::kafka {
namespace {

constexpr uint64_t kEvery = 7;
constexpr absl::Duration kLasts = absl::Seconds(15), kHeld = absl::Seconds(5);

// Node a reaches the broker through a proxy, and it alone.
void Behind(fault::Run& run, const char* name, int times, const std::function<void(Proxy&)>& begin) {
  const int inside = e2e::FreePort(), outside = e2e::FreePort();
  Brokers brokers(1, "", {"--listen", absl::StrCat("127.0.0.1:", inside, "=127.0.0.1:", outside)});
  Proxy proxy(outside, inside);
  TrialSetup setup;
  setup.places[0].bootstrap = absl::StrCat("127.0.0.1:", outside);
  ClusterTrial trial(&run, &brokers, std::move(setup));
  trial.Rounds(name, times, {}, [&](const std::string& after) {
    const uint64_t before = proxy.swallowed();
    begin(proxy);
    absl::SleepFor(kLasts);
    proxy.Set(Proxy::Swallow::kNothing, 1, false);
    run.Progress(0, times, absl::StrCat(after, ": ", proxy.swallowed() - before, " swallowed"));
    return true;
  });
}

}  // namespace

void AnswersSwallowed(fault::Run& run, const char* name, int times) {
  Behind(run, name, times, [](Proxy& proxy) { proxy.Set(Proxy::Swallow::kAnswers, kEvery, /*cut=*/true); });
}
void RequestsSwallowed(fault::Run& run, const char* name, int times) {
  Behind(run, name, times, [](Proxy& proxy) { proxy.Set(Proxy::Swallow::kRequests, kEvery, /*cut=*/true); });
}
// The connection stays and is silent: only a time-out tells.
void AnswersSilent(fault::Run& run, const char* name, int times) {
  Behind(run, name, times, [](Proxy& proxy) { proxy.Set(Proxy::Swallow::kAnswers, kEvery * 10, /*cut=*/false); });
}
void AllHeld(fault::Run& run, const char* name, int times) {
  Behind(run, name, times, [](Proxy& proxy) { proxy.HoldFor(kHeld); });
}
void AllCut(fault::Run& run, const char* name, int times) {
  Behind(run, name, times, [](Proxy& proxy) {
    for (int i = 0; i < 5; ++i) {
      proxy.CutAll();
      absl::SleepFor(absl::Seconds(1));
    }
  });
}

}  // namespace shoujie::kafka
