// What must hold once everything has been healed and has finished.
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/shard/projector.h"
#include "services/runtime/sim/judge.h"
#include "services/runtime/sim/world.h"

namespace shoujie::sim {
namespace {

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

}  // namespace

void World::Judge() {
  std::map<JournalId, std::vector<Counted>> counted;
  std::map<JournalId, SimStore::Rows> rebuilt;
  std::vector<std::vector<const SimStore::Rows*>> states(workload_->domains().size());
  for (auto& journal : journals_) {
    const auto log = journal->log->records();
    result_.records += log.size();
    for (const StoredRecord& stored : log) {
      Log("record", {journal->id.partition, stored.position, rows::ReadBig64(rows::Sha256(stored.bytes))}, [&] {
        return absl::StrCat(journal->id.service, "/", journal->id.partition, " ", stored.position, ": ",
                            SentenceOf(stored));
      });
    }
    auto commits = CountedOf(log);
    if (!commits.ok()) return Violation(absl::StrCat("I1 the log does not fold: ", commits.status().message()));
    for (std::string& what : CheckJournal(*commits)) Violation(std::move(what));
    const ServiceDomain& domain = *workload_->domains()[journal->service];
    for (std::string& what : CheckFeatures(domain, *commits, published_)) Violation(std::move(what));
    auto rows = Rebuild(domain, journal->id, *commits, &keys_);
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
      result_.reactions += c.commit.has_cause() && c.commit.cause().seq() == 0;
      result_.messages += c.commit.cause().seq() > 0;
      result_.releases += c.commit.has_released();
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
  for (const ServiceDomain* domain : workload_->domains()) {
    std::map<uint32_t, const std::vector<Counted>*> partitions;
    for (const auto& [id, commits] : counted) {
      if (id.service == domain->name) partitions[id.partition] = &commits;
    }
    for (std::string& what : CheckMessages(partitions, /*finished=*/true)) Violation(std::move(what));
  }
  JudgeAnswers(counted);
  for (std::string& what : workload_->Check(RecordedStates(std::move(states)), time_.Now())) Violation(std::move(what));
  if (faults_.has(Fault::kLostRecord)) LoseARecord(*journals_[random_.Below(journals_.size())]);
}

// Acknowledged exactly once, what was refused never, and no answer spoke of what does not count (I1, I2, I7, I9).
void World::JudgeAnswers(const std::map<JournalId, std::vector<Counted>>& counted) {
  std::map<std::string, const Counted*> by_id;
  std::map<JournalId, std::map<std::string, uint64_t>> versions;
  for (const auto& [id, commits] : counted) {
    for (const Counted& c : commits) {
      by_id.emplace(c.commit.command_id(), &c);
      if (!c.commit.stream_id().empty()) versions[id][c.commit.stream_id()] = c.commit.stream_version();
    }
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
  for (const auto& journal : journals_) {
    for (const auto& [stream, told] : journal->told_version) {
      if (versions[journal->id][stream] < told) {
        Violation(absl::StrCat("I7 an answer spoke of version ", told, " of ", stream, ", which does not count"));
      }
    }
  }
}

// The log as somebody finds it after a broker lost a record that counted, up to the first record that betrays it: a
// later one of the same term whose writer knew the lost one to count, or a claim by somebody who did. A new reader must
// halt there.
void World::LoseARecord(const SimJournal& journal) {
  const auto log = journal.log->records();
  struct Loss {
    size_t lost, betrayed;
  };
  std::vector<Loss> by_claim, by_data;
  Fold fold;
  std::vector<std::pair<size_t, uint64_t>> applied;  // index in the log, revision; of those not betrayed yet
  for (size_t i = 0; i < log.size(); ++i) {
    journal::v1::Record record;
    if (!record.ParseFromString(log[i].bytes)) return;
    const uint64_t term = fold.term;
    Verdict verdict;
    if (!fold.Step(log[i].position, record, &verdict).ok()) return;
    const bool claim = verdict == Verdict::kClaimed;
    const bool data = record.has_commit() && record.commit().term() == term;
    const uint64_t knew = claim ? record.claim().last() : data ? record.commit().stable() : 0;
    for (; !applied.empty() && applied.front().second <= knew; applied.erase(applied.begin())) {
      const size_t lost = applied.front().first;
      bool again = false;  // a copy that counts in its place
      for (size_t k = lost + 1; k < i; ++k) again |= log[k].bytes == log[lost].bytes;
      if (!again) (claim ? by_claim : by_data).push_back({lost, i});
    }
    if (verdict == Verdict::kApplied) applied.emplace_back(i, record.commit().revision());
  }
  const auto& losses = by_data.empty() || (!by_claim.empty() && random_.Chance(500)) ? by_claim : by_data;
  if (losses.empty()) return;
  const Loss loss = random_.Pick(losses);
  SimulatedJournal::Options options;
  options.outcomes = SimulatedJournal::Outcomes::Clean();
  SimulatedJournal damaged(std::move(options));
  for (size_t i = 0; i <= loss.betrayed; ++i) {
    if (i != loss.lost) damaged.Plant(log[i].bytes);
  }
  Log("lost", {loss.lost, loss.betrayed}, [&] {
    return absl::StrCat("log ", journal.id.service, "/", journal.id.partition, " loses what was at ", loss.lost,
                        "; a new reader reads up to ", loss.betrayed);
  });
  SimStore store;
  bool woken = true;
  Shard reader({.domain = workload_->domains()[journal.service],
                .id = journal.id,
                .journal = &damaged,
                .store = &store,
                .keys = &keys_,
                .clock = machines_[0].clock.get(),
                .reference = &published_,
                .foreign = nullptr,
                .node = "reader",
                .wake = [&woken] { woken = true; },
                .mutation = options_.mutation});
  if (!reader.Open().ok()) return;
  while (std::exchange(woken, false)) {
    reader.Step();
    store.Apply(SIZE_MAX);
  }
  if (reader.phase() == Shard::Phase::kHalted) return;
  Violation(absl::StrCat("I1 log ", journal.id.service, "/", journal.id.partition, " lost the record at ", loss.lost,
                         ", which counted; its reader went on to ", loss.betrayed, " as if nothing were missing"));
}

}  // namespace shoujie::sim
