#include "tests/sim/scenario.h"

#include <fstream>
#include <memory>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/sim/call_workload.h"
#include "tests/sim/desk_workload.h"
#include "tests/sim/flow_workload.h"
#include "tests/sim/link_workload.h"
#include "tests/sim/till_workload.h"

namespace shoujie::testing {

const std::vector<Mutant>& Mutants() {
  using M = Mutation;
  using B = Broken;
  static const auto* all = new std::vector<Mutant>{
      {"none", "nothing is broken"},
      {"ack-before-durable", "a command is answered when its record is sent", M::kAckBeforeDurable},
      {"ack-each", "a command is answered at its own record's report, not in order", M::kAckEach},
      {"ack-any-position", "a report without error is taken for \"counts\", wherever it lies", M::kAckAnyPosition},
      {"hole-unnoticed", "a record behind a hole of its term is taken for \"counts\"", M::kHoleUnnoticed},
      {"read-back-by-revision", "after a doubt a caller is answered by revision, not by command id",
       M::kReadBackByRevision},
      {"same-term-after-doubt", "writes on after a doubt without a new claim", M::kSameTermAfterDoubt},
      {"term-unchecked", "a replaced owner's late records are applied", M::kTermUnchecked},
      {"stable-unchecked", "a reader misses that a record is gone which a later writer relied on", M::kStableUnchecked},
      {"last-unchecked", "a reader misses that a record is gone which a claim relied on", M::kLastUnchecked},
      {"gap-halts", "a reader halts at any gap instead of voiding the term", M::kGapHalts},
      {"late-refused", "a deadline that passes while the record is in flight is answered as \"nothing was done\"",
       M::kLateRefuses},
      {"no-claim-barrier", "serves when the claim is reported, without reading up to it", M::kNoClaimBarrier},
      {"lease-unchecked", "answers without a record whatever time has passed", M::kLeaseUnchecked},
      {"lease-from-return", "the lease is counted from a record's return, not from its sending", M::kLeaseFromReturn,
       false, B::kNothing, "calls", "takeover:3,late-report:3,cut-off,stop"},
      {"no-lease-wait", "a new owner serves before the former one's lease is over", M::kNoLeaseWait},
      {"lease-by-wall-clock", "a new owner measures the former one's lease by its wall clock", M::kLeaseWaitByWallClock,
       false, B::kNothing, "calls", "takeover,cut-off,clock-step:3"},
      {"answer-after-released", "who gave the journal up goes on answering without a record", M::kAnswerAfterReleased,
       false, B::kNothing, "calls", "handover:3,late-report,slow-reader"},
      {"released-for-ever", "a Released is trusted although a later owner's records follow it", M::kReleasedForEver,
       false, B::kNothing, "calls", "handover:2,takeover:2,cut-off:2"},
      {"answer-overtakes", "an answer without a record does not wait for what it was decided on", M::kAnswerOvertakes},
      {"read-before-store", "a read does not wait until the store shows what was acknowledged", M::kReadBeforeStore},
      {"overlay-kept", "what did not count is not forgotten when a term is lost", M::kOverlayKept},
      {"stored-before-counting", "rows reach the store before their record counts", M::kStoredBeforeCounting},
      {"place-outside-batch", "the store's place is not written together with the rows", M::kNone, true},
      {"dedup-forgotten", "a repeated request id is decided again", M::kDedupForgotten},
      {"repeat-answered-anew", "a repeat is answered with what holds now", M::kRepeatAnsweredAnew},
      {"effective-time-falls", "a late fact takes effect before what the stream holds", M::kEffectiveTimeFalls},
      {"recent-id-unnoted", "the ids in memory miss one that was recorded", M::kRecentIdUnnoted},
      {"recorded-time-falls", "records are stamped with the wall clock as it stands", M::kRecordedTimeFalls},
      {"declined-unrecorded", "a refused internal command leaves no record", M::kDeclinedUnrecorded, false, B::kNothing,
       "desk"},
      {"reactions-not-rewound", "after a lost term reactions go on behind what they had asked for",
       M::kReactionsNotRewound, false, B::kNothing, "desk"},
      {"timer-twice", "a timer that waits to be decided is fired again", M::kTimerTwice, false, B::kNothing, "desk",
       "time-jump:3,takeover:2"},
      {"timers-not-sought", "a new owner rings only the timers that it saw being set", M::kTimersNotSought},
      {"feature-unchecked", "an event is written before the feature that guards it is adopted", M::kFeatureUnchecked,
       false, B::kNothing, "desk"},
      {"message-gap-taken", "a message is taken though one before it was not", M::kMessageGapTaken, false, B::kNothing,
       "tills"},
      {"message-taken-twice", "a repeated message is decided again", M::kMessageTakenTwice, false, B::kNothing,
       "tills"},
      {"message-acked-early", "a message is acknowledged when its record is sent", M::kMessageAckedEarly, false,
       B::kNothing, "tills"},
      {"message-sent-early", "a message is delivered before the record that sends it counts", M::kMessageSentEarly,
       false, B::kNothing, "tills"},
      {"message-row-forgotten", "what is sent is not in the batch", M::kMessageRowForgotten, false, B::kNothing,
       "tills"},
      {"message-not-repeated", "a message is delivered once", M::kMessageNotRepeated, false, B::kNothing, "tills"},
      {"messages-not-sought", "a new owner does not look for what the former one left unacknowledged",
       M::kMessagesNotSought, false, B::kNothing, "tills"},
      {"message-unacked", "a repeated message is not acknowledged again", M::kMessageRepeatUnacked, false, B::kNothing,
       "tills"},
      {"ack-unrecorded", "what is acknowledged is known in memory alone", M::kAckUnrecorded, false, B::kNothing,
       "tills"},
      {"message-unrecorded", "a message that is refused leaves no record", M::kDeclinedUnrecorded, false, B::kNothing,
       "tills"},
      {"dead-awaited", "whoever owned is taken for alive for ever", M::kDeadAwaited, false, B::kNothing, "calls",
       "members,crash,stop"},
      {"owner-never-asked", "nobody asks a living owner to hand over", M::kOwnerNeverAsked, false, B::kNothing, "calls",
       "members,crash,stop"},
      {"heir-awaited", "whom a journal was given up to is awaited for ever", M::kHeirAwaited, false, B::kNothing,
       "calls", "members,handover:3"},
      {"owner-lost", "a change of owner forgets the owner", M::kNone, false, B::kOwnerForgotten},
      {"ticket-lost", "the router overlooks some contacts that need a ticket", M::kNone, false, B::kTicketForgotten},
      {"custody-gap", "a ticket's custody begins later than the ticket", M::kNone, false, B::kCustodyGap},
      {"pause-forgotten", "clocks run on while the customer's answer is awaited", M::kNone, false, B::kPauseForgotten},
      {"breach-twice", "a clock is judged twice", M::kNone, false, B::kBreachTwice},
      {"routed-to-nobody", "a routed hand-off forgets who is responsible", M::kNone, false, B::kRoutedToNobody},
      {"capacity-forgotten", "a routed hand-off goes to somebody who has as much in hand as he may", M::kNone, false,
       B::kCapacityForgotten},
      {"refusal-forgotten", "departments refuse beyond their budget", M::kNone, false, B::kRefusalForgotten, "calls",
       "late-repeat"},
      {"parent-first", "a ticket is closed before the departments that assist have finished", M::kNone, false,
       B::kParentFirst},
      {"merge-unchecked", "a ticket takes duplicates although it is merged itself", M::kNone, false,
       B::kMergeUnchecked},
      {"supervised-twice", "a supervision begins while another one stands", M::kNone, false, B::kSupervisedTwice},
      {"duplicate-forgotten", "a ticket does not know its duplicates", M::kNone, false, B::kDuplicateForgotten},
      {"reopener-owns", "whoever reopens a ticket becomes its owner", M::kNone, false, B::kReopenerOwns, "flows"},
      {"target-replaced", "a clock that goes on after a pause has another policy's target", M::kNone, false,
       B::kTargetReplaced, "flows"},
  };
  return *all;
}

const Mutant* FindMutant(const std::string& name) {
  for (const Mutant& mutant : Mutants()) {
    if (mutant.name == name) return &mutant;
  }
  return nullptr;
}

const std::vector<const char*>& Workloads() {
  static const auto* all = new std::vector<const char*>{"calls", "desk", "tills", "links", "flows"};
  return *all;
}

bool IsWorkload(const std::string& name) {
  for (const char* known : Workloads()) {
    if (name == known) return true;
  }
  return false;
}

int LengthOf(const std::string& workload) { return workload == "flows" ? 4 : 1; }

sim::Result RunPlan(const std::string& workload, const Mutant& mutant, const sim::Plan& plan, Trace trace) {
  sim::Options options;
  options.plan = plan;
  options.mutation = mutant.mutation;
  options.split_place = mutant.split_place;
  options.trace = std::move(trace);
  std::unique_ptr<sim::Workload> clients;
  if (workload == "desk") {
    clients = std::make_unique<DeskWorkload>(mutant.broken == Broken::kOwnerForgotten);
  } else if (workload == "tills") {
    clients = std::make_unique<TillWorkload>();
  } else if (workload == "links") {
    clients = std::make_unique<LinkWorkload>();
  } else if (workload == "flows") {
    clients = std::make_unique<FlowWorkload>(mutant.broken);
  } else {
    clients = std::make_unique<CallWorkload>(mutant.broken);
  }
  return sim::World(std::move(options), clients.get()).Run();
}

sim::Plan PlanOf(const std::string& workload, const Mutant& mutant, uint64_t seed,
                 const std::optional<sim::FaultSet>& faults) {
  const sim::FaultSet used = faults          ? *faults
                             : mutant.faults ? *sim::FaultSet::Parse(mutant.faults)
                                             : sim::FaultsOf(seed);
  return sim::MakePlan(seed, used, sim::kActions * LengthOf(workload));
}

sim::Result RunSeed(const std::string& workload, const Mutant& mutant, uint64_t seed, Trace trace) {
  return RunPlan(workload, mutant, PlanOf(workload, mutant, seed), std::move(trace));
}

Found Find(const Mutant& mutant, uint64_t seeds) {
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    auto result = RunSeed(mutant.workload, mutant, seed);
    if (!result.violations.empty()) return {seed, result.violations.front()};
  }
  return {};
}

