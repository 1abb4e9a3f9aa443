#include "tests/sim/campaign.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <thread>

namespace shoujie::testing {
namespace {

constexpr double kProgressEverySeconds = 5;
constexpr uint64_t kShownMax = 10;

unsigned long long N(uint64_t x) { return x; }

struct Sum {
  uint64_t runs = 0, bad = 0;
  sim::Result of;

  void Add(const sim::Result& r) {
    ++runs;
    bad += !r.violations.empty();
    of.records += r.records, of.commands += r.commands, of.answers += r.answers, of.crashes += r.crashes;
    of.claims += r.claims, of.unknown += r.unknown, of.timers += r.timers, of.reactions += r.reactions;
    of.messages += r.messages, of.reads += r.reads, of.repeats += r.repeats;
    for (const auto& [kind, n] : r.over) of.over[kind] += n;
  }
  void Add(const Sum& other) {
    const uint64_t runs_before = runs, bad_before = bad;
    Add(other.of);
    runs = runs_before + other.runs;
    bad = bad_before + other.bad;
  }
  void Print(const char* name) const {
    std::printf("%-9s %7llu %9llu %9llu %8llu %9llu %9llu %8llu %9llu %8llu %9llu %8llu %9llu %10llu\n", name, N(runs),
                N(of.commands), N(of.answers), N(of.unknown), N(of.records), N(of.reads), N(of.repeats), N(of.claims),
                N(of.crashes), N(of.timers), N(of.reactions), N(of.messages), N(bad));
  }
};

class Runner {
 public:
  explicit Runner(const Campaign& campaign) : c_(campaign), begun_(Clock::now()), next_(campaign.from) {}

  uint64_t Go() {
    Kept();
    std::vector<std::thread> threads;
    for (int i = 0; i < c_.jobs; ++i) threads.emplace_back([this] { Work(); });
    for (std::thread& thread : threads) thread.join();
    Table();
    return total_.bad;
  }

 private:
  using Clock = std::chrono::steady_clock;
  double Seconds() const { return std::chrono::duration<double>(Clock::now() - begun_).count(); }

  void Kept() {
    if (c_.mutant != &Mutants().front()) return;
    auto kept = KeptSeeds();
    if (!kept.ok()) {
      std::fprintf(stderr, "%s\n", std::string(kept.status().message()).c_str());
      Sum& sum = sums_["kept"];
      sum.runs = sum.bad = total_.bad = 1;
      return;
    }
    for (const Regression& seed : *kept) One(seed.workload, seed.plan);
  }

  void Work() {
    const bool broken = c_.mutant != &Mutants().front();
    while (c_.minutes <= 0 || Seconds() < c_.minutes * 60) {
      const uint64_t seed = next_++;
      if (seed >= c_.from + c_.seeds || (broken && total_.bad > 0)) return;
      for (const std::string& workload : c_.workloads) {
        One(workload, PlanOf(workload, *c_.mutant, seed, c_.faults));
      }
    }
  }

  void One(const std::string& workload, const sim::Plan& plan) {
    const sim::Result result = RunPlan(workload, *c_.mutant, plan);
    std::lock_guard<std::mutex> lock(mutex_);
    sums_[workload].Add(result);
    total_.Add(result);
    if (!result.violations.empty() && total_.bad <= kShownMax) {
      std::printf("%s seed %llu --faults %s\n", workload.c_str(), N(plan.seed), plan.faults.ToString().c_str());
      for (const std::string& what : result.violations) std::printf("  %s\n", what.c_str());
      std::fflush(stdout);
    }
    if (Seconds() < said_ + kProgressEverySeconds) return;
    said_ = Seconds();
    std::fprintf(stderr, "%5.0f s  %llu runs, %.1f/s, at seed %llu, violations %llu\n", said_, N(total_.runs),
                 static_cast<double>(total_.runs) / said_, N(plan.seed), N(total_.bad));
  }

  void Table() const {
    std::printf("\nmutation %s, faults %s, from seed %llu, %d jobs, %.1f s\n", c_.mutant->name,
                c_.faults ? c_.faults->ToString().c_str() : "as each seed draws", N(c_.from), c_.jobs, Seconds());
    std::printf("%-9s %7s %9s %9s %8s %9s %9s %8s %9s %8s %9s %8s %9s %10s\n", "workload", "seeds", "commands",
                "answers", "unknown", "records", "reads", "repeats", "claims", "crashes", "timers", "reacts",
                "messages", "violations");
    for (const auto& [workload, sum] : sums_) sum.Print(workload.c_str());
    total_.Print("all");
    for (const auto& [kind, n] : total_.of.over) std::printf("played to the end: %s %llu\n", kind.c_str(), N(n));
  }

  const Campaign& c_;
  const Clock::time_point begun_;
  std::atomic<uint64_t> next_;
  std::mutex mutex_;
  double said_ = 0;
  std::map<std::string, Sum> sums_;
  Sum total_;
};

}  // namespace

uint64_t Run(const Campaign& campaign) { return Runner(campaign).Go(); }

}  // namespace shoujie::testing
