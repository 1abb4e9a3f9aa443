// `shoujie-switch day`: plans a demonstration day and plays it to its end, with a progress line.
#pragma once

#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "loadtest/switch/session.h"

namespace shoujie::loadtest {

struct DayCommand {
  uint64_t seed = 1;
  int calls = 240;
  std::string date;             // of the sites; empty: the one that the server's clock shows
  bool scripted_agents = true;  // else calls ring until somebody accepts them, with the command line for one
  bool quiet = false;
  bool print_script = false;  // the plan instead of the play
};

// Blocks. `stop`: set by a signal; what was not delivered stays in the outbox.
absl::Status PlayDay(Session& session, const DayCommand& command, const std::atomic<bool>& stop);

}  // namespace shoujie::loadtest
