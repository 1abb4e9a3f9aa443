#include "services/runtime/sim/judge.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/features.h"
#include "services/runtime/journal/reader_rule.h"
#include "services/runtime/shard/event.h"
#include "services/runtime/shard/projector.h"
#include "services/runtime/shard/rows.h"
#include "services/runtime/store/memory_store.h"

namespace shoujie::sim {

absl::StatusOr<std::vector<Counted>> CountedOf(const std::vector<StoredRecord>& log, uint64_t last_position) {
  std::vector<Counted> counted;
  Fold fold;
  for (const StoredRecord& stored : log) {
    if (stored.position > last_position) break;
    journal::v1::Record record;
    if (!record.ParseFromString(stored.bytes)) return absl::DataLossError("a record cannot be parsed");
    Verdict verdict;
    if (absl::Status status = fold.Step(stored.position, record, &verdict); !status.ok()) return status;
    if (verdict != Verdict::kApplied) continue;
    counted.push_back({stored.position, stored.bytes, std::move(*record.mutable_commit())});
  }
  return counted;
}

absl::StatusOr<SimStore::Rows> Rebuild(const ServiceDomain& domain, const JournalId& id,
                                       const std::vector<Counted>& commits, KeyRing* keys) {
  SimStore store;
  Projector projector(&domain, id, &store, keys);
  rows::Place place;
  for (const Counted& c : commits) {
    auto made = projector.Apply(c.commit, c.bytes);
    if (!made.ok()) return made.status();
    for (Row& row : projector.PlaceRows(c.commit, rows::Sha256(c.bytes), c.position, &place)) {
      made->push_back(std::move(row));
    }
    store.Write(*std::move(made), [] {});
    store.Apply(1);
    store.Sync();
  }
  return store.rows();
}

std::vector<std::string> CheckJournal(const std::vector<Counted>& commits) {
  std::vector<std::string> wrong;
  struct Stream {
    uint64_t version = 0;
    std::string hash;
    int64_t effective_ms = 0;
  };
  std::map<std::string, Stream> streams;
  std::map<std::string, uint64_t> ids;
  int64_t recorded_ms = 0;
  uint64_t revision = 0;
  std::optional<uint64_t> released_in;  // a term
  for (const Counted& c : commits) {
    const auto& commit = c.commit;
    const std::string at = absl::StrCat("revision ", commit.revision());
    if (commit.revision() != ++revision) wrong.push_back(absl::StrCat("I3 ", at, " follows ", revision - 1));
    if (commit.term() == released_in) wrong.push_back(absl::StrCat("I7 ", at, " was written after Released"));
    if (commit.has_released()) released_in = commit.term();
    if (commit.recorded_at_ms() < recorded_ms) wrong.push_back(absl::StrCat("I3 recorded time falls at ", at));
    recorded_ms = commit.recorded_at_ms();
    const std::string& command = commit.command_id();
    if (command.size() == 16 || absl::StartsWith(command, "timer/") || absl::StartsWith(command, "cause/") ||
        absl::StartsWith(command, "message/")) {
      auto [it, fresh] = ids.emplace(command, commit.revision());
      if (!fresh) {
        wrong.push_back(absl::StrCat("I1 a command counts twice, at revisions ", it->second, " and ", commit.revision(),
                                     ": ", command.size() == 16 ? absl::BytesToHexString(command) : command));
      }
    }
    if (commit.events().empty()) continue;
    Stream& stream = streams[commit.stream_id()];
    if (commit.stream_version() != stream.version + 1) {
      wrong.push_back(absl::StrCat("I3 ", commit.stream_id(), " has a gap before version ", commit.stream_version()));
    }
    if (commit.prev_hash() != stream.hash)
      wrong.push_back(absl::StrCat("I3 chain of ", commit.stream_id(), " broken at ", at));
    for (const auto& event : commit.events()) {
      const int64_t effective = commit.recorded_at_ms() + event.effective_offset_ms();
      if (effective < stream.effective_ms) wrong.push_back(absl::StrCat("I11 effective time falls at ", at));
      stream.effective_ms = effective;
    }
    stream.version = commit.stream_version();
    stream.hash = rows::Sha256(c.bytes);
  }
  return wrong;
}

std::vector<std::string> CheckFeatures(const ServiceDomain& domain, const std::vector<Counted>& commits,
                                       const ReferenceSource& reference) {
  std::vector<std::string> wrong;
  std::unique_ptr<google::protobuf::Message> event(domain.event->New());
  uint64_t adopted = 0;
  for (const Counted& c : commits) {
    adopted = std::max(adopted, c.commit.adopted_version());
    for (int n = 0; n < c.commit.events_size(); ++n) {
      if (!ReadEvent(domain, c.commit, n, event.get()).ok()) continue;
      const std::string& feature = FeatureOf(*event);
      if (feature.empty() || reference.At(adopted)->enabled(feature)) continue;
      wrong.push_back(absl::StrCat("E an event that ", feature, " guards stands at revision ", c.commit.revision(),
                                   ", under directory version ", adopted, " without it"));
    }
  }
  return wrong;
}

std::vector<std::string> CheckReactions(const Reaction& reaction, const JournalId& from_id,
                                        const std::vector<Counted>& from, const std::vector<Counted>& to) {
  std::vector<std::string> wrong;
  std::map<std::string, int> recorded;
  for (const Counted& c : to) {
    if (c.commit.cause().seq() == 0 && c.commit.cause().service() == from_id.service) ++recorded[c.commit.command_id()];
  }
  std::unique_ptr<google::protobuf::Message> event(reaction.event->New());
  for (const Counted& c : from) {
    if (c.commit.history()) continue;
    uint32_t n = 0;
    for (int i = 0; i < c.commit.events_size(); ++i) {
      if (!ReadEvent(reaction.to_service, reaction.upcast, c.commit, i, event.get()).ok()) continue;
      for (size_t k = reaction.react(ForeignEvent{*event, ContextOf(c.commit, i)}).size(); k > 0; --k) {
        const std::string id =
            absl::StrCat("cause/", from_id.service, "/", from_id.partition, "/", c.commit.revision(), "/", n++);
        const int times = recorded[id];
        recorded.erase(id);
        if (times != 1) wrong.push_back(absl::StrCat("I10 reaction ", id, " is recorded ", times, " times"));
      }
    }
  }
  for (const auto& [id, times] : recorded)
    wrong.push_back(absl::StrCat("I10 reaction ", id, " has no cause that counts"));
  return wrong;
}

std::vector<std::string> CheckMessages(const std::map<uint32_t, const std::vector<Counted>*>& partitions,
                                       bool finished) {
  std::vector<std::string> wrong;
  struct Pair {
    std::vector<std::pair<uint64_t, uint32_t>> sent;  // revision and ordinal of each number
    uint64_t taken = 0, acked = 0;
  };
  std::map<std::pair<uint32_t, uint32_t>, Pair> pairs;  // (sender, receiver)
  const auto say = [&](uint32_t from, uint32_t to, uint64_t number, absl::string_view what) {
    wrong.push_back(absl::StrCat("M message ", number, " from ", from, " to ", to, " ", what));
  };
  for (const auto& [from, commits] : partitions) {
    for (const Counted& c : *commits) {
      for (int n = 0; n < c.commit.sent_size(); ++n) {
        const auto& sent = c.commit.sent(n);
        Pair& pair = pairs[{from, sent.to_partition()}];
        pair.sent.emplace_back(c.commit.revision(), static_cast<uint32_t>(n));
        if (sent.seq() != pair.sent.size()) say(from, sent.to_partition(), sent.seq(), "is sent out of order");
      }
      for (const auto& acked : c.commit.acked()) {
        Pair& pair = pairs[{from, acked.to_partition()}];
        if (acked.up_to() <= pair.acked) say(from, acked.to_partition(), acked.up_to(), "is acknowledged again");
        pair.acked = acked.up_to();
      }
    }
  }
  for (const auto& [to, commits] : partitions) {
    for (const Counted& c : *commits) {
      const auto& cause = c.commit.cause();
      if (cause.seq() == 0) continue;
      Pair& pair = pairs[{cause.partition(), to}];
      if (cause.seq() != pair.taken + 1) say(cause.partition(), to, cause.seq(), "is taken out of order, or twice");
      pair.taken = cause.seq();
      if (cause.seq() > pair.sent.size() || pair.sent[cause.seq() - 1] != std::make_pair(cause.revision(), cause.n())) {
        say(cause.partition(), to, cause.seq(), "is taken, and no record that counts sends it");
      }
    }
  }
  for (const auto& [between, pair] : pairs) {
    const auto& [from, to] = between;
    if (pair.acked > pair.taken) say(from, to, pair.acked, "is held for recorded and is not");
    if (!finished) continue;
    if (pair.taken < pair.sent.size()) say(from, to, pair.taken + 1, "never takes effect");
    if (pair.acked < pair.sent.size()) say(from, to, pair.acked + 1, "is never known to have taken effect");
  }
  return wrong;
}

std::string SentenceOf(const StoredRecord& stored) {
  journal::v1::Record record;
  if (!record.ParseFromString(stored.bytes)) return "unreadable";
  if (record.has_claim()) return absl::StrCat("claim of ", record.claim().node(), ", term ", record.claim().term());
  const auto& commit = record.commit();
  return absl::StrCat(commit.stream_id(), "@", commit.stream_version(), " revision ", commit.revision(), " term ",
                      commit.term(), " by ", commit.principal(), ", events ", commit.events_size(),
                      commit.command_id().size() == 16 ? "" : ", " + commit.command_id(),
                      commit.declined().empty() ? "" : ", declined " + commit.declined());
}

std::string Difference(const SimStore::Rows& live, const SimStore::Rows& rebuilt) {
  auto a = live.begin(), b = rebuilt.begin();
  const auto show = [](const std::string& key) { return absl::CHexEscape(key.substr(0, 60)); };
  while (a != live.end() && b != rebuilt.end()) {
    if (a->first < b->first) return absl::StrCat("only live: ", show(a->first));
    if (b->first < a->first) return absl::StrCat("only rebuilt: ", show(b->first));
    if (a->second != b->second) return absl::StrCat("differs: ", show(a->first));
    ++a, ++b;
  }
  if (a != live.end()) return absl::StrCat("only live: ", show(a->first));
  if (b != rebuilt.end()) return absl::StrCat("only rebuilt: ", show(b->first));
  return "";
}

}  // namespace shoujie::sim
