// Latencies of any number of operations in 30 KiB: a log-linear histogram (HDR) of nanoseconds with 64 steps an octave,
// so a figure is at most 1.6 % too high and never too low. Histograms are merged, never averaged. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

namespace shoujie::load {

class Histogram {
 public:
  Histogram();
  void Record(int64_t ns);  // below 0 counts as 0
  void Merge(const Histogram& other);
  void Clear();

  uint64_t count() const { return count_; }
  int64_t max_ns() const { return max_; }
  // The smallest recorded step that `quantile` (0..1) of all values do not exceed; 0 without values.
  int64_t At(double quantile) const;

 private:
  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  int64_t max_ = 0;
};

}  // namespace shoujie::load
