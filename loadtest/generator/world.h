// Makes the customers that a measurement works on: for each a contact that was answered, written down and went on as a
// ticket, through the same commands that people's clients send. For a fresh server with the built-in sample directory.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "loadtest/generator/workload.h"

namespace shoujie::load {

// Blocks until every ticket can be read.
absl::StatusOr<std::vector<Matter>> MakeMatters(const std::string& target, const std::string& token, int customers);

// Each ticket is offered to technicians, to be done by `deadline`: from then on sign, custody and deadline run beside
// the clock that resolves it.
absl::Status OfferAll(const std::string& target, const std::string& token, const std::vector<Matter>& matters,
                      absl::Time deadline);

// `events` facts of tickets of another system, 20 a ticket: much state in little time. Leaves out the first `without`
// events, as written before. The names of some of the tickets.
absl::StatusOr<std::vector<std::string>> MakeHistory(const std::string& target, const std::string& token,
                                                     uint64_t events, uint64_t without = 0);

// Bytes of one answer of each kind, for the echo to give the same.
absl::StatusOr<std::vector<size_t>> SampleReplies(const std::string& target, const std::string& token,
                                                  const Workload& workload);

}  // namespace shoujie::load
