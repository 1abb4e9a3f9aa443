// Runs seeds of the simulator. Usage: see `Usage` below; `tests/sim/run` builds first.
#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/strings/numbers.h"
#include "tests/sim/campaign.h"
#include "tests/sim/scenario.h"

namespace shoujie::testing {
namespace {

int Usage() {
  std::fprintf(stderr,
               "usage: simulate [--workload calls|desk|tills|links|flows|all]\n"
               "                [--from S] [--seeds N] [--minutes M] [--jobs N] [--faults A,B,…] [--mutation NAME]\n"
               "       simulate --seed S [--trace]      one run\n"
               "       simulate --shrink S              a failing run, made short and told line by line\n"
               "       simulate --table                 every mutation, and the seed that finds it\n"
               "  --seeds N      seeds S … S+N-1 (default 1000, from 1; with --minutes as many as fit)\n"
               "  --minutes M    stop after that long even if seeds are left\n"
               "  --faults X     these faults only, NAME or NAME:STRENGTH (1 … 3), instead of what each seed draws:\n");
  for (const sim::Fault fault : sim::FaultSet::All().list()) {
    std::fprintf(stderr, "                   %-22s %s\n", sim::NameOf(fault), sim::WhatIs(fault));
  }
  std::fprintf(stderr, "  --mutation X   break a rule on purpose; the exit status is 0 if a seed finds it:\n");
  for (const Mutant& m : Mutants()) std::fprintf(stderr, "                   %-22s %s\n", m.name, m.what);
  return 64;
}

struct Flags {
  Campaign campaign;
  std::string workload;
  uint64_t one = 0, shrink = 0;
  bool trace = false, table = false, seeds_given = false;
};

// Says what is wrong and answers false.
bool Parse(int argc, char** argv, Flags* flags) {
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--trace") {
      flags->trace = true;
      continue;
    }
    if (flag == "--table") {
      flags->table = true;
      continue;
    }
    if (i + 1 == argc) return false;
    const std::string value = argv[++i];
    bool ok = true;
    if (flag == "--workload") {
      flags->workload = value;
      ok = value == "all" || IsWorkload(value);
    } else if (flag == "--mutation") {
      flags->campaign.mutant = FindMutant(value);
      ok = flags->campaign.mutant != nullptr;
    } else if (flag == "--faults") {
      auto faults = sim::FaultSet::Parse(value);
      if (!faults.ok()) {
        std::fprintf(stderr, "simulate: %s\n", std::string(faults.status().message()).c_str());
        return false;
      }
      flags->campaign.faults = *faults;
    } else if (flag == "--seeds") {
      ok = flags->seeds_given = absl::SimpleAtoi(value, &flags->campaign.seeds);
    } else if (flag == "--from") {
      ok = absl::SimpleAtoi(value, &flags->campaign.from);
    } else if (flag == "--seed") {
      ok = absl::SimpleAtoi(value, &flags->one) && flags->one > 0;
    } else if (flag == "--shrink") {
      ok = absl::SimpleAtoi(value, &flags->shrink) && flags->shrink > 0;
    } else if (flag == "--minutes") {
      ok = absl::SimpleAtod(value, &flags->campaign.minutes);
    } else if (flag == "--jobs") {
      ok = absl::SimpleAtoi(value, &flags->campaign.jobs) && flags->campaign.jobs > 0;
    } else {
      std::fprintf(stderr, "simulate: there is no flag %s\n", flag.c_str());
      return false;
    }
    if (!ok) {
      std::fprintf(stderr, "simulate: %s cannot be '%s'\n", flag.c_str(), value.c_str());
      return false;
    }
  }
  return true;
}

sim::Plan PlanOf(const Flags& flags, const std::string& workload, uint64_t seed) {
  return PlanOf(workload, *flags.campaign.mutant, seed, flags.campaign.faults);
}

void PrintLine(const std::string& line) { std::printf("%s\n", line.c_str()); }

