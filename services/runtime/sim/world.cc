#include "services/runtime/sim/world.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace shoujie::sim {

std::vector<const Shard*> World::Machine::shards() const {
  std::vector<const Shard*> all;
  for (const Hosted& each : hosted) all.push_back(each.shard.get());
  return all;
}

const Shard* World::Machine::shard(const JournalId& id) const {
  for (const Hosted& each : hosted) {
    if (each.env.id == id) return each.shard.get();
  }
  return nullptr;
}

void World::Machine::Assign(const JournalId& id, Role role) {
  for (Hosted& each : hosted) {
    if (!(each.env.id == id)) continue;
    switch (role) {
      case Role::kRest:
        return each.shard->Rest();
      case Role::kStandby:
        return each.shard->Follow();
      case Role::kOwner:
        return each.shard->Own();
    }
  }
}

void World::Machine::HandOver(const JournalId& id, const std::string& to) {
  for (Hosted& each : hosted) {
    if (each.env.id == id) each.shard->Release(to);
  }
}

World::World(Options options, Workload* workload)
    : options_(std::move(options)),
      faults_(options_.plan.faults),
      workload_(workload),
      random_(options_.plan.seed),
      keys_(options_.plan.seed) {
  const auto& domains = workload_->domains();
  for (size_t service = 0; service < domains.size(); ++service) {
    for (uint32_t p = 0; p < options_.plan.partitions; ++p) {
      auto journal = std::make_unique<SimJournal>();
      journal->id = {domains[service]->name, p};
      journal->service = service;
      SimulatedJournal::Options o;
      o.seed = random_.Next();
      o.outcomes = Outcomes();
      // Brokers differ, by less than the margin that leases leave for it.
      o.now = [this] {
        if (!faults_.has(Fault::kBrokerSkew)) return time_.Now();
        return time_.Now() + absl::Milliseconds(random_.Below(800)) - absl::Milliseconds(400);
      };
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
                    .partitions = options_.plan.partitions,
                    .courier = this,
                    .node = SimMembers::NameOf(m),
                    .wake = [&hosted] { hosted.woken = true; },
                    .mutation = options_.mutation};
      hosted.env.foreign = [&machine, p = journal->id.partition](const std::string& service) -> Journal* {
        for (Hosted& other : machine.hosted) {
          if (other.env.id.service == service && other.env.id.partition == p) return other.view.get();
        }
        return nullptr;
      };
      if (faults_.has(Fault::kMembers)) {
        hosted.env.owner_changed = [this, m, id = journal->id](uint64_t term, const std::string& node,
                                                               const std::string& address) {
          members_->cluster(m).OwnerChanged(id, term, node, address);
        };
      }
    }
  }
  if (faults_.has(Fault::kMembers)) {
    SimMembers::Options members;
    for (const Machine& machine : machines_) members.clocks.push_back(machine.clock.get());
    members.time = &time_;
    members.strength = faults_[Fault::kMembers];
    members.mutation = options_.mutation;
    members.runs = [this](size_t m) { return up(machines_[m]); };
    members.is_up = [this](size_t m) { return machines_[m].hosted.front().shard != nullptr; };
    members_ = std::make_unique<SimMembers>(std::move(members));
  }
  for (size_t m = 0; m < kMachines; ++m) Start(m);
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

void World::Start(size_t index) {
  Machine& machine = machines_[index];
  if (members_) members_->Started(index, &machine);
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
      Violation(absl::StrCat("halt ", NameOf(hosted), " cannot open: ", status.message()));
    }
  }
}

// What differs between these rows of a shard's store and the rebuild of the prefix of the log that they claim to be.
std::string World::Unlike(const Hosted& hosted, const SimStore::Rows& rows, uint64_t* revision) {
  std::vector<Counted> commits;
  *revision = 0;
  if (auto place = rows.find(rows::PlaceKey()); place != rows.end()) {
    const auto decoded = rows::Place::Decode(place->second);
    auto counted = CountedOf(hosted.journal->log->records(), decoded->position);
    if (counted.ok()) commits = *std::move(counted);
    *revision = decoded->revision;
  }
  auto rebuilt = Rebuild(*hosted.env.domain, hosted.env.id, commits, &keys_);
  return rebuilt.ok() ? Difference(rows, *rebuilt) : std::string(rebuilt.status().message());
}

