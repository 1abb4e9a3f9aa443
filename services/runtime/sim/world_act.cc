// What happens in a run, one action of the plan at a time.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/sim/world.h"

namespace shoujie::sim {
namespace {

constexpr size_t kOpenMax = 6;

}  // namespace

// Chances in 1/1000 per strength.
SimulatedJournal::Outcomes World::Outcomes() const {
  SimulatedJournal::Outcomes o = SimulatedJournal::Outcomes::Clean();
  o.lost_permille = 7 * faults_[Fault::kLostWrite];
  o.landed_with_error_permille = 7 * faults_[Fault::kLandedError];
  o.twice_permille = 9 * faults_[Fault::kWrittenTwice];
  o.place_unknown_permille = 6 * faults_[Fault::kPlaceUnknown];
  o.no_report_permille = 3 * faults_[Fault::kNoReport];
  o.overtaken_permille = 6 * faults_[Fault::kOvertaken];
  o.late_report_permille = 60 * faults_[Fault::kLateReport];
  o.cut_permille = 150 * faults_[Fault::kCutWrites];
  o.straggler_permille = 320 * faults_[Fault::kStraggler];
  return o;
}

void World::Deliver(SimJournal& journal) {
  const uint64_t before = journal.log->end();
  if (!journal.log->Deliver()) return;
  Log("deliver", {journal.id.partition, before, journal.log->end()}, [&] {
    const std::string name = absl::StrCat("log ", journal.id.service, "/", journal.id.partition);
    const uint64_t after = journal.log->end();
    if (after == before) return name + ": a report, or nothing lands";
    return absl::StrCat(name, " at ", before, after > before + 1 ? " and once more" : "", ": ",
                        SentenceOf(journal.log->records()[before]));
  });
}

// Whoever decides that somebody has to own: a group, an operator. It may be wrong at any time; the log arbitrates.
void World::OwnSomewhere(size_t journal) {
  const size_t index = random_.Below(kMachines);
  if (!up(machines_[index])) return;
  Log("own", {index, journal}, [&] { return NameOf(machines_[index].hosted[journal]) + " is told to own"; });
  machines_[index].hosted[journal].shard->Own();
}

// The owner gives a journal up: to the other machine, now and then to itself, to nobody or to a machine that is no
// more.
void World::HandOver(size_t journal) {
  const size_t first = random_.Below(kMachines);
  for (const size_t m : {first, 1 - first}) {
    Hosted& hosted = machines_[m].hosted[journal];
    if (!up(machines_[m]) || !hosted.shard->owns()) continue;
    const std::string to = healing_ || random_.Chance(600) ? machines_[1 - m].hosted[journal].env.node
                           : random_.Chance(500)           ? hosted.env.node
                           : random_.Chance(500)           ? ""
                                                           : "gone";
    Log("release", {m, journal}, [&] { return absl::StrCat(NameOf(hosted), " is told to give up to '", to, "'"); });
    return hosted.shard->Release(to);
  }
}

void World::WishSomething(size_t journal) {
  const size_t machine = random_.Below(kMachines);
  using Role = ShardHost::Role;
  const Role role = random_.Chance(600) ? Role::kOwner : random_.Chance(600) ? Role::kStandby : Role::kRest;
  const auto tell = [&](size_t to) {
    const absl::Duration late = absl::Milliseconds(random_.Below(random_.Chance(300) ? 9000 : 200));
    wishes_.push_back({to, journal, role, time_.Passed() + late});
  };
  tell(machine);
  if (random_.Chance(300)) tell(machine);
  if (role == Role::kOwner && random_.Chance(400)) tell(1 - machine);
}

void World::TellWishes() {
  for (size_t i = 0; i < wishes_.size();) {
    const Wish wish = wishes_[i];
    if (wish.arrives > time_.Passed()) {
      ++i;
      continue;
    }
    wishes_.erase(wishes_.begin() + static_cast<std::ptrdiff_t>(i));
    if (!up(machines_[wish.machine])) continue;
    Hosted& hosted = machines_[wish.machine].hosted[wish.journal];
    Log("wish", {wish.machine, wish.journal, static_cast<uint64_t>(wish.role)}, [&] {
      static constexpr const char* kRoles[] = {"rest", "follow", "own"};
      return absl::StrCat(NameOf(hosted), " is told to ", kRoles[static_cast<size_t>(wish.role)]);
    });
    machines_[wish.machine].Assign(hosted.env.id, wish.role);
  }
}

void World::Publish() {
  published_.Publish(workload_->Directory(random_));
  Log("published", {published_.Latest()->version()},
      [&] { return absl::StrCat("directory version ", published_.Latest()->version()); });
  for (Machine& machine : machines_) {
    for (Hosted& hosted : machine.hosted) hosted.woken = true;
  }
}

void World::Do(const Action& action) {
  const size_t m = random_.Below(kMachines);
  Machine& machine = machines_[m];
  const size_t h = random_.Below(machine.hosted.size());
  Hosted& hosted = machine.hosted[h];
  switch (action.act) {
    case Act::kAsk:
      if (open_.size() < kOpenMax) NewOp();
      break;
    case Act::kStep:
      if (up(machine)) StepShard(m, h);
      break;
    case Act::kDeliver:
      Deliver(*hosted.journal);
      break;
    case Act::kFetch:
      if (up(machine)) Fetch(hosted, random_.Between(1, 12));
      break;
    case Act::kStore:
      if (!up(machine)) break;
      hosted.store->Apply(random_.Between(1, 8));
      if (random_.Chance(300)) hosted.store->Sync();
      break;
    case Act::kRead:
      ReadSomewhere();
      break;
    case Act::kCrash:
      if (machine.hosted.front().shard) Crash(m);
      break;
    case Act::kStop:
      machine.stopped_until = time_.Passed() + absl::Milliseconds(random_.Between(10, 6000));
      Log("stop", {m, static_cast<uint64_t>(absl::ToInt64Milliseconds(machine.stopped_until))}, [&] {
        return absl::StrCat("machine ", m, " for ", absl::FormatDuration(machine.stopped_until - time_.Passed()));
      });
      break;
    case Act::kOwn: {  // by the machine that does not own it yet
      const bool owns = hosted.shard && hosted.shard->phase() == Shard::Phase::kServing;
      const size_t next = owns ? 1 - m : m;
      if (!up(machines_[next])) break;
      Log("own", {next, h}, [&] { return NameOf(machines_[next].hosted[h]) + " is told to own"; });
      machines_[next].hosted[h].shard->Own();
      break;
    }
    case Act::kRelease:
      HandOver(h);
      break;
    case Act::kWish:
      WishSomething(h);
      break;
    case Act::kCutOff:
      hosted.cut_off_until = time_.Passed() + absl::Milliseconds(random_.Between(500, 6000));
      Log("cut off", {m, h}, [&] {
        return absl::StrCat(NameOf(hosted), " reads nothing new for ",
                            absl::FormatDuration(hosted.cut_off_until - time_.Passed()));
      });
      break;
    case Act::kTimeJump: {
      const absl::Duration jump =
          random_.Chance(300) ? absl::Minutes(random_.Between(1, 600)) : absl::Milliseconds(random_.Between(500, 4000));
      time_.Advance(jump);
      Log("time", {}, [&] { return absl::FormatDuration(jump) + " pass"; });
      break;
    }
    case Act::kClockStep:
      machine.clock->Skew(absl::Milliseconds(random_.Below(120'000)) - absl::Minutes(1));
      Log("clock", {m}, [&] {
        return absl::StrCat("machine ", m, " is off by ", absl::FormatDuration(machine.clock->Now() - time_.Now()));
      });
      break;
    case Act::kPublish:
      Publish();
      break;
    case Act::kRepeat:
      RepeatSomething();
      break;
    case Act::kKeysShort: {
      const bool short_of = random_.Chance(500);
      keys_.LimitPool(short_of ? random_.Below(3) : UINT64_MAX);
      Log("keys", {short_of}, [&] { return short_of ? "run short" : "are at hand again"; });
      break;
    }
  }
}

void World::Carry(journal::v1::Letter letter) {
  size_t journal = 0;
  while (journals_[journal]->id != JournalId{letter.service(), letter.to_partition()}) ++journal;
  const bool lost = !healing_ && random_.Chance(100 * faults_[Fault::kLetterLost]);
  const bool twice = !healing_ && random_.Chance(100 * faults_[Fault::kLetterTwice]);
  Log("letter",
      {letter.from_partition(), letter.to_partition(), static_cast<uint64_t>(letter.messages_size()),
       letter.acked_up_to(), lost, twice},
      [&] {
        return absl::StrCat(letter.service(), "/", letter.from_partition(), " to ", letter.to_partition(), ": ",
                            letter.messages_size() == 0 ? absl::StrCat("recorded up to ", letter.acked_up_to())
                                                        : absl::StrCat("messages ", letter.messages(0).sent().seq(),
                                                                       " … ", letter.messages().rbegin()->sent().seq()),
                            lost    ? ", lost"
                            : twice ? ", twice"
                                    : "");
      });
  for (int copies = lost ? 0 : twice ? 2 : 1; copies > 0; --copies) {
    Envelope& envelope = envelopes_.emplace_back(Envelope{journal, letter, time_.Passed()});
    if (healing_ || !faults_.has(Fault::kLetterLate)) continue;
    envelope.arrives += absl::Milliseconds(random_.Below(random_.Chance(200) ? 20'000 : 500));
  }
}

void World::BringLetters() {
  for (size_t i = 0; i < envelopes_.size();) {
    if (envelopes_[i].arrives > time_.Passed()) {
      ++i;
      continue;
    }
    const Envelope envelope = std::move(envelopes_[i]);
    envelopes_.erase(envelopes_.begin() + static_cast<std::ptrdiff_t>(i));
    Hosted& hosted = machines_[OwnerOf(*journals_[envelope.journal])].hosted[envelope.journal];
    if (hosted.shard) hosted.shard->Receive(envelope.letter);
  }
}

void World::GiveUpLate() {
  BringLetters();
  for (size_t m = 0; m < kMachines; ++m) {
    Machine& machine = machines_[m];
    if (machine.hosted.front().shard == nullptr && machine.down_until <= time_.Passed()) {
      Log("restart", {m}, [&] { return absl::StrCat("machine ", m); });
      Start(m);
    }
  }
  TellWishes();
  if (members_) members_->Pass(random_, healing_);
  for (size_t i = 0; i < letters_.size();) {
    if (letters_[i].arrives > time_.Passed()) {
      ++i;
      continue;
    }
    const Letter letter = letters_[i];
    letters_.erase(letters_.begin() + static_cast<std::ptrdiff_t>(i));
    Arrive(letter);
  }
  open_.erase(std::remove_if(open_.begin(), open_.end(), [this](size_t i) { return ops_[i].finished; }), open_.end());
  for (size_t index : std::vector<size_t>(open_)) {
    Op& op = ops_[index];
    if (op.finished || op.next_try > time_.Passed()) continue;
    bool waits = false;
    for (const Attempt& a : op.attempts) waits |= !a.answered && a.deadline >= time_.Passed();
    if (!waits) Send(index);
  }
  if (members_) return;
  // Somebody has to want each shard; who does, may be wrong.
  for (size_t j = 0; j < journals_.size(); ++j) {
    bool wanted = false;
    for (Machine& machine : machines_) {
      if (up(machine)) wanted |= machine.hosted[j].shard->phase() != Shard::Phase::kFollowing;
    }
    if (!wanted && random_.Chance(100)) OwnSomewhere(j);
  }
}

}  // namespace shoujie::sim
