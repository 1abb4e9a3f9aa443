#include "services/runtime/sim/world.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"

namespace shoujie::sim {
namespace {

constexpr size_t kOpenMax = 6;

}  // namespace

World::World(Options options, Workload* workload)
    : options_(std::move(options)), workload_(workload), random_(options_.seed), keys_(options_.seed) {
  const uint64_t partitions = random_.Between(1, 2);
  crash_permyriad_ = static_cast<uint32_t>(random_.Below(3) * 15);
  stop_permyriad_ = static_cast<uint32_t>(random_.Below(3) * 25);
  own_permyriad_ = static_cast<uint32_t>(random_.Below(3) * 25);
  jump_permyriad_ = static_cast<uint32_t>(random_.Below(3) * 20);
  double_permille_ = static_cast<uint32_t>(random_.Below(2) * 50);
  const auto& domains = workload_->domains();
  for (size_t service = 0; service < domains.size(); ++service) {
    for (uint32_t p = 0; p < partitions; ++p) {
      auto journal = std::make_unique<SimJournal>();
      journal->id = {domains[service]->name, p};
      journal->service = service;
      SimulatedJournal::Options o;
      o.seed = random_.Next();
      const uint32_t wild = static_cast<uint32_t>(random_.Below(3));
      o.outcomes = {6 * wild, 6 * wild, 8 * wild, 5 * wild, 2 * wild, 3 * wild, 60 * wild, 150 * wild};
      // Brokers differ, by less than the margin that leases leave for it.
      o.now = [this] { return time_.Now() + absl::Milliseconds(random_.Below(800)) - absl::Milliseconds(400); };
      journal->log = std::make_unique<SimulatedJournal>(std::move(o));
      journals_.push_back(std::move(journal));
    }
  }
  for (size_t m = 0; m < kMachines; ++m) {
    Machine& machine = machines_.emplace_back();
    machine.clock = std::make_unique<ManualClock>(&time_, absl::Milliseconds(random_.Below(4000)) - absl::Seconds(2));
    for (auto& journal : journals_) {
      Hosted& hosted = machine.hosted.emplace_back();
      hosted.journal = journal.get();
      hosted.view = std::make_unique<LaggedView>(journal->log.get());
      hosted.store = std::make_unique<SimStore>(SimStore::Rows(), options_.split_place);
      hosted.env = {.domain = domains[journal->service],
                    .id = journal->id,
                    .journal = hosted.view.get(),
                    .keys = &keys_,
                    .clock = machine.clock.get(),
                    .reference = &published_,
                    .node = absl::StrCat("machine-", m),
                    .wake = [&hosted] { hosted.woken = true; },
                    .mutation = options_.mutation};
      hosted.env.foreign = [&machine, p = journal->id.partition](const std::string& service) -> Journal* {
        for (Hosted& other : machine.hosted) {
          if (other.env.id.service == service && other.env.id.partition == p) return other.view.get();
        }
        return nullptr;
      };
    }
    Start(machine, m);
  }
  published_.Publish(workload_->Directory(random_));
}

World::~World() {
  for (Machine& machine : machines_) {
    for (Hosted& hosted : machine.hosted) hosted.shard.reset();
  }
}

void World::Log(absl::string_view kind, std::initializer_list<uint64_t> numbers,
                const std::function<std::string()>& text) {
  const auto fold = [this](uint64_t x) { result_.hash = (result_.hash ^ x) * 0x100000001b3 + (result_.hash >> 29); };
  for (char c : kind) fold(static_cast<uint8_t>(c));
  for (uint64_t n : numbers) fold(n);
  if (!options_.trace) return;
  std::string line = absl::StrCat(absl::FormatTime("%d %H:%M:%E3S", time_.Now(), absl::UTCTimeZone()), "  ", kind);
  const std::string said = text();
  if (!said.empty()) absl::StrAppend(&line, "  ", said);
  options_.trace(line);
}

std::string World::NameOf(const Hosted& hosted) {
  return absl::StrCat(hosted.env.id.service, "/", hosted.env.id.partition, " on ", hosted.env.node);
}

void World::Violation(std::string what) {
  Log("VIOLATION", {}, [&] { return what; });
  if (result_.violations.size() < 20) result_.violations.push_back(std::move(what));
}

void World::Start(Machine& machine, size_t index) {
  for (Hosted& hosted : machine.hosted) {
    hosted.env.store = hosted.store.get();
    hosted.shard = std::make_unique<Shard>(hosted.env);
    hosted.woken = true;
    hosted.again = time_.Passed();
    // What its own store was made of can be read at once.
    if (auto place = rows::Place::Decode(hosted.store->Get(rows::PlaceKey())->value_or(""))) {
      hosted.view->Fetch(place->position + 1 - std::min(place->position + 1, hosted.view->readable()));
    }
    if (absl::Status status = hosted.shard->Open(); !status.ok()) {
      Violation(absl::StrCat("machine ", index, " cannot open ", hosted.env.id.service, ": ", status.message()));
    }
  }
}

// Every shard of the machine is gone at once, each store keeps a prefix of what it was given, and that prefix must be
// exactly the rebuild of some prefix of the log (I6).
void World::Crash(size_t index) {
  Machine& machine = machines_[index];
  ++result_.crashes;
  for (Hosted& hosted : machine.hosted) {
    hosted.shard.reset();
    SimStore::Rows rows = hosted.store->Crash(random_);
    uint64_t revision = 0;
    std::vector<Counted> commits;
    auto place = rows.find(rows::PlaceKey());
    if (place != rows.end()) {
      auto decoded = rows::Place::Decode(place->second);
      auto counted = CountedOf(hosted.journal->log->records(), decoded->position);
      if (counted.ok()) commits = *std::move(counted);
      revision = decoded->revision;
    }
    auto rebuilt = Rebuild(*hosted.env.domain, hosted.env.id, commits, &keys_);
    if (!rebuilt.ok()) {
      Violation(absl::StrCat("I6 rebuild: ", rebuilt.status().message()));
    } else if (std::string what = Difference(rows, *rebuilt); !what.empty()) {
      Violation(absl::StrCat("I6 after a crash the rows of ", hosted.env.id.service, "/", hosted.env.id.partition,
                             " are not those of revision ", revision, ": ", what));
    }
    Log("crash", {index, revision}, [&] { return absl::StrCat(NameOf(hosted), " keeps revision ", revision); });
    hosted.store = std::make_unique<SimStore>(std::move(rows), options_.split_place);
  }
  machine.down_until = time_.Passed() + absl::Milliseconds(random_.Below(3000));
}

void World::StepShard(size_t index, size_t at) {
  Machine& machine = machines_[index];
  Hosted& hosted = machine.hosted[at];
  const auto before = hosted.shard->phase();
  hosted.woken = false;
  hosted.again = time_.Passed() + hosted.shard->Step();
  const auto after = hosted.shard->phase();
  if (before == after) return;
  Log("phase", {index, at, static_cast<uint64_t>(after), hosted.shard->term(), hosted.shard->revision()}, [&] {
    static constexpr const char* kNames[] = {"follows", "drains", "claims", "waits", "serves", "has halted"};
    return absl::StrCat(NameOf(hosted), " ", kNames[static_cast<size_t>(after)], ", term ", hosted.shard->term(),
                        ", revision ", hosted.shard->revision());
  });
  if (after == Shard::Phase::kHalted) {
    Violation(
        absl::StrCat(hosted.env.id.service, " on machine ", index, " halted: ", hosted.shard->halted().message()));
  }
}

void World::Deliver(SimJournal& journal) {
  const uint64_t before = journal.log->end();
  if (!journal.log->Deliver()) return;
  Log("deliver", {journal.id.partition, before, journal.log->end()}, [&] {
    return absl::StrCat(journal.id.service, "/", journal.id.partition,
                        journal.log->end() == before       ? ": a report, or nothing lands"
                        : journal.log->end() == before + 1 ? absl::StrCat(": position ", before, " lands")
                                                           : absl::StrCat(": position ", before, " lands twice"));
  });
}

// Whoever decides that somebody has to own: a group, an operator. It may be wrong at any time; the log arbitrates.
void World::OwnSomewhere(size_t journal) {
  const size_t index = random_.Below(kMachines);
  if (!up(machines_[index])) return;
  Log("own", {index, journal}, [&] { return NameOf(machines_[index].hosted[journal]) + " is told to own"; });
  machines_[index].hosted[journal].shard->Own();
}

// ------------------------------------------------------------------------------------------------------------ the run

void World::Act() {
  // Faults and changes, per ten thousand; the rest is work.
  uint64_t x = random_.Below(10'000);
  const auto draw = [&x](uint32_t permyriad) {
    if (x < permyriad) return true;
    x -= permyriad;
    return false;
  };
  const size_t m = random_.Below(kMachines);
  Machine& machine = machines_[m];
  if (draw(crash_permyriad_)) {
    if (machine.hosted.front().shard) Crash(m);
  } else if (draw(stop_permyriad_)) {
    machine.stopped_until = time_.Passed() + absl::Milliseconds(random_.Between(10, 6000));
    Log("stop", {m, static_cast<uint64_t>(absl::ToInt64Milliseconds(machine.stopped_until))}, [&] {
      return absl::StrCat("machine ", m, " for ", absl::FormatDuration(machine.stopped_until - time_.Passed()));
    });
  } else if (draw(own_permyriad_)) {
    OwnSomewhere(random_.Below(journals_.size()));
  } else if (draw(jump_permyriad_)) {
    time_.Advance(random_.Chance(300) ? absl::Minutes(random_.Between(1, 600))
                                      : absl::Milliseconds(random_.Between(500, 4000)));
    Log("time passes", {});
  } else if (draw(8)) {
    machine.clock->Skew(absl::Milliseconds(random_.Below(120'000)) - absl::Minutes(1));
    Log("clock stepped", {m}, [&] {
      return absl::StrCat("machine ", m, " is off by ", absl::FormatDuration(machine.clock->Now() - time_.Now()));
    });
  } else if (draw(6)) {
    published_.Publish(workload_->Directory(random_));
    Log("published", {published_.Latest()->version()},
        [&] { return absl::StrCat("directory version ", published_.Latest()->version()); });
    for (Machine& each : machines_) {
      for (Hosted& hosted : each.hosted) hosted.woken = true;
    }
  } else if (draw(500)) {
    ReadSomewhere();
  } else if (draw(3600)) {
    const size_t h = random_.Below(machine.hosted.size());
    if (up(machine)) StepShard(m, h);
  } else if (draw(2400)) {
    Deliver(*journals_[random_.Below(journals_.size())]);
  } else if (draw(1200)) {
    Hosted& hosted = machine.hosted[random_.Below(machine.hosted.size())];
    if (up(machine)) hosted.view->Fetch(random_.Between(1, 12));
  } else if (draw(1000)) {
    Hosted& hosted = machine.hosted[random_.Below(machine.hosted.size())];
    if (up(machine)) {
      hosted.store->Apply(random_.Between(1, 8));
      if (random_.Chance(300)) hosted.store->Sync();
    }
  } else if (open_.size() < kOpenMax) {
    NewOp();
  }
}

void World::GiveUpLate() {
  for (size_t m = 0; m < kMachines; ++m) {
    Machine& machine = machines_[m];
    if (machine.hosted.front().shard == nullptr && machine.down_until <= time_.Passed()) {
      Log("restart", {m}, [&] { return absl::StrCat("machine ", m); });
      Start(machine, m);
    }
  }
  open_.erase(std::remove_if(open_.begin(), open_.end(), [this](size_t i) { return ops_[i].finished; }), open_.end());
  for (size_t index : std::vector<size_t>(open_)) {
    Op& op = ops_[index];
    if (op.finished || op.next_try > time_.Passed()) continue;
    bool waits = false;
    for (const Attempt& a : op.attempts) waits |= !a.answered && a.deadline >= time_.Passed();
    if (!waits) Send(index);
  }
  // Somebody has to want each shard; who does, may be wrong.
  for (size_t j = 0; j < journals_.size(); ++j) {
    bool wanted = false;
    for (Machine& machine : machines_) {
      if (up(machine)) wanted |= machine.hosted[j].shard->phase() != Shard::Phase::kFollowing;
    }
    if (!wanted && random_.Chance(100)) OwnSomewhere(j);
  }
}

Result World::Run() {
  for (int i = 0; i < options_.actions && result_.violations.empty(); ++i) {
    time_.Advance(absl::Milliseconds(random_.Below(24)));
    Act();
    GiveUpLate();
  }
  if (result_.violations.empty()) Heal();
  if (result_.violations.empty()) Judge();
  return std::move(result_);
}

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
  return any;
}

// From here on nothing fails any more, and shards are stepped only when they were woken or had asked for it: a wake-up
// that the shard forgot shows as something that never finishes.
void World::Heal() {
  healing_ = true;
  Log("healed", {});
  for (auto& journal : journals_) journal->log->SetOutcomes(SimulatedJournal::Outcomes::Clean());
  for (Machine& machine : machines_) {
    machine.stopped_until = machine.down_until = time_.Passed();
    machine.clock->Skew(absl::ZeroDuration());
  }
  int idle = 0, rounds = 0;
  // Long enough for every back-off and lease; then days, so that timers ring.
  for (int days = 0; days < 3; ++days) {
    for (idle = 0; idle < 200 && result_.violations.empty(); ++rounds) {
      const bool any = HealOnce();
      idle = any || !open_.empty() ? 0 : idle + 1;
      time_.Advance(absl::Milliseconds(any ? 2 : 50));
      if (rounds > 20'000) {
        for (size_t index : open_) {
          Violation(absl::StrCat("healed, and command ", index, " (",
                                 ops_[index].intent.request->GetDescriptor()->name(),
                                 ") never gets a definite answer"));
        }
        if (open_.empty()) Violation("healed, and the machines never come to rest");
        return;
      }
    }
    if (days < 2) time_.Advance(absl::Hours(20));
  }
}

}  // namespace shoujie::sim
