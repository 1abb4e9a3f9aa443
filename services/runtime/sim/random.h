// The simulator's only source of chance: SplitMix64, so that one seed gives one run on every machine and library. Not
// for anything that must not be guessed.
#pragma once

#include <cstdint>
#include <vector>

namespace shoujie::sim {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 0x5851f42d4c957f2d) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // 0 <= answer < below; the remainder's bias does not matter at these sizes.
  uint64_t Below(uint64_t below) { return below == 0 ? 0 : Next() % below; }
  uint64_t Between(uint64_t least, uint64_t most) { return least + Below(most - least + 1); }
  bool Chance(uint32_t permille) { return Below(1000) < permille; }
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[Below(from.size())];
  }

 private:
  uint64_t state_;
};

}  // namespace shoujie::sim
