#include "loadtest/measure/bench.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "loadtest/generator/world.h"
#include "services/runtime/rpc/client.h"
#include "shoujie/ops/v1/service.pb.h"

namespace shoujie::load {
namespace {

constexpr size_t kWrittenCommands = 20'000;

std::string ProcFile(int pid, const char* name) {
  return pid == 0 ? absl::StrCat("/proc/self/", name) : absl::StrCat("/proc/", pid, "/", name);
}

// A line of /proc/…/status that holds kilobytes.
double MegabytesOf(int pid, absl::string_view field) {
  for (absl::string_view line : absl::StrSplit(e2e::ReadFile(ProcFile(pid, "status")), '\n')) {
    if (!absl::ConsumePrefix(&line, field)) continue;
    uint64_t kb = 0;
    if (absl::SimpleAtoi(absl::StripSuffix(absl::StripAsciiWhitespace(line), " kB"), &kb)) {
      return static_cast<double>(kb) / 1024;
    }
  }
  return 0;
}

}  // namespace

std::string Percentiles(const Histogram& latency) {
  return absl::StrFormat("p50 %s, p90 %s, p99 %s, p99.9 %s, max %s of %d", ShortTime(latency.At(0.5)),
                         ShortTime(latency.At(0.9)), ShortTime(latency.At(0.99)), ShortTime(latency.At(0.999)),
                         ShortTime(latency.max_ns()), latency.count());
}

Cost CostOf(int pid) {
  Cost cost;
  const std::string stat = e2e::ReadFile(ProcFile(pid, "stat"));
  // Fields after the name, which may hold spaces: state is number 3, utime 14, stime 15.
  const std::vector<std::string> fields = absl::StrSplit(stat.substr(stat.rfind(')') + 1), ' ', absl::SkipEmpty());
  uint64_t user = 0, system = 0;
  if (fields.size() > 13 && absl::SimpleAtoi(fields[11], &user) && absl::SimpleAtoi(fields[12], &system)) {
    cost.cpu_seconds = static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  cost.peak_mb = MegabytesOf(pid, "VmHWM:");
  return cost;
}

double ResidentMb(int pid) { return MegabytesOf(pid, "VmRSS:"); }

void ForgetPeak(int pid) { std::ofstream(ProcFile(pid, "clear_refs")) << "5"; }

void WindowCost::At(int server_pid) {
  rusage mine;
  getrusage(RUSAGE_SELF, &mine);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  const double client = seconds(mine.ru_utime) + seconds(mine.ru_stime);
  if (calls++ == 0) {
    server_begin = CostOf(server_pid);
    client_begin = client;
  } else {
    server_end = CostOf(server_pid);
    client_end = client;
  }
}

std::string Target::TakeCpuMemory() {
  const auto n = static_cast<double>(std::max<uint64_t>(answers, 1));
  const std::string text =
      absl::StrFormat("%.0f + %.0f µs, %.0f MB", server_cpu / n * 1e6, client_cpu / n * 1e6, peak_mb);
  server_cpu = client_cpu = peak_mb = 0;
  answers = 0;
  return text;
}

void Bench::Say(const std::string& line) const { std::fprintf(stderr, "%s\n", line.c_str()); }

std::vector<std::string> Bench::server_flags() const {
  std::vector<std::string> flags = {"--threads", absl::StrCat(options_.threads)};
  if (!options_.kafka.empty()) {
    flags.insert(flags.end(), {"--journal", "kafka", "--kafka", options_.kafka, "--allow-unsafe-topics"});
  }
  return flags;
}

absl::Status Bench::Prepare() {
  if (real_) return absl::OkStatus();
  Say(absl::StrCat("starting shoujied and making ", options_.customers, " customers with a ticket each"));
  auto real = std::make_unique<Target>();
  if (!options_.kafka.empty()) {
    const e2e::Ran made = e2e::Run({e2e::Program("shoujie"), "admin", "topics", "create", "--kafka", options_.kafka,
                                    "--replicas", "1", "--allow-unsafe-topics"});
    if (made.code != 0) return absl::UnavailableError("the topics could not be made: " + made.err);
  }
  real->real = std::make_unique<e2e::Server>(Path("data"), server_flags());
  real->address = real->real->address();
  if (real->address.empty()) return absl::UnavailableError("shoujied did not start: " + real->real->process().err());
  real->token = real->real->token();
  auto matters = MakeMatters(real->address, real->token, options_.customers);
  if (!matters.ok()) return matters.status();
  matters_ = *std::move(matters);
  auto sizes = SampleReplies(real->address, real->token, *MakeWorkload(0));
  if (!sizes.ok()) return sizes.status();

  auto echo = std::make_unique<Target>();
  std::vector<std::string> argv = {e2e::Program("shoujie-floors"), "echo"};
  for (int kind = 0; kind < kKinds; ++kind) {
    argv.push_back("--reply");
    argv.push_back(absl::StrCat(kMethods[kind], "=", (*sizes)[kind]));
  }
  echo->echo = std::make_unique<e2e::Process>(argv);
  const std::string ready = echo->echo->WaitForLine("ready grpc=", absl::Seconds(30));
  if (ready.empty()) return absl::UnavailableError("the echo did not start: " + echo->echo->err());
  echo->address = ready.substr(ready.find('=') + 1);
  echo->token = real->token;  // the same metadata
  for (Target* target : {real.get(), echo.get()}) {
    target->caller = std::make_unique<Caller>(target->address, target->token, options_.channels);
  }
  Say(absl::StrFormat("answers: note %d B, record %d B, ticket %d B, contact %d B", (*sizes)[0], (*sizes)[1],
                      (*sizes)[2], (*sizes)[3]));
  real_ = std::move(real);
  echo_ = std::move(echo);
  return absl::OkStatus();
}

OpenLoop Bench::AtHalfOfSaturation(const Workload& workload) {
  ClosedLoop saturating;
  saturating.in_flight = options_.in_flight;
  saturating.warm_up = absl::Seconds(options_.warm_up);
  saturating.window = absl::Seconds(options_.seconds);
  const double saturation = real_->Load(saturating, workload).rate(true, true);
  real_->TakeCpuMemory();
  OpenLoop loop;
  loop.rate = 0.5 * saturation;
  loop.warm_up = saturating.warm_up;
  loop.window = saturating.window;
  return loop;
}

absl::StatusOr<std::string> Bench::Checkpoint(const std::string& name) {
  const std::string path = Path(name);
  std::filesystem::remove_all(path);
  rpc::Client client({.target = real_->address, .token = real_->token, .timeout = absl::Minutes(2)});
  ops::v1::CheckpointRequest request;
  request.set_directory(path);
  ops::v1::CheckpointResponse response;
  if (auto status = client.Call("shoujie.ops.v1.OpsService/Checkpoint", request, &response); !status.ok())
    return status;
  return path;
}

absl::StatusOr<const Written*> Bench::written() {
  if (!written_) {
    // Commands as the workload makes them, not those that made the customers.
    ClosedLoop loop;
    loop.in_flight = options_.in_flight;
    loop.warm_up = absl::ZeroDuration();
    loop.window = absl::Seconds(2);
    loop.seed = 77;
    Run(loop, *MakeWorkload(0), *real_->caller);
    auto path = Checkpoint("checkpoint");
    if (!path.ok()) return path.status();
    auto written = ReadWritten(*path, master_key_file(), kWrittenCommands);
    std::filesystem::remove_all(*path);
    if (!written.ok()) return written.status();
    written_ = std::make_unique<Written>(*std::move(written));
  }
  return written_.get();
}

void Interleave(int pairs, const std::function<void(int)>& a, const std::function<void(int)>& b) {
  for (int pair = 0; pair < pairs; ++pair) {
    if (pair % 2 == 0) {
      a(pair);
      b(pair);
    } else {
      b(pair);
      a(pair);
    }
  }
}

}  // namespace shoujie::load