int Table(const Flags& flags) {
  bool all = true;
  for (const Mutant& m : Mutants()) {
    if (&m == &Mutants().front()) continue;
    const Found found = Find(m, flags.seeds_given ? flags.campaign.seeds : kSeedsToFind);
    all &= found.seed != 0;
    const std::string seed = found.seed != 0 ? "seed " + std::to_string(found.seed) : "NOT FOUND";
    std::printf("%-22s %-6s %-9s  %s\n", m.name, m.workload, seed.c_str(), found.violation.c_str());
    std::fflush(stdout);
  }
  return all ? 0 : 1;
}

int One(const Flags& flags, const std::string& workload) {
  const sim::Plan plan = PlanOf(flags, workload, flags.one);
  const auto r = RunPlan(workload, *flags.campaign.mutant, plan, flags.trace ? PrintLine : Trace());
  for (const std::string& what : r.violations) PrintLine(what);
  std::printf("%s seed %llu: %s, %llu records, hash %016llx\nfaults %s\n", workload.c_str(),
              static_cast<unsigned long long>(flags.one), r.violations.empty() ? "clean" : "VIOLATED",
              static_cast<unsigned long long>(r.records), static_cast<unsigned long long>(r.hash),
              plan.faults.ToString().c_str());
  for (const auto& [kind, n] : r.over) {
    std::printf("played to the end: %s %llu\n", kind.c_str(), static_cast<unsigned long long>(n));
  }
  return r.violations.empty() ? 0 : 1;
}

int ShrinkOne(const Flags& flags, const std::string& workload) {
  const Mutant& mutant = *flags.campaign.mutant;
  const sim::Plan plan = PlanOf(flags, workload, flags.shrink);
  const sim::Shrunk shrunk =
      sim::Shrink(plan, [&](const sim::Plan& shorter) { return RunPlan(workload, mutant, shorter); });
  if (shrunk.kind.empty()) {
    std::printf("%s seed %llu: clean, nothing to shrink\n", workload.c_str(),
                static_cast<unsigned long long>(flags.shrink));
    return 1;
  }
  std::printf("%s seed %llu, mutation %s: %zu of %zu actions and %zu of %zu faults still end in %s (%d runs)\n",
              workload.c_str(), static_cast<unsigned long long>(flags.shrink), mutant.name, shrunk.plan.actions.size(),
              plan.actions.size(), shrunk.plan.faults.list().size(), plan.faults.list().size(), shrunk.kind.c_str(),
              shrunk.runs);
  for (const sim::Fault fault : shrunk.plan.faults.list()) {
    std::printf("fault %-14s %s\n", sim::NameOf(fault), sim::WhatIs(fault));
  }
  std::printf("\n");
  RunPlan(workload, mutant, shrunk.plan, PrintLine);
  return 0;
}

int Main(int argc, char** argv) {
  Flags flags;
  if (!Parse(argc, argv, &flags)) return Usage();
  const Mutant& mutant = *flags.campaign.mutant;
  const bool broken = &mutant != &Mutants().front();
  if (flags.table) return Table(flags);
  const std::string workload = flags.workload.empty() || flags.workload == "all" ? mutant.workload : flags.workload;
  if (flags.one != 0) return One(flags, workload);
  if (flags.shrink != 0) return ShrinkOne(flags, workload);
  if (flags.campaign.minutes > 0 && !flags.seeds_given) flags.campaign.seeds = UINT64_MAX - flags.campaign.from;
  if (broken || (!flags.workload.empty() && flags.workload != "all")) {
    flags.campaign.workloads = {workload};
  } else {
    flags.campaign.workloads.assign(Workloads().begin(), Workloads().end());
  }
  return (Run(flags.campaign) == 0) == !broken ? 0 : 1;
}

}  // namespace
}  // namespace shoujie::testing

int main(int argc, char** argv) { return shoujie::testing::Main(argc, argv); }
