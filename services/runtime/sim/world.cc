#include "services/runtime/sim/world.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/number.h"
#include "services/runtime/sim/make_command.h"

namespace shoujie::sim {
namespace {

constexpr size_t kMachines = 2;
constexpr size_t kOpenMax = 6;
constexpr absl::Duration kPatience = absl::Seconds(4);  // of a client with one attempt

bool IsDefinite(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return false;
    default:
      return true;
  }
}

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
      auto journal = std::make_unique<Journal_>();
      journal->id = {domains[service]->name, p};
      journal->service = service;
      SimulatedJournal::Options o;
      o.seed = random_.Next();
      const uint32_t wild = static_cast<uint32_t>(random_.Below(3));
      o.outcomes = {6 * wild, 6 * wild, 8 * wild, 5 * wild, 60 * wild, 150 * wild};
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
      hosted.store = std::make_unique<SimStore>(SimStore::Rows(), options_.split_place);
      hosted.env = {.domain = domains[journal->service],
                    .id = journal->id,
                    .journal = journal->log.get(),
                    .keys = &keys_,
                    .clock = machine.clock.get(),
                    .reference = &published_,
                    .node = absl::StrCat("machine-", m),
                    .wake = [&hosted] { hosted.woken = true; },
                    .mutation = options_.mutation};
      hosted.env.foreign = [this, p = journal->id.partition](const std::string& service) -> Journal* {
        for (auto& j : journals_) {
          if (j->id.service == service && j->id.partition == p) return j->log.get();
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

void World::Log(absl::string_view kind, std::initializer_list<uint64_t> numbers, absl::string_view text) {
  const auto fold = [this](uint64_t x) { result_.hash = (result_.hash ^ x) * 0x100000001b3 + (result_.hash >> 29); };
  for (char c : kind) fold(static_cast<uint8_t>(c));
  for (uint64_t n : numbers) fold(n);
  for (char c : text) fold(static_cast<uint8_t>(c));
  if (!options_.trace) return;
  std::string line = absl::StrCat(absl::FormatTime("%d.%H:%M:%E3S", time_.Now(), absl::UTCTimeZone()), "  ", kind);
  for (uint64_t n : numbers) absl::StrAppend(&line, " ", n);
  if (!text.empty()) absl::StrAppend(&line, "  ", text);
  options_.trace(line);
}

void World::Violation(std::string what) {
  Log("VIOLATION", {}, what);
  if (result_.violations.size() < 20) result_.violations.push_back(std::move(what));
}

void World::Start(Machine& machine, size_t index) {
  for (Hosted& hosted : machine.hosted) {
    hosted.env.store = hosted.store.get();
    hosted.shard = std::make_unique<Shard>(hosted.env);
    hosted.woken = true;
    hosted.again = time_.Passed();
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
    Log("crash", {index, revision}, hosted.env.id.service);
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
  Log("phase", {index, at, static_cast<uint64_t>(after), hosted.shard->term(), hosted.shard->revision()},
      hosted.env.id.service);
  if (after == Shard::Phase::kHalted) {
    Violation(
        absl::StrCat(hosted.env.id.service, " on machine ", index, " halted: ", hosted.shard->halted().message()));
  }
}

void World::Deliver(Journal_& journal) {
  const uint64_t before = journal.log->end();
  if (journal.log->Deliver()) Log("deliver", {journal.id.partition, before, journal.log->end()}, journal.id.service);
}

// Whoever decides that somebody has to own: a group, an operator. It may be wrong at any time; the log arbitrates.
void World::OwnSomewhere(size_t journal) {
  const size_t index = random_.Below(kMachines);
  if (!up(machines_[index])) return;
  Log("own", {index, journal});
  machines_[index].hosted[journal].shard->Own();
}

// ------------------------------------------------------------------------------------------------------------ clients

void World::NewOp() {
  Op& op = ops_.emplace_back();
  op.intent = workload_->Next(random_, time_.Now());
  op.id = RequestId(time_.Now(), ++ids_);
  op.next_try = time_.Passed();
  ++result_.commands;
  open_.push_back(ops_.size() - 1);
  Send(ops_.size() - 1);
}

void World::Send(size_t index) {
  Op& op = ops_[index];
  auto command =
      MakeCommand(*workload_->domains()[op.intent.service], *op.intent.request, op.id, op.intent.principal, keys_);
  if (!command.ok()) {
    Log("refused", {index}, ReasonOf(command.status()));
    op.finished = true;
    workload_->Answered(op.intent, command.status());
    return;
  }
  const size_t partitions = journals_.size() / workload_->domains().size();
  op.journal =
      journals_[op.intent.service * partitions + PartitionOfSlot(command->slot, static_cast<uint32_t>(partitions))]
          .get();
  size_t machine = random_.Below(kMachines);
  if (healing_ || random_.Chance(700)) {
    for (size_t m = 0; m < kMachines; ++m) {
      for (Hosted& hosted : machines_[m].hosted) {
        if (hosted.journal == op.journal && hosted.shard && hosted.shard->phase() == Shard::Phase::kServing)
          machine = m;
      }
    }
  }
  SendTo(index, machine);
  if (!healing_ && random_.Chance(double_permille_)) SendTo(index, random_.Below(kMachines));
}

void World::SendTo(size_t index, size_t m) {
  Op& op = ops_[index];
  Machine& machine = machines_[m];
  op.next_try = time_.Passed() + absl::Milliseconds(random_.Between(20, 300));
  if (machine.hosted.front().shard == nullptr) return;  // connection refused
  auto command =
      MakeCommand(*workload_->domains()[op.intent.service], *op.intent.request, op.id, op.intent.principal, keys_);
  const size_t attempt = op.attempts.size();
  Attempt& a = op.attempts.emplace_back();
  a.deadline = time_.Passed() + kPatience;
  const auto acked = op.journal->acked_version.find(command->address.stream);
  if (acked != op.journal->acked_version.end()) a.acked_version = acked->second;
  op.waiting = true;
  command->deadline = machine.clock->Boot() + kPatience;
  command->done = [this, index, attempt](absl::StatusOr<common::v1::CommandReply> reply) {
    Answer(index, attempt, reply);
  };
  Log("send", {index, attempt, m}, op.intent.request->GetDescriptor()->name());
  for (Hosted& hosted : machine.hosted) {
    if (hosted.journal == op.journal) hosted.shard->Post(*std::move(command));
  }
}

void World::Answer(size_t index, size_t attempt, const absl::StatusOr<common::v1::CommandReply>& reply) {
  Op& op = ops_[index];
  Attempt& a = op.attempts[attempt];
  if (a.answered) Violation(absl::StrCat("an attempt of command ", index, " is answered twice"));
  a.answered = true;
  ++result_.answers;
  if (a.deadline < time_.Passed()) {
    Log("late", {index, attempt}, reply.ok() ? "ok" : ReasonOf(reply.status()));
    // The client has gone; what it was told must hold all the same.
  } else {
    Log("answer", {index, attempt},
        reply.ok() ? absl::StrCat(reply->name(), "@", reply->etag()) : ReasonOf(reply.status()));
  }
  if (reply.ok() && !reply->no_op()) {
    const std::string bytes = reply->SerializeAsString();
    if (op.reply.empty()) op.reply = bytes;
    if (op.reply != bytes) Violation(absl::StrCat("I9 command ", index, " is answered in two ways"));
    uint64_t revision = 0;
    if (absl::SimpleAtoi(absl::string_view(reply->revision()).substr(reply->revision().rfind('/') + 1), &revision)) {
      op.journal->acked_revision = std::max(op.journal->acked_revision, revision);
    }
    uint64_t version = 0;
    if (absl::SimpleAtoi(reply->etag(), &version)) {
      uint64_t& highest = op.journal->acked_version[reply->name()];
      highest = std::max(highest, version);
    }
  } else if (reply.ok() && !reply->name().empty()) {
    uint64_t version = 0;
    if (absl::SimpleAtoi(reply->etag(), &version) && version < a.acked_version) {
      Violation(absl::StrCat("I8 an answer without a record knows version ", version, " of ", reply->name(), ", not ",
                             a.acked_version, " that was acknowledged before"));
    }
  }
  if (!reply.ok() && ReasonOf(reply.status()) == "OUTCOME_UNKNOWN") ++result_.unknown;
  if (op.finished || !(reply.ok() || IsDefinite(reply.status()))) return;
  bool alone = true;
  for (const Attempt& other : op.attempts) alone &= &other == &a || other.answered || other.deadline < time_.Passed();
  op.refused_alone = alone && !reply.ok();
  op.finished = true;
  workload_->Answered(op.intent, reply);
}

// ------------------------------------------------------------------------------------------------------------ reads

void World::ReadSomewhere() {
  Machine& machine = machines_[random_.Below(kMachines)];
  if (!up(machine)) return;
  Hosted& hosted = machine.hosted[random_.Below(machine.hosted.size())];
  const uint64_t must_show = hosted.journal->acked_revision;
  ++result_.reads;
  hosted.shard->Read([this, &hosted, must_show, store = hosted.store.get()](absl::Status status) {
    if (!status.ok() || store != hosted.store.get()) return;
    auto row = store->Get(rows::PlaceKey());
    const auto place = row.ok() && *row ? rows::Place::Decode(**row) : std::nullopt;
    const uint64_t shown = place ? place->revision : 0;
    if (shown < must_show) {
      Violation(absl::StrCat("I8 a read of ", hosted.env.id.service, " on ", hosted.env.node, " shows revision ", shown,
                             ", not ", must_show, " that was acknowledged before it began"));
    }
  });
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
    Log("stop", {m, static_cast<uint64_t>(absl::ToInt64Milliseconds(machine.stopped_until))});
  } else if (draw(own_permyriad_)) {
    OwnSomewhere(random_.Below(journals_.size()));
  } else if (draw(jump_permyriad_)) {
    time_.Advance(random_.Chance(300) ? absl::Minutes(random_.Between(1, 600))
                                      : absl::Milliseconds(random_.Between(500, 4000)));
    Log("time passes", {});
  } else if (draw(8)) {
    machine.clock->Skew(absl::Milliseconds(random_.Below(120'000)) - absl::Minutes(1));
    Log("clock stepped", {m});
  } else if (draw(6)) {
    published_.Publish(workload_->Directory(random_));
    Log("published", {published_.Latest()->version()});
    for (Machine& each : machines_) {
      for (Hosted& hosted : each.hosted) hosted.woken = true;
    }
  } else if (draw(300)) {
    ReadSomewhere();
  } else if (draw(4200)) {
    const size_t h = random_.Below(machine.hosted.size());
    if (up(machine)) StepShard(m, h);
  } else if (draw(2600)) {
    Deliver(*journals_[random_.Below(journals_.size())]);
  } else if (draw(1200)) {
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
      Log("restart", {m});
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
    time_.Advance(absl::Milliseconds(random_.Below(6)));
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

class RecordedStates : public States {
 public:
  explicit RecordedStates(std::vector<std::vector<const SimStore::Rows*>> rows) : rows_(std::move(rows)) {}
  void ForEach(size_t service,
               const std::function<void(const std::string&, const rows::StateValue&)>& visit) const override {
    for (const SimStore::Rows* rows : rows_[service]) {
      for (auto it = rows->lower_bound(std::string("S")); it != rows->end() && it->first[0] == 'S'; ++it) {
        if (auto value = rows::StateValue::Decode(it->second)) visit(it->first.substr(1), *value);
      }
    }
  }

 private:
  std::vector<std::vector<const SimStore::Rows*>> rows_;
};

void World::Judge() {
  std::map<JournalId, std::vector<Counted>> counted;
  std::map<JournalId, SimStore::Rows> rebuilt;
  std::vector<std::vector<const SimStore::Rows*>> states(workload_->domains().size());
  for (auto& journal : journals_) {
    const auto log = journal->log->records();
    result_.records += log.size();
    for (const StoredRecord& stored : log) Log("record", {stored.position}, stored.bytes);
    auto commits = CountedOf(log);
    if (!commits.ok()) return Violation(absl::StrCat("the log does not fold: ", commits.status().message()));
    for (std::string& what : CheckJournal(*commits)) Violation(std::move(what));
    auto rows = Rebuild(*workload_->domains()[journal->service], journal->id, *commits, &keys_);
    if (!rows.ok()) return Violation(absl::StrCat("I5 rebuild: ", rows.status().message()));
    const int64_t now_ms = absl::ToUnixMillis(time_.Now());
    for (const auto& [key, value] : *rows) {
      const auto timer = rows::DecodeTimerKey(key);
      if (timer && absl::ToUnixMillis(timer->due) < now_ms) {
        Violation(absl::StrCat("I10 timer ", timer->name, " of ", timer->stream, " never rang"));
      }
    }
    for (const Counted& c : *commits) {
      result_.timers += c.commit.command_id().substr(0, 6) == "timer/";
      result_.reactions += c.commit.has_cause();
    }
    rebuilt[journal->id] = *std::move(rows);
    counted[journal->id] = *std::move(commits);
    states[journal->service].push_back(&rebuilt[journal->id]);
  }
  for (size_t m = 0; m < kMachines; ++m) {
    for (Hosted& hosted : machines_[m].hosted) {
      result_.claims += hosted.shard->term();
      if (std::string what = Difference(hosted.store->rows(), rebuilt[hosted.env.id]); !what.empty()) {
        Violation(absl::StrCat("I5 the store of ", hosted.env.id.service, "/", hosted.env.id.partition, " on machine ",
                               m, " is not the rebuild: ", what));
      }
    }
  }
  for (auto& journal : journals_) {
    for (const Reaction& reaction : workload_->domains()[journal->service]->reactions) {
      const JournalId from{reaction.to_service, journal->id.partition};
      for (std::string& what : CheckReactions(reaction, from, counted[from], counted[journal->id]))
        Violation(std::move(what));
    }
  }
  // Acknowledged exactly once, and what was refused never (I1, I2, I9).
  std::map<std::string, const Counted*> by_id;
  for (auto& [id, commits] : counted) {
    for (const Counted& c : commits) by_id.emplace(c.commit.command_id(), &c);
  }
  for (size_t i = 0; i < ops_.size(); ++i) {
    const Op& op = ops_[i];
    const auto it = by_id.find(op.id);
    if (!op.reply.empty() && it == by_id.end()) {
      Violation(absl::StrCat("I1 command ", i, " was acknowledged and does not count"));
    } else if (!op.reply.empty() && ReplyOf(it->second->commit, op.journal->id).SerializeAsString() != op.reply) {
      Violation(absl::StrCat("I9 command ", i, " was answered otherwise than it was recorded"));
    } else if (op.refused_alone && it != by_id.end()) {
      Violation(absl::StrCat("I2 command ", i, " was refused and counts"));
    }
  }
  for (std::string& what : workload_->Check(RecordedStates(std::move(states)), time_.Now())) Violation(std::move(what));
}

}  // namespace shoujie::sim
