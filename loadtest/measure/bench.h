// What the figures share: options, the servers under measurement (the real one and the echo, each a process of its
// own), their customers, and what the processes cost. Made once for a run; one thread.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "loadtest/floors/rows.h"
#include "loadtest/generator/load.h"
#include "loadtest/measure/figure.h"
#include "tests/support/process/server.h"

namespace shoujie::load {

inline constexpr double kReads = 0.6;          // of the calls where a figure mixes them with commands
inline constexpr size_t kShardPrefixTail = 5;  // of a stored key behind the service's name: 0 and the partition

// "p50 1.2 ms, p90 …", and of how many.
std::string Percentiles(const Histogram& latency);

struct Options {
  std::string directory;  // everything is written below it, on the disk that is to be measured
  std::set<std::string> only;
  int pairs = 7;
  double seconds = 5;  // window of one run
  double warm_up = 1;  // before each window
  int in_flight = 128;
  int batched_in_flight = 2000;
  int channels = 4;
  int customers = 10'000;
  uint64_t events = 1'000'000;  // of state for P5 and P6
  double overload_seconds = 60;
  double overload = 10;
  double stall_seconds = 0;  // one long run at the end of P3; 0: none
  int timers = 0;            // open at once, of P12; 0: it is left out
  int burst = 20'000;        // tickets whose timers are due at one instant, of P12
  uint64_t seed = 1;
  int threads = 1;  // of shoujied
  bool brief = false;
  std::string kafka;  // brokers; empty: figures of the embedded journal only
};

// CPU seconds and peak of resident memory of a process, this one if `pid` is 0.
struct Cost {
  double cpu_seconds = 0;
  double peak_mb = 0;
};
Cost CostOf(int pid);
// Resident memory of a process as it is now.
double ResidentMb(int pid);
// The peak begins anew.
void ForgetPeak(int pid);

// What a window cost: server and generator.
struct WindowCost {
  Cost server_begin, server_end;
  double client_begin = 0, client_end = 0;
  int calls = 0;
  void At(int server_pid);
  double server_cpu() const { return server_end.cpu_seconds - server_begin.cpu_seconds; }
  double client_cpu() const { return client_end - client_begin; }
};

// A server and a connection to it.
struct Target {
  std::unique_ptr<e2e::Server> real;  // one of the two
  std::unique_ptr<e2e::Process> echo;
  std::string address, token;
  std::unique_ptr<Caller> caller;
  // Since `TakeCpuMemory`: what all windows cost, and answers in them.
  double server_cpu = 0, client_cpu = 0, peak_mb = 0;
  uint64_t answers = 0;

  int pid() const { return real ? real->process().pid() : echo->pid(); }
  template <typename Loop>
  LoadResult Load(const Loop& loop, const Workload& workload);
  // CPU of server + generator per answer, and the server's peak: "38 + 41 µs, 122 MB". Begins anew.
  std::string TakeCpuMemory();
};

class Bench {
 public:
  explicit Bench(Options options) : options_(std::move(options)) {}

  const Options& options() const { return options_; }
  bool wants(const std::string& id) const { return options_.only.empty() || options_.only.count(id) > 0; }
  std::string Path(const std::string& name) const { return options_.directory + "/" + name; }
  void Say(const std::string& line) const;  // progress, to stderr

  // Flags of a shoujied as it is measured here.
  std::vector<std::string> server_flags() const;
  // Starts both and makes the customers; later calls do nothing. With `Options::kafka` the journals are on the cluster.
  absl::Status Prepare();
  // Arrivals at half of the rate that the real server reaches now with `in_flight` calls, for one window.
  OpenLoop AtHalfOfSaturation(const Workload& workload);
  // Ends the real server, for good: what is left is its directory. Its exit code.
  int StopReal() { return real_->real->Stop(absl::Minutes(5)); }
  Target& real() { return *real_; }
  Target& echo() { return *echo_; }
  std::unique_ptr<Workload> MakeWorkload(double reads) const { return std::make_unique<Workload>(matters_, reads); }
  // What the real server wrote for the last commands, by a checkpoint of it; made once.
  absl::StatusOr<const Written*> written();
  // A checkpoint of the real server's data, without the master key. Its path.
  absl::StatusOr<std::string> Checkpoint(const std::string& name);
  std::string master_key_file() const { return Path("data/master.key"); }
  const std::vector<Matter>& matters() const { return matters_; }

 private:
  const Options options_;
  std::unique_ptr<Target> real_, echo_;
  std::vector<Matter> matters_;
  std::unique_ptr<Written> written_;
};

// Runs A and B in the order A B B A …, `pairs` of each.
void Interleave(int pairs, const std::function<void(int)>& a, const std::function<void(int)>& b);

absl::Status MeasureP1(Bench& bench, std::vector<Figure>* out);  // with P1b and the floors B1, B3
absl::Status MeasureP2(Bench& bench, std::vector<Figure>* out);  // on Kafka, with P2b and the floor B4
absl::Status MeasureP3(Bench& bench, std::vector<Figure>* out);
absl::Status MeasureP5(Bench& bench, std::vector<Figure>* out);   // with the floor B5
absl::Status MeasureP6b(Bench& bench, std::vector<Figure>* out);  // nodes and a broker of its own
absl::Status MeasureP6(Bench& bench, std::vector<Figure>* out);
absl::Status MeasureP7(Bench& bench, std::vector<Figure>* out);
absl::Status MeasureP10(Bench& bench, std::vector<Figure>* out);
absl::Status MeasureP12(Bench& bench, std::vector<Figure>* out);  // timers on one node, only if it is told how many

template <typename Loop>
LoadResult Target::Load(const Loop& loop, const Workload& workload) {
  WindowCost cost;
  ForgetPeak(pid());
  LoadResult result = Run(loop, workload, *caller, [&] { cost.At(pid()); });
  server_cpu += cost.server_cpu();
  client_cpu += cost.client_cpu();
  peak_mb = std::max(peak_mb, cost.server_end.peak_mb);
  answers += result.ok(true, true) + result.failed();  // within the window, or of arrivals within it
  return result;
}

}  // namespace shoujie::load
