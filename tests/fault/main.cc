// fault: breaks the real shoujied on this machine, one fault a call, and holds what clients were told against what is
// recorded. Exit status 0: it held; 1: a violation; 77: this machine cannot do it. Started by tests/fault/run.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "tests/fault/faults.h"

namespace shoujie::fault {

const std::vector<Fault>& AllFaults() {
  static const std::vector<Fault> kFaults = {
      {"kill", "kill -9 at random under load", 6, 200, &Kill},
      {"kill-at", "kill -9 at points of commit path, start and key store (--only POINT)", 1, 20, &KillAtPoints},
      {"fsync-error", "fsync and fdatasync fail with EIO (--only FILE)", 1, 10, &FsyncError},
      {"write-error", "write fails with EIO or ENOSPC (--only FILE)", 1, 10, &WriteError},
      {"disk-full", "a file system that is nearly, then entirely full", 1, 5, &DiskFull},
      {"read-only", "a file system that is read-only", 1, 5, &ReadOnly},
      {"flip", "one flipped byte in any file of a data directory (--only KIND)", 24, 1000, &Flip},
      {"torn", "one file of a data directory cut short (--only KIND)", 16, 200, &Torn},
      {"old-store", "an older store or lists beside a newer journal", 1, 20, &OldStore},
      {"short-journal", "an older journal beside a newer store", 1, 10, &ShortJournal},
      {"short-keys", "an older key store beside a newer journal", 1, 10, &ShortKeys},
      {"wrong-master-key", "another master key", 1, 5, &WrongMasterKey},
      {"copied-running", "a copy of the directory of a server under load", 2, 30, &CopiedRunning},
      {"clock", "the clock set back and forth by hours between starts", 4, 40, &ClockSteps},
      {"fds", "no file descriptors left", 1, 5, &FileDescriptors},
      {"slow-clients", "clients that say nothing, half of things, or never read", 1, 1, &SlowClients},
      {"overload", "ten times more calls than the server can do", 1, 1, &Overload},
  };
  return kFaults;
}

namespace {

constexpr int kHeld = 0, kViolated = 1, kUsage = 64, kSkipped = 77;

int List() {
  for (const Fault& fault : AllFaults()) {
    std::printf("%-18s %s; %d times, --short %d\n", fault.name, fault.what, fault.times, fault.times_short);
  }
  return kHeld;
}

// Runs that were killed leave their directories.
void RemoveLeftOvers(const std::string& base) {
  std::error_code ignored;
  std::filesystem::create_directories(base, ignored);
  for (const auto& entry : std::filesystem::directory_iterator(base, ignored)) {
    int pid = 0;
    if (absl::SimpleAtoi(entry.path().filename().string(), &pid) && kill(pid, 0) != 0)
      RemoveTree(entry.path().string());
  }
}

int RunFault(const Fault& fault, Options options, bool json) {
  std::string directory = options.directory;
  int code = kHeld;
  {
    Run run(fault.name, std::move(options));
    fault.run(run);
    std::fputs((json ? run.Json() : run.Table()).c_str(), stdout);
    code = !run.skipped().empty() ? kSkipped : run.violations() > 0 ? kViolated : kHeld;
  }
  RemoveTree(directory);
  return code;
}

}  // namespace
}  // namespace shoujie::fault

int main(int argc, char** argv) {
  using namespace shoujie::fault;
  Options options;
  std::string name, base = "build/fault", output = "table";
  bool list = false;
  CLI::App app("Breaks the real shoujied and says whether anything acknowledged was lost, doubled or falsified.");
  app.add_option("fault", name, "see --list");
  app.add_flag("--list", list, "the faults");
  auto* times = app.add_option("--times", options.times, "rounds; of faults with points, of each")
                    ->check(CLI::Range(1, 1'000'000));
  app.add_flag("--short", options.brief, "the form for continuous integration");
  app.add_option("--seed", options.seed, "of what is random")->capture_default_str();
  app.add_option("--only", options.only, "points or kinds of file whose name contains this");
  app.add_option("--seconds", options.seconds, "of load, for overload and slow-clients");
  app.add_option("--jobs", options.jobs, "rounds at once, for flip and torn")->check(CLI::Range(1, 16));
  app.add_option("--dir", base, "where data are written; removed at the end")->capture_default_str();
  app.add_option("-o,--output", output, "table or json")->check(CLI::IsMember({"table", "json"}));
  CLI11_PARSE(app, argc, argv);
  if (list) return List();
  for (const Fault& fault : AllFaults()) {
    if (name != fault.name) continue;
    if (times->count() == 0) options.times = options.brief ? fault.times_short : fault.times;
    signal(SIGPIPE, SIG_IGN);
    base = std::filesystem::absolute(base).string();
    RemoveLeftOvers(base);
    options.directory = absl::StrFormat("%s/%d", base, getpid());
    std::filesystem::create_directories(options.directory);
    return RunFault(fault, std::move(options), output == "json");
  }
  std::fprintf(stderr,
               name.empty() ? "fault: name a fault; --list shows them\n" : "fault: no such fault; --list shows them\n");
  return kUsage;
}
