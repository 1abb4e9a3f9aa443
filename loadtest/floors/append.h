// B1: what the disk allows. Records appended to one file, one write and one fdatasync a group; nothing else.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "loadtest/generator/histogram.h"

namespace shoujie::load {

struct FloorResult {
  uint64_t records = 0, groups = 0;
  double seconds = 0;
  double cpu_seconds = 0;  // of the thread
  Histogram group_latency;

  double rate() const { return static_cast<double>(records) / seconds; }
};

// Appends `records` in turn, `group` at a time, until `time` is up. `path` is made new and removed.
FloorResult AppendFloor(const std::string& path, const std::vector<std::string>& records, size_t group,
                        absl::Duration time);

// The same at Poisson arrivals of `rate` records a second: what waited while the last group was written is the next.
// `latency` of each record, from the instant at which it should have come to the end of its fdatasync.
Histogram PacedAppendFloor(const std::string& path, const std::vector<std::string>& records, double rate,
                           absl::Duration time, uint64_t seed);

}  // namespace shoujie::load
