// Bad clients. fds: so many idle connections that the server has no file descriptor left. slow-clients: connections
// that say nothing, half of things, or never read what they asked for. Others are served on, memory stays bounded, and
// the server is itself again when they go (I15, I16).
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "shoujie/ops/v1/service.pb.h"
#include "tests/fault/faults.h"
#include "tests/fault/raw_connection.h"
#include "tests/fault/trial.h"

namespace shoujie::fault {
namespace {

constexpr size_t kFdsKept = 8;         // that a server of so few gives to no connection
constexpr int kFdsSpare = 48;          // beyond what a server uses when it starts
constexpr int kIdleConnections = 200;  // more than that
constexpr absl::Duration kNormalWithin = absl::Seconds(10);
constexpr double kServedShareMin = 0.25;  // of what patient clients got before, on a machine that others use too
constexpr double kClientsGrowthMaxMb = 512;

size_t FdsOf(int pid) {
  size_t n = 0;
  std::error_code ignored;
  for (auto it = std::filesystem::directory_iterator(absl::StrCat("/proc/", pid, "/fd"), ignored);
       it != std::filesystem::directory_iterator(); it.increment(ignored)) {
    ++n;
  }
  return n;
}

// Commands that were acknowledged a second, to clients that go on with their connections.
double Served(Clients& clients, absl::Duration time) {
  const uint64_t before = clients.acked();
  const absl::Time begun = absl::Now();
  absl::SleepFor(time);
  return static_cast<double>(clients.acked() - before) / absl::ToDoubleSeconds(absl::Now() - begun);
}

bool NewClientIsServed(Trial& trial, absl::Duration within) {
  for (const absl::Time limit = absl::Now() + within; absl::Now() < limit; absl::SleepFor(absl::Milliseconds(50))) {
    rpc::Client client(
        {.target = trial.server().address(), .token = TokenOf(trial.data()), .timeout = absl::Seconds(1)});
    if (rpc::Call<ops::v1::ListShardsResponse>(client, "shoujie.ops.v1.OpsService/ListShards",
                                               ops::v1::ListShardsRequest())
            .ok()) {
      return true;
    }
  }
  return false;
}

void AllowManyFiles() {
  rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

struct Badness {
  const char* name;
  void (*send)(RawConnection&, const Trial&, const Centre&);
  int connections;
};

constexpr uint32_t kCallsNeverRead = 1000;

std::string HistoryRequest(const Centre& centre) {
  common::v1::ListHistoryRequest request;
  request.set_name(centre.matters.front().ticket);
  request.set_page_size(1000);
  return request.SerializeAsString();
}

const Badness kBad[] = {
    {"say nothing", [](RawConnection&, const Trial&, const Centre&) {}, 100},
    {"half a preface", [](RawConnection& c, const Trial&, const Centre&) { c.Send(Preface().substr(0, 10)); }, 100},
    {"half of 20 requests each",
     [](RawConnection& c, const Trial& trial, const Centre& centre) {
       c.Send(Preface());
       const std::string token = TokenOf(trial.data());
       for (uint32_t n = 0; n < 20; ++n) {
         c.Send(HalfCallFrames(2 * n + 1, "shoujie.router.v1.TicketService/ListTicketHistory", token,
                               HistoryRequest(centre)));
       }
     },
     100},
    {"1000 calls never read",
     [](RawConnection& c, const Trial& trial, const Centre& centre) {
       c.Send(Preface());
       const std::string token = TokenOf(trial.data());
       for (uint32_t n = 0; n < kCallsNeverRead; ++n) {
         if (!c.Send(CallFrames(2 * n + 1, "shoujie.router.v1.TicketService/ListTicketHistory", token,
                                HistoryRequest(centre)))) {
           return;
         }
       }
     },
     20},
};

}  // namespace

void FileDescriptors(Run& run) {
  AllowManyFiles();
  uint64_t acked = 0;
  double least = 1e9, most = 0;
  for (int round = 0; round < run.options().times; ++round) {
    const std::string after = absl::StrCat("no file descriptors, round ", round);
    Trial trial(&run, "fds");
    if (!trial.MustStart(after)) return;
    const size_t limit = FdsOf(trial.server().process().pid()) + kFdsSpare;
    trial.StopServer();
    if (!trial.MustStart(after, {.under = {"/usr/bin/prlimit", absl::StrCat("--nofile=", limit, ":", limit)}})) return;
    Clients& clients = trial.Work({.clients = 16});
    most = std::max(most, Served(clients, absl::Milliseconds(500)));
    {
      std::vector<std::unique_ptr<RawConnection>> idle;
      for (int i = 0; i < kIdleConnections; ++i) {
        idle.push_back(std::make_unique<RawConnection>(trial.server().address()));
      }
      absl::SleepFor(absl::Milliseconds(300));
      if (FdsOf(trial.server().process().pid()) + kFdsKept + 2 < limit) {
        run.Violation(absl::StrCat(after, ": only ", FdsOf(trial.server().process().pid()), " of ", limit,
                                   " descriptors are used: the fault tests nothing"));
      }
      const double served = Served(clients, absl::Seconds(1));
      least = std::min(least, served);
      if (served <= 0) run.Violation(absl::StrCat(after, ": clients that were there are not served"));
    }
    if (!trial.server().process().running()) {
      run.Violation(absl::StrCat(after, ": the server ended: ", trial.server().process().err().substr(0, 600)));
    } else if (!NewClientIsServed(trial, kNormalWithin)) {
      run.Violation(absl::StrCat(after, ": no new client is served although the descriptors are free again"));
    }
    clients.Stop();
    trial.Rest();
    if (!trial.server().process().running() || !NewClientIsServed(trial, absl::Seconds(1))) {
      trial.server().Kill();
      if (!trial.MustStart(after)) return;
    }
    trial.Check(after);
    trial.StopServer();
    trial.Verify(after);
    acked += trial.ledger().counts().acked;
    run.Progress(round + 1, run.options().times, absl::StrCat(run.violations(), " violations"));
  }
  run.Columns({"no file descriptors", "rounds", "acknowledged/s before", "during, at least", "acknowledged"});
  run.Row({absl::StrCat(kIdleConnections, " idle connections"), absl::StrCat(run.options().times),
           absl::StrFormat("%.0f", most), absl::StrFormat("%.0f", least), absl::StrCat(acked)});
}

void SlowClients(Run& run) {
  AllowManyFiles();
  run.Columns({"slow clients", "connections", "acknowledged/s before", "during", "after", "MB before", "during, peak"});
  const absl::Duration window = absl::Seconds(run.options().seconds > 0 ? run.options().seconds
                                              : run.options().brief     ? 3
                                                                        : 10);
  for (const Badness& bad : kBad) {
    Trial trial(&run, "slow");
    if (!trial.MustStart("copying")) return;
    Clients& clients = trial.Work({.clients = 16});
    absl::SleepFor(absl::Milliseconds(300));
    const double before = Served(clients, window);
    const Memory usual = MemoryOf(trial.server().process().pid());
    double during = 0;
    Memory most;
    {
      std::vector<std::unique_ptr<RawConnection>> connections;
      for (int i = 0; i < bad.connections; ++i) {
        connections.push_back(std::make_unique<RawConnection>(trial.server().address()));
        bad.send(*connections.back(), trial, run.centre());
      }
      during = Served(clients, window);
      most = MemoryOf(trial.server().process().pid());
    }
    absl::SleepFor(absl::Milliseconds(200));
    const double later = Served(clients, window);
    if (during < kServedShareMin * before) {
      run.Violation(absl::StrFormat("%s: others get %.0f/s instead of %.0f/s", bad.name, during, before));
    }
    if (later < kServedShareMin * before) {
      run.Violation(absl::StrFormat("%s: afterwards others get %.0f/s instead of %.0f/s", bad.name, later, before));
    }
    if (most.peak_mb > usual.peak_mb + kClientsGrowthMaxMb) {
      run.Violation(absl::StrFormat("%s: memory grew from %.0f to %.0f MB", bad.name, usual.peak_mb, most.peak_mb));
    }
    if (!NewClientIsServed(trial, kNormalWithin)) run.Violation(absl::StrCat(bad.name, ": no new client is served"));
    clients.Stop();
    trial.Rest();
    trial.Check(bad.name);
    trial.StopServer();
    trial.Verify(bad.name);
    run.Row({bad.name, absl::StrCat(bad.connections), absl::StrFormat("%.0f", before), absl::StrFormat("%.0f", during),
             absl::StrFormat("%.0f", later), absl::StrFormat("%.0f", usual.peak_mb),
             absl::StrFormat("%.0f", most.peak_mb)});
  }
}

}  // namespace shoujie::fault
