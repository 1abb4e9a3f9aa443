// After the plan: nothing fails any more, and everything has to come to its end.
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/sim/world.h"

namespace shoujie::sim {
namespace {

constexpr int kRoundsMax = 20'000;

}  // namespace

bool World::HealOnce() {
  bool any = false;
  for (auto& journal : journals_) {
    const size_t before = journal->log->in_flight();
    if (before > 0) {
      Deliver(*journal);
      any = true;
    }
  }
  for (size_t m = 0; m < kMachines; ++m) {
    for (size_t h = 0; h < machines_[m].hosted.size(); ++h) {
      Hosted& hosted = machines_[m].hosted[h];
      any |= hosted.store->Apply(4);
      any |= hosted.view->Fetch(20);
      if (hosted.shard && (hosted.woken || hosted.again <= time_.Passed())) {
        any |= hosted.woken;
        StepShard(m, h);
      }
    }
  }
  GiveUpLate();
  return any || !letters_.empty() || !envelopes_.empty();
}

// Drives by wake-ups alone until nothing happens for long enough for every back-off and lease; what a shard forgot to
// ask for shows as something that never finishes. False: it never came to rest.
bool World::Rest(int rounds_max) {
  int rounds = 0;
  for (int idle = 0; idle < 200 && result_.violations.empty(); ++rounds) {
    const bool any = HealOnce();
    idle = any || !open_.empty() ? 0 : idle + 1;
    time_.Advance(absl::Milliseconds(any ? 2 : 50));
    if (rounds <= rounds_max) continue;
    for (size_t index : open_) {
      Violation(absl::StrCat("finish healed, and command ", index, " (",
                             ops_[index].intent.request->GetDescriptor()->name(), ") never gets a definite answer"));
    }
    if (open_.empty()) Violation("finish healed, and the machines never come to rest");
    return false;
  }
  return result_.violations.empty();
}

// Whoever owns says again what was not acknowledged: not only a new owner does, so it is looked at before there is one.
void World::MessagesTaken() {
  for (const Machine& machine : machines_) {
    for (const Hosted& hosted : machine.hosted) {
      if (hosted.shard->phase() != Shard::Phase::kServing) continue;
      const auto waiting = hosted.store->rows().lower_bound(std::string("M"));
      if (waiting == hosted.store->rows().end() || waiting->first[0] != 'M') continue;
      Violation(absl::StrCat("finish healed, and a message of ", NameOf(hosted), " is never acknowledged"));
    }
  }
}

// A cluster whose machines know of each other comes to where it should be, also after an operator moved things, and
// stays there. Whoever was replaced twice backs off for a minute first.
bool World::OwnersAsWanted() {
  if (!members_) return true;
  time_.Advance(limits::kReplacedBackOff);
  if (!Rest(kRoundsMax)) return false;
  for (size_t j = 0; j < journals_.size(); ++j) {
    const size_t wanted = members_->WantedOwner(journals_[j]->id.partition);
    for (size_t m = 0; m < kMachines; ++m) {
      const Hosted& hosted = machines_[m].hosted[j];
      const bool serves = hosted.shard->phase() == Shard::Phase::kServing;
      if (serves == (m == wanted)) continue;
      Violation(absl::StrCat("members healed, and ", NameOf(hosted), serves ? " serves" : " does not serve",
                             ", although it should be machine ", wanted));
      return false;
    }
  }
  return true;
}

// Each shard goes to the machine that does not serve it: by a claim, or by its owner's own will.
void World::ChangeHands() {
  for (size_t j = 0; j < journals_.size(); ++j) {
    if (random_.Chance(500)) {
      HandOver(j);
      continue;
    }
    const bool first = machines_[0].hosted[j].shard->phase() == Shard::Phase::kServing;
    Hosted& next = machines_[first ? 1 : 0].hosted[j];
    Log("own", {j}, [&] { return NameOf(next) + " is told to own"; });
    next.shard->Own();
  }
}

// The same command id gets the same answer from whoever owns now (I9).
void World::RepeatAll() {
  for (size_t i = 0; i < ops_.size(); ++i) {
    Op& op = ops_[i];
    if (op.reply.empty() || op.made + kRepeatable < time_.Now()) continue;
    ++result_.repeats;
    op.finished = false;
    op.next_try = time_.Passed();
    open_.push_back(i);
  }
}

void World::Heal() {
  healing_ = true;
  random_ = Random(options_.plan.seed ^ 0x4ea1);
  Log("healed", {}, [] { return std::string("nothing fails any more"); });
  Audit("when healed");
  for (auto& journal : journals_) {
    journal->log->Seed(random_.Next());
    journal->log->SetOutcomes(SimulatedJournal::Outcomes::Clean());
  }
  keys_.LimitPool(UINT64_MAX);
  wishes_.clear();
  for (Machine& machine : machines_) {
    machine.stopped_until = machine.down_until = time_.Passed();
    machine.clock->Skew(absl::ZeroDuration());
    for (Hosted& hosted : machine.hosted) {
      hosted.cut_off_until = time_.Passed();
      if (hosted.shard && !members_)
        hosted.shard->Follow();  // both, so that both end with the whole log in their stores
    }
  }
  if (!Rest(kRoundsMax)) return;
  MessagesTaken();
  if (!OwnersAsWanted()) return;
  ChangeHands();
  if (!Rest(kRoundsMax) || !OwnersAsWanted()) return;
  RepeatAll();
  if (!Rest(kRoundsMax)) return;
  // Days, so that timers ring.
  for (int days = 0; days < 2; ++days) {
    time_.Advance(absl::Hours(20));
    if (!Rest(kRoundsMax)) return;
  }
}

}  // namespace shoujie::sim
