// Two nodes that claim the same journals in turn: by an operator's word, and because each believes that it is alone.
#include <algorithm>
#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/kafka/cluster_faults.h"

namespace shoujie::kafka {
namespace {

constexpr absl::Duration kPromoting = absl::Seconds(10), kApart = absl::Seconds(25);

}  // namespace

// Both nodes are told to own the journals of the clients' matters, again and again and against each other. An owner
// hands over; who is asked while it is asking itself claims all the same in the end.
bool Promoted(ClusterTrial& trial, int n) {
  const std::string after = absl::StrCat("promotions ", n);
  std::vector<uint32_t> partitions;
  for (const load::Matter& matter : trial.matters()) {
    const uint32_t partition = PartitionOf(matter.ticket);
    if (std::find(partitions.begin(), partitions.end(), partition) == partitions.end()) partitions.push_back(partition);
    if (partitions.size() == 8) break;
  }
  std::atomic<uint64_t> done{0}, refused{0};
  const bool going_on = trial.Round(after, {}, [&] {
    const absl::Time until = absl::Now() + (trial.run().options().brief ? kPromoting / 3 : kPromoting);
    std::vector<std::thread> operators;
    for (size_t node = 0; node < 2; ++node) {
      operators.emplace_back([&, node] {
        fault::Random random = trial.run().RandomOf(n * 2 + static_cast<int>(node));
        while (absl::Now() < until) {
          const uint32_t partition = partitions[random.Below(partitions.size())];
          const char* service = random.Below(3) == 0 ? "interaction" : "router";
          ++(trial.nodes().Promote(node, service, partition).ok() ? done : refused);
        }
      });
    }
    for (std::thread& one : operators) one.join();
    return true;
  });
  trial.run().Progress(n, n, absl::StrCat(done.load(), " promotions, ", refused.load(), " refused"));
  if (done < 4) trial.Violation("NOTHING_DONE", after, absl::StrCat(done.load(), " promotions"));
  return going_on;
}

// The second node is told a list of nodes in which it stands alone, so both want everything and neither asks the other.
bool EachAlone(ClusterTrial& trial, int n) {
  const std::string after = absl::StrCat("each node alone ", n);
  return trial.Round(after, {}, [&] {
    std::vector<std::string>& flags = trial.nodes().place(1).flags;
    const std::vector<std::string> usual = flags;
    flags.insert(flags.end(), {"--peers", absl::StrCat("b=", trial.nodes().address(1))});
    trial.StopNode(1);
    if (!trial.StartAgain(1)) return false;
    absl::SleepFor(kApart);
    flags = usual;
    trial.StopNode(1);
    return trial.StartAgain(1);
  });
}

}  // namespace shoujie::kafka
