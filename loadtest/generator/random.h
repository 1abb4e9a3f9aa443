// The generator's own randomness: small, fast, the same on every machine for the same seed. Not for keys or ids that
// must be unguessable. Not thread-safe: one for each stream of calls.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

namespace shoujie::load {

// splitmix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  uint64_t Below(uint64_t n) { return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * n) >> 64); }
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }  // [0, 1)
  // Gap to the next arrival of a Poisson process, in units of the mean.
  double Gap() { return -std::log1p(-Unit()); }
  std::string Bytes(size_t n) {
    std::string out;
    while (out.size() < n) {
      const uint64_t bits = Next();
      out.append(reinterpret_cast<const char*>(&bits), n - out.size() < 8 ? n - out.size() : 8);
    }
    return out;
  }

 private:
  uint64_t state_;
};

// Ranks 0..n-1 with P(rank) ~ 1 / (rank + 1)^theta, theta < 1, after Gray et al. 1994 (the formula that YCSB uses):
// exact for the first two ranks, a smooth approximation behind.
class Zipf {
 public:
  Zipf(uint64_t n, double theta) : n_(n), theta_(theta) {
    for (uint64_t i = 1; i <= n; ++i) zeta_ += 1 / std::pow(static_cast<double>(i), theta);
    second_ = 1 + std::pow(0.5, theta);
    alpha_ = 1 / (1 - theta);
    eta_ = (1 - std::pow(2 / static_cast<double>(n), 1 - theta)) / (1 - second_ / zeta_);
  }
  uint64_t Next(Random& random) const {
    const double u = random.Unit(), uz = u * zeta_;
    if (uz < 1 || n_ < 2) return 0;
    if (uz < second_) return 1;
    const auto rank = static_cast<uint64_t>(static_cast<double>(n_) * std::pow(eta_ * u - eta_ + 1, alpha_));
    return rank < n_ ? rank : n_ - 1;
  }

 private:
  uint64_t n_;
  double theta_, zeta_ = 0, second_, alpha_, eta_;
};

}  // namespace shoujie::load
