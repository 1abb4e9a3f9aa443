// Random numbers of a seed, the same on every machine and library: scripts are compared and repeated by seed. Not for
// secrets or ids.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace shoujie::loadtest {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  // What depends on a word (an order id) only, whenever it is asked.
  Random(uint64_t seed, absl::string_view word) : state_(seed) {
    for (unsigned char c : word) state_ = (state_ ^ c) * 0x100000001b3ull;
  }

  uint64_t Next() {  // splitmix64
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  uint64_t Below(uint64_t n) { return n == 0 ? 0 : Next() % n; }
  int64_t Between(int64_t low, int64_t high) { return low + static_cast<int64_t>(Below(high - low + 1)); }
  bool Percent(uint32_t chance) { return Below(100) < chance; }
  absl::Duration Seconds(int64_t low, int64_t high) { return absl::Milliseconds(Between(low * 1000, high * 1000)); }
  absl::Duration Minutes(int64_t low, int64_t high) { return Seconds(low * 60, high * 60); }
  template <typename T>
  const T& Pick(const std::vector<T>& list) {
    return list[Below(list.size())];
  }

 private:
  uint64_t state_;
};

}  // namespace shoujie::loadtest
