#include "services/runtime/sim/faults.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace shoujie::sim {
namespace {

struct Described {
  const char* name;
  const char* what;
};

constexpr Described kDescribed[kFaults] = {
    {"lost-write", "a write is reported as an error and is not in the log; a later one may be"},
    {"landed-error", "a write is reported as an error and is in the log"},
    {"written-twice", "a record lands twice"},
    {"place-unknown", "a record lands at a place that nobody says"},
    {"no-report", "nothing is ever reported of a write"},
    {"overtaken", "a later record lands before the earlier"},
    {"late-report", "reports of writes come late, those of errors may overtake"},
    {"cut-writes", "of a writer that gave up, records from some one on never land"},
    {"straggler", "records of a writer that gave up land late, behind a new owner's"},
    {"broker-skew", "the log's own clock differs from record to record"},
    {"lost-record", "in the end a record that counted is gone, and a new reader reads the log"},
    {"crash", "a machine loses everything in memory"},
    {"store-loss", "a crash loses a suffix of what the store has not synced"},
    {"stop", "a machine stands still, longer than a lease at times"},
    {"takeover", "another machine takes over while the owner lives"},
    {"cut-off", "a machine writes to a log but reads nothing new from it for a while"},
    {"slow-reader", "what is in the log can be read only later"},
    {"slow-store", "stores write only later"},
    {"keys-short", "no key is at hand for a while"},
    {"time-jump", "seconds or hours pass between two steps"},
    {"clock-step", "a machine's wall clock is set forwards or back"},
    {"duplicate", "a command is sent to two machines at once"},
    {"late-repeat", "a command that has its answer is sent once more"},
    {"reordered", "commands overtake each other on their way"},
    {"impatient", "deadlines pass while a record is in flight"},
    {"wrong-machine", "commands go to a machine that does not own"},
    {"directory", "directory versions are published"},
    {"handover", "an owner is told to give its journal up to another machine, or to nobody"},
    {"wishes", "wishes to own, follow or rest come late, twice, to both machines or to the wrong one"},
    {"letter-lost", "letters between shards get lost"},
    {"letter-twice", "letters between shards come twice"},
    {"letter-late", "letters between shards come late and overtake each other"},
    {"members", "a cluster decides who should own, and its machines hear of each other late, wrongly or not at all"},
};

}  // namespace

const char* NameOf(Fault fault) { return kDescribed[static_cast<size_t>(fault)].name; }
const char* WhatIs(Fault fault) { return kDescribed[static_cast<size_t>(fault)].what; }

FaultSet FaultSet::All(uint32_t strength) {
  FaultSet set;
  for (uint8_t& s : set.strength_) s = static_cast<uint8_t>(strength);
  return set;
}

FaultSet FaultSet::Draw(Random& random) {
  FaultSet set;
  const uint64_t kind = random.Below(20);
  for (uint8_t& strength : set.strength_) {
    const bool used = kind == 0 || (kind > 1 && random.Chance(500));
    const auto drawn = static_cast<uint8_t>(random.Between(1, kStrongest));
    if (used) strength = drawn;
  }
  return set;
}

absl::StatusOr<FaultSet> FaultSet::Parse(absl::string_view text) {
  if (text == "all") return All();
  FaultSet set;
  if (text == "none") return set;
  for (absl::string_view word : absl::StrSplit(text, ',')) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(word, absl::MaxSplits(':', 1));
    uint32_t strength = 2;
    if (word.find(':') != absl::string_view::npos &&
        (!absl::SimpleAtoi(parts.second, &strength) || strength < 1 || strength > kStrongest)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the strength in '", word, "' is not 1 … ", kStrongest, ", as in 'crash:2'"));
    }
    size_t fault = 0;
    while (fault < kFaults && parts.first != kDescribed[fault].name) ++fault;
    if (fault == kFaults) {
      std::string known;
      for (const Described& d : kDescribed) absl::StrAppend(&known, known.empty() ? "" : ", ", d.name);
      return absl::InvalidArgumentError(
          absl::StrCat("there is no fault '", parts.first, "'; known are: all, none, ", known));
    }
    set.strength_[fault] = static_cast<uint8_t>(strength);
  }
  return set;
}

std::vector<Fault> FaultSet::list() const {
  std::vector<Fault> list;
  for (size_t i = 0; i < kFaults; ++i) {
    if (strength_[i] > 0) list.push_back(static_cast<Fault>(i));
  }
  return list;
}

std::string FaultSet::ToString() const {
  std::string text;
  for (Fault fault : list()) absl::StrAppend(&text, text.empty() ? "" : ",", NameOf(fault), ":", (*this)[fault]);
  return text.empty() ? "none" : text;
}

}  // namespace shoujie::sim