// Every store is what it says to be, also in the midst of things (I6).
void World::Audit(absl::string_view when) {
  for (const Machine& machine : machines_) {
    for (const Hosted& hosted : machine.hosted) {
      uint64_t revision = 0;
      if (const std::string what = Unlike(hosted, hosted.store->rows(), &revision); !what.empty()) {
        Violation(absl::StrCat("I6 ", when, " the rows of ", NameOf(hosted), " are not those of revision ", revision,
                               ": ", what));
      }
    }
  }
}

// Every shard of the machine is gone at once, each store keeps a prefix of what it was given, and that prefix must be
// exactly the rebuild of some prefix of the log (I6).
void World::Crash(size_t index) {
  Machine& machine = machines_[index];
  ++result_.crashes;
  if (members_) members_->Crashed(index);
  for (Hosted& hosted : machine.hosted) {
    hosted.shard.reset();
    if (!faults_.has(Fault::kStoreLoss)) {
      hosted.store->Apply(SIZE_MAX);
      hosted.store->Sync();
    }
    SimStore::Rows rows = hosted.store->Crash(random_);
    uint64_t revision = 0;
    if (const std::string what = Unlike(hosted, rows, &revision); !what.empty()) {
      Violation(absl::StrCat("I6 after a crash the rows of ", NameOf(hosted), " are not those of revision ", revision,
                             ": ", what));
    }
    Log("crash", {index, revision}, [&] { return absl::StrCat(NameOf(hosted), " keeps revision ", revision); });
    hosted.store = std::make_unique<SimStore>(std::move(rows), options_.split_place);
  }
  machine.down_until = time_.Passed() + absl::Milliseconds(random_.Below(3000));
}

bool World::Fetch(Hosted& hosted, uint64_t records) {
  return hosted.cut_off_until <= time_.Passed() && hosted.view->Fetch(records);
}

void World::StepShard(size_t index, size_t at) {
  Machine& machine = machines_[index];
  Hosted& hosted = machine.hosted[at];
  const auto before = hosted.shard->phase();
  if (!faults_.has(Fault::kSlowReader)) Fetch(hosted, 1 << 20);
  hosted.woken = false;
  hosted.again = time_.Passed() + hosted.shard->Step();
  if (!faults_.has(Fault::kSlowStore)) {
    hosted.store->Apply(SIZE_MAX);
    hosted.store->Sync();
  }
  const auto after = hosted.shard->phase();
  if (before == after) return;
  Log("phase", {index, at, static_cast<uint64_t>(after), hosted.shard->term(), hosted.shard->revision()}, [&] {
    static constexpr const char* kNames[] = {"follows", "drains", "claims", "waits", "serves", "has halted"};
    return absl::StrCat(NameOf(hosted), " ", kNames[static_cast<size_t>(after)], ", term ", hosted.shard->term(),
                        ", revision ", hosted.shard->revision());
  });
  if (after == Shard::Phase::kHalted) {
    Violation(absl::StrCat("halt ", NameOf(hosted), ": ", hosted.shard->halted().message()));
  }
  if (after != Shard::Phase::kServing) return;
  for (const Machine& other : machines_) {
    const Hosted& twin = other.hosted[at];
    if (&other == &machine || !twin.shard || twin.shard->phase() != Shard::Phase::kServing) continue;
    if (twin.shard->term() == hosted.shard->term()) {
      Violation(absl::StrCat("I4 ", NameOf(hosted), " and ", NameOf(twin), " both serve in term ", twin.shard->term()));
    }
  }
}

Result World::Run() {
  for (const Action& action : options_.plan.actions) {
    if (!result_.violations.empty()) break;
    ++result_.acted;
    random_ = Random(action.seed);
    for (auto& journal : journals_) journal->log->Seed(random_.Next());
    time_.Advance(absl::Milliseconds(action.after_ms));
    Do(action);
    GiveUpLate();
  }
  if (result_.violations.empty()) Heal();
  if (result_.violations.empty()) Judge();
  result_.over = workload_->Over();
  return std::move(result_);
}

}  // namespace shoujie::sim
