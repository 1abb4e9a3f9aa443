// Load by the method of loadtest/README.md, from one process. Closed: so many calls in flight, each answer starts the
// next; finds saturation. Open: arrivals of a Poisson process fixed by a seed, whether the server keeps up or not;
// latency counts from the instant at which a call should have started, so that a stall is seen by all who came during
// it. Figures are of the window after the warm-up.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "loadtest/generator/caller.h"
#include "loadtest/generator/histogram.h"
#include "loadtest/generator/workload.h"

namespace shoujie::load {

struct KindResult {
  uint64_t ok = 0;
  std::map<int, uint64_t> failed;  // by gRPC's number
  Histogram latency;               // of OK answers
  Histogram refused_latency;       // of RESOURCE_EXHAUSTED
};

struct LoadResult {
  double seconds = 0;  // of the window
  std::array<KindResult, kKinds> kinds;
  // Open loop: arrivals within the window; calls started by its end; arrivals that found the generator's own bound on
  // calls in flight. More than 1 % not started in time: the run says nothing (`behind`).
  uint64_t planned = 0, started = 0, unsent = 0;
  bool behind = false;
  // Open loop: calls started and OK answers received within the window by the clock, whenever they should have started.
  uint64_t sent_meanwhile = 0, ok_meanwhile = 0;

  void Merge(const LoadResult& other);
  uint64_t ok(bool commands, bool reads) const;
  uint64_t failed() const;  // all kinds, any code
  uint64_t failed(int code) const;
  std::string failures() const;  // "0", "67 (UNAVAILABLE 67)"
  double rate(bool commands, bool reads) const { return static_cast<double>(ok(commands, reads)) / seconds; }
  Histogram latency(bool commands, bool reads) const;
};

// Called at both ends of the window, to take CPU times and the like.
using AtWindow = std::function<void()>;

struct ClosedLoop {
  int in_flight = 128;
  int batch = 0;  // commands in one call of BatchService; 0: each by itself
  absl::Duration warm_up = absl::Seconds(1);
  absl::Duration window = absl::Seconds(5);
  uint64_t seed = 1;
};
LoadResult Run(const ClosedLoop& loop, const Workload& workload, Caller& caller, const AtWindow& at_window = nullptr);

struct OpenLoop {
  double rate = 1000;  // arrivals a second
  absl::Duration warm_up = absl::Seconds(1);
  absl::Duration window = absl::Seconds(5);
  uint64_t seed = 1;
  int in_flight_max = 20'000;  // arrivals beyond are dropped and counted
  // More arrivals than this machine may be able to send: handled in steps of 1 ms, those more than 50 ms late are
  // dropped and counted as well, and latency counts from the instant of sending.
  bool overload = false;
};
LoadResult Run(const OpenLoop& loop, const Workload& workload, Caller& caller, const AtWindow& at_window = nullptr);

}  // namespace shoujie::load
