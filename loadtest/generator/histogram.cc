#include "loadtest/generator/histogram.h"

#include <algorithm>
#include <cmath>

namespace shoujie::load {
namespace {

constexpr int kStepBits = 6;  // 64 steps an octave
constexpr uint64_t kSteps = 1 << kStepBits;
constexpr int kOctaves = 58;

size_t IndexOf(uint64_t value) {
  if (value < kSteps) return value;
  const int shift = 63 - __builtin_clzll(value) - kStepBits;
  return (static_cast<size_t>(shift) + 1) * kSteps + (value >> shift) - kSteps;
}

// The highest value that has this index.
uint64_t HighestOf(size_t index) {
  if (index < kSteps) return index;
  const uint64_t shift = index / kSteps - 1;
  return ((index % kSteps + kSteps + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : counts_(kSteps * kOctaves) {}

void Histogram::Record(int64_t ns) {
  ns = std::max<int64_t>(ns, 0);
  ++counts_[IndexOf(static_cast<uint64_t>(ns))];
  ++count_;
  max_ = std::max(max_, ns);
}

void Histogram::Merge(const Histogram& other) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

void Histogram::Clear() { *this = Histogram(); }

int64_t Histogram::At(double quantile) const {
  const auto wanted = std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(quantile * static_cast<double>(count_))));
  uint64_t seen = 0;
  for (size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted) return std::min(static_cast<int64_t>(HighestOf(i)), max_);
  }
  return max_;
}

}  // namespace shoujie::load
