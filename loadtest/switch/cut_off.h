// Calls that were on the lines when a switch died. Nobody will tell their end any more but the switch that starts in
// its place: they were cut off, which the server answers with orders to dial back. The run (the prefix of its call ids)
// is remembered beside the outbox.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "loadtest/switch/session.h"

namespace shoujie::loadtest {

// Of the play before in this outbox, if it did not come to its end; else empty.
std::string UnfinishedRun(const Session& session);
void BeginRun(const Session& session, const std::string& run);
void EndRun(const Session& session);

// Reports the end of every call of `run` that the server still has on the lines; how many. What the outbox holds goes
// first: call it once the courier runs.
absl::StatusOr<size_t> EndCutOffCalls(Session& session, const std::string& run);

}  // namespace shoujie::loadtest
