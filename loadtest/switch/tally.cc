#include "loadtest/switch/tally.h"

#include <algorithm>

namespace shoujie::loadtest {

Tally::Lag Tally::lag() const {
  std::vector<uint32_t> lags;
  {
    absl::MutexLock lock(&mutex_);
    lags = lags_ms_;
  }
  if (lags.empty()) return {};
  std::sort(lags.begin(), lags.end());
  return {absl::Milliseconds(lags[lags.size() / 2]), absl::Milliseconds(lags[lags.size() * 99 / 100]),
          absl::Milliseconds(lags.back())};
}

}  // namespace shoujie::loadtest
