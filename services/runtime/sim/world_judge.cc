// What must hold once everything has been healed and has finished.
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/shard/projector.h"
#include "services/runtime/sim/judge.h"
#include "services/runtime/sim/world.h"

namespace shoujie::sim {
namespace {

// A record for people who read a trace.
std::string Sentence(const StoredRecord& stored) {
  journal::v1::Record record;
  if (!record.ParseFromString(stored.bytes)) return "unreadable";
  if (record.has_claim()) return absl::StrCat("claim of ", record.claim().node(), ", term ", record.claim().term());
  const auto& commit = record.commit();
  return absl::StrCat(commit.stream_id(), "@", commit.stream_version(), " revision ", commit.revision(), " term ",
                      commit.term(), " by ", commit.principal(), ", events ", commit.events_size(),
                      commit.command_id().size() == 16 ? "" : ", " + commit.command_id(),
                      commit.declined().empty() ? "" : ", declined " + commit.declined());
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
                            Sentence(stored));
      });
    }
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