absl::StatusOr<std::vector<Regression>> ParseSeeds(const std::string& text) {
  std::vector<Regression> seeds;
  size_t number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const auto wrong = [&](absl::string_view what) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number, " of the seeds: ", what, ". A line is `WORKLOAD SEED [FAULTS] # why`: ", line));
    };
    const std::pair<std::string, std::string> parts = absl::StrSplit(line, absl::MaxSplits('#', 1));
    const std::vector<std::string> words = absl::StrSplit(parts.first, ' ', absl::SkipWhitespace());
    if (words.empty()) continue;
    Regression seed;
    seed.workload = words[0];
    seed.why = std::string(absl::StripAsciiWhitespace(parts.second));
    uint64_t n = 0;
    if (!IsWorkload(words[0])) return wrong(absl::StrCat("there is no workload '", words[0], "'"));
    if (words.size() < 2 || !absl::SimpleAtoi(words[1], &n)) return wrong("the seed is no number");
    if (words.size() > 3) return wrong("there is more than workload, seed and faults");
    if (seed.why.empty()) return wrong("it does not say why the seed is kept");
    auto faults = words.size() == 3 ? sim::FaultSet::Parse(words[2]) : sim::FaultsOf(n);
    if (!faults.ok()) return wrong(faults.status().message());
    seed.plan = PlanOf(seed.workload, Mutants().front(), n, *faults);
    seeds.push_back(std::move(seed));
  }
  return seeds;
}

absl::StatusOr<std::vector<Regression>> KeptSeeds() {
  std::ifstream file(SHOUJIE_SOURCE_DIR "/tests/sim/seeds.txt");
  if (!file.good()) return absl::NotFoundError("tests/sim/seeds.txt cannot be read");
  std::stringstream text;
  text << file.rdbuf();
  return ParseSeeds(text.str());
}

}  // namespace shoujie::testing
