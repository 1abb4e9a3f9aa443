// Call logs that the switch plays live: facts in order of time, each of a call that there is, the end of a call last.
#include <set>

#include "loadtest/switch/call_log.h"
#include "services/runtime/base/error.h"
#include "tests/fuzz/fuzz.h"

namespace shoujie::fuzz::call_log_fuzz {
namespace {

void Run(absl::string_view input) {
  const MemoryFile file(input);
  loadtest::CallLogOptions options;
  options.path = file.path();
  uint64_t bad = 0;
  options.on_bad = [&bad](uint64_t, const absl::Status& why) {
    ++bad;
    RequireTyped(why);
  };
  const auto log = loadtest::ReadCallLog(options);
  if (!log.ok()) return RequireTyped(log.status());
  FUZZ_REQUIRE(log->bad == bad && log->calls.size() + bad == log->rows);
  std::set<uint32_t> ended;
  absl::Time before = absl::InfinitePast();
  for (const auto& fact : log->facts) {
    FUZZ_REQUIRE(fact.at >= before && fact.call < log->calls.size() && ended.count(fact.call) == 0);
    before = fact.at;
    if (fact.fact.has_ended()) ended.insert(fact.call);
    const auto live = loadtest::LiveFact(*log, fact);
    FUZZ_REQUIRE(live.external_id() == log->calls[fact.call].external_id() && !live.source().empty());
  }
  FUZZ_REQUIRE(ended.size() == log->calls.size());
}

const Registered kRegistered({"call_log", &Run});

}  // namespace
}  // namespace shoujie::fuzz::call_log_fuzz
