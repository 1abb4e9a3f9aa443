// `shoujie-switch log`: plays a call log live. Each fact goes into the outbox when the server's clock (scaled: shoujied
// --clock=START,xN) reaches its stamp, so that the server lives through the old days and counts what the log's import
// counts. What falls behind is said.
#pragma once

#include <atomic>

#include "absl/status/status.h"
#include "loadtest/switch/call_log.h"
#include "loadtest/switch/session.h"

namespace shoujie::loadtest {

struct LogCommand {
  CallLogOptions log;
  // 0: by the server's clock. Else so many times as fast as the log, from its first fact on, whatever the server's
  // clock shows: the stamps then lie in its past.
  double speed = 0;
  bool quiet = false;
};

// When each fact is told. `emit` gets every fact once, in order; `stop` ends it early. Returns how many were due when
// it began.
class Pacer {
 public:
  explicit Pacer(const ServerClock* clock) : clock_(clock) {}
  // Facts that are due now, from `next` on: the index after the last of them.
  size_t Due(const std::vector<LogFact>& facts, size_t next) const {
    const absl::Time now = clock_->Now();
    while (next < facts.size() && facts[next].at <= now) ++next;
    return next;
  }
  // Of the machine, until the next fact is due; at most `most`.
  absl::Duration Wait(const std::vector<LogFact>& facts, size_t next, absl::Duration most) const;

 private:
  const ServerClock* const clock_;
};

// Blocks until all is delivered.
absl::Status PlayLog(Session& session, const LogCommand& command, const std::atomic<bool>& stop);

}  // namespace shoujie::loadtest
