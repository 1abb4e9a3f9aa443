// Runs seeds of the simulator. Usage: see `Usage` below; `tests/sim/run` builds first.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "tests/sim/scenario.h"

namespace {

using shoujie::testing::Mutant;

int Usage() {
  std::fprintf(
      stderr,
      "usage: simulate [--workload calls|desk] [--from S] [--seeds N] [--minutes M] [--mutation NAME] [--table]\n"
      "       simulate --seed S [--trace]\n"
      "  --seeds N      seeds S … S+N-1 (default 1000, from 1)\n"
      "  --minutes M    stop after that long even if seeds are left\n"
      "  --mutation X   break a rule on purpose; the exit status is 0 if a seed finds it:\n");
  for (const auto& m : shoujie::testing::Mutants())
    std::fprintf(stderr, "                   %-22s %s\n", m.name, m.what);
  std::fprintf(stderr, "  --table        every mutation, and the seed that finds it\n");
  return 64;
}

void Print(const shoujie::sim::Result& r, uint64_t seed) {
  for (const std::string& what : r.violations)
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), what.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  std::string workload = "calls", mutation = "none";
  uint64_t from = 1, seeds = 1000, one = 0;
  double minutes = 0;
  bool trace = false, table = false;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    bool ok = true;
    if (flag == "--trace")
      trace = true;
    else if (flag == "--table")
      table = true;
    else if (++i, flag == "--workload")
      workload = value;
    else if (flag == "--mutation")
      mutation = value;
    else if (flag == "--seeds")
      ok = absl::SimpleAtoi(value, &seeds);
    else if (flag == "--from")
      ok = absl::SimpleAtoi(value, &from);
    else if (flag == "--seed")
      ok = absl::SimpleAtoi(value, &one);
    else if (flag == "--minutes")
      ok = absl::SimpleAtod(value, &minutes);
    else
      return Usage();
    if (!ok) return Usage();
  }
  const auto begun = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(); };
  if (table) {
    bool all = true;
    for (const Mutant& m : shoujie::testing::Mutants()) {
      uint64_t found = 0;
      std::string what;
      for (uint64_t seed = from; m.name != std::string("none") && seed < from + seeds && found == 0; ++seed) {
        auto r = shoujie::testing::RunSeed(m.workload, m, seed);
        if (!r.violations.empty()) found = seed, what = r.violations.front();
      }
      if (m.name == std::string("none")) continue;
      all &= found != 0;
      std::printf("%-22s %s%s  %s\n", m.name, found ? "seed " : "NOT FOUND", found ? std::to_string(found).c_str() : "",
                  what.c_str());
    }
    return all ? 0 : 1;
  }
  const Mutant* mutant = nullptr;
  for (const Mutant& m : shoujie::testing::Mutants()) {
    if (m.name == mutation) mutant = &m;
  }
  if (mutant == nullptr) return Usage();
  if (one != 0) {
    auto r = shoujie::testing::RunSeed(workload, *mutant, one,
                                       trace ? [](const std::string& line) { std::printf("%s\n", line.c_str()); }
                                             : std::function<void(const std::string&)>());
    Print(r, one);
    std::printf("seed %llu: %s, %llu records, hash %016llx\n", static_cast<unsigned long long>(one),
                r.violations.empty() ? "clean" : "VIOLATED", static_cast<unsigned long long>(r.records),
                static_cast<unsigned long long>(r.hash));
    return r.violations.empty() ? 0 : 1;
  }
  uint64_t ran = 0, bad = 0, first_bad = 0;
  shoujie::sim::Result sum;
  for (uint64_t seed = from; seed < from + seeds && (minutes == 0 || seconds() < minutes * 60); ++seed) {
    auto r = shoujie::testing::RunSeed(workload, *mutant, seed);
    ++ran;
    if (!r.violations.empty()) {
      if (bad++ == 0) first_bad = seed;
      if (bad <= 10) Print(r, seed);
      if (mutation != "none") break;
    }
    sum.records += r.records, sum.commands += r.commands, sum.answers += r.answers, sum.crashes += r.crashes;
    sum.claims += r.claims, sum.unknown += r.unknown, sum.timers += r.timers, sum.reactions += r.reactions,
        sum.reads += r.reads;
  }
  const auto n = [](uint64_t x) { return static_cast<unsigned long long>(x); };
  std::printf("%s, mutation %s: seeds %llu…%llu, %llu with violations%s%s, %.1f s\n", workload.c_str(), mutant->name,
              n(from), n(from + ran - 1), n(bad), bad ? ", first " : "", bad ? std::to_string(first_bad).c_str() : "",
              seconds());
  std::printf(
      "commands %llu, answers %llu (outcome unknown %llu), records %llu, timers %llu, reactions %llu, claims %llu, "
      "crashes %llu, reads %llu\n",
      n(sum.commands), n(sum.answers), n(sum.unknown), n(sum.records), n(sum.timers), n(sum.reactions), n(sum.claims),
      n(sum.crashes), n(sum.reads));
  return (bad == 0) == (mutation == "none") ? 0 : 1;
}
