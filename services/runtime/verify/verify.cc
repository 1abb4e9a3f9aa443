#include "services/runtime/verify/verify.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/number.h"
#include "services/runtime/journal/reader_rule.h"
#include "services/runtime/shard/event.h"
#include "services/runtime/shard/projector.h"
#include "services/runtime/store/memory_store.h"

namespace shoujie {
namespace {

constexpr absl::Duration kKeysLag = absl::Seconds(10);  // of keys that other processes make

using google::protobuf::Message;

// (revision, ordinal) of every internal command that a foreign journal must have caused or did cause.
using Causes = std::set<std::pair<uint64_t, uint32_t>>;

// The highest numbers of messages in a shard's records, by the partition at the other end.
struct Messages {
  std::map<uint32_t, uint64_t> sent, acked, taken;
};

class ShardVerifier {
 public:
  ShardVerifier(const VerifyEnv& env, const ServiceModule& module, uint32_t partition, VerifyReport* report)
      : env_(env),
        domain_(module.domain),
        id_{module.domain.name, partition},
        report_(report),
        projector_(&domain_, id_, &rebuilt_, env.keys) {}

  // Causes that this shard's reactions recorded, by foreign service.
  const std::map<std::string, Causes>& causes() const { return causes_; }
  const Messages& messages() const { return messages_; }

  void Run() {
    ++report_->journals;
    Store* live = env_.store ? env_.store(id_) : nullptr;
    std::optional<rows::Place> place = PlaceOf(live);
    Journal* journal = env_.journal(id_);
    std::vector<StoredRecord> records;
    bool compared = place == std::nullopt;
    if (compared) Compare(live);
    do {
      records.clear();
      if (absl::Status status = journal->Read(fold_.position, limits::kReadRecordsMax, &records); !status.ok()) {
        return Find("UNREADABLE", absl::StrCat(fold_.position), std::string(status.message()));
      }
      for (const StoredRecord& stored : records) {
        if (!Judge(stored)) return;
        if (!compared && place->revision == fold_.revision && fold_.position > place->position) {
          compared = true;
          Compare(live);
        }
      }
    } while (!records.empty());
    if (!compared) {
      Find("RECORD_LOST", absl::StrCat(place->position),
           absl::StrCat("the store is at revision ", place->revision, ", the journal ends at ", fold_.revision));
    }
    CheckStates();
  }

 private:
  std::optional<rows::Place> PlaceOf(Store* live) {
    if (live == nullptr) return std::nullopt;
    auto row = live->Get(rows::PlaceKey());
    if (!row.ok()) {
      Find("UNREADABLE", "P", std::string(row.status().message()));
      return std::nullopt;
    }
    return *row ? rows::Place::Decode(**row) : std::nullopt;
  }

  void Find(std::string kind, std::string where, std::string what) {
    if (report_->findings.size() >= kFindingsMax) {
      report_->truncated = true;
      return;
    }
    report_->findings.push_back({std::move(kind), id_.service, id_.partition, std::move(where), std::move(what)});
  }

  // False if nothing after this record can be judged.
  bool Judge(const StoredRecord& stored) {
    ++report_->records;
    const std::string where = absl::StrCat(stored.position);
    journal::v1::Record record;
    if (!record.ParseFromString(stored.bytes)) {
      Find("UNREADABLE", where, "the record cannot be parsed");
      return false;
    }
    const uint64_t before = fold_.revision;
    Verdict verdict;
    if (absl::Status status = fold_.Step(stored.position, record, &verdict); !status.ok()) {
      Find("RECORD_LOST", where, std::string(status.message()));
      return false;
    }
    switch (verdict) {
      case Verdict::kClaimed:
        ++report_->claims;
        return true;
      case Verdict::kVoided:
        // Legal where several processes write: a record of a term that was in doubt. What counted is in the next claim.
        if (!env_.journal(id_)->exclusive()) return true;
        Find("RECORD_LOST", where,
             absl::StrCat("revision ", record.commit().revision(), " follows ", before,
                          ": what lies between is missing"));
        return false;
      case Verdict::kIgnored:
        if (env_.journal(id_)->exclusive()) {
          Find("RECORD_DOUBLED", where,
               record.has_commit() ? absl::StrCat("revision ", record.commit().revision(), " is in the journal again")
                                   : absl::StrCat("a claim of the past term ", record.claim().term()));
        }
        return true;
      case Verdict::kApplied:
        break;
    }
    const journal::v1::Commit& commit = record.commit();
    ++report_->commits;
    report_->events += static_cast<uint64_t>(commit.events_size());
    if (commit.command_id().size() == 16 && !commit.payload_mac().empty()) {
      ++report_->commands;
      if (!commands_.insert(commit.command_id()).second) {
        Find("COMMAND_DOUBLED", where,
             absl::StrCat("command ", absl::BytesToHexString(commit.command_id()), " took effect twice"));
      }
    }
    if (!env_.keys->Await(commit.keys_at(), kKeysLag)) {
      Find("KEYS_SHORT", where,
           absl::StrCat("the record relies on key ", commit.keys_at(), ", the key store ends at ", env_.keys->last()));
    }
    for (const auto& sent : commit.sent()) messages_.sent[sent.to_partition()] = sent.seq();
    for (const auto& acked : commit.acked()) messages_.acked[acked.to_partition()] = acked.up_to();
    report_->messages += static_cast<uint64_t>(commit.sent_size());
    if (commit.cause().seq() > 0) {
      messages_.taken[commit.cause().partition()] = commit.cause().seq();
    } else if (commit.has_cause()) {
      ++report_->causes;
      if (!causes_[commit.cause().service()].emplace(commit.cause().revision(), commit.cause().n()).second) {
        Find("COMMAND_DOUBLED", where, absl::StrCat("the cause ", commit.command_id(), " took effect twice"));
      }
    }
    auto applied = projector_.Apply(commit, stored.bytes);
    if (!applied.ok()) {
      Find(ReasonOf(applied.status()) == "RECORD_UNREADABLE" ? "CHAIN_BROKEN" : "UNREADABLE",
           commit.stream_id().empty() ? where : commit.stream_id(), std::string(applied.status().message()));
      return false;
    }
    std::vector<Row> rows = *std::move(applied);
    for (Row& row : projector_.PlaceRows(commit, rows::Sha256(stored.bytes), stored.position, &place_)) {
      rows.push_back(std::move(row));
    }
    rebuilt_.Write(std::move(rows), [] {});
    return true;
  }

  // The live store against what the records up to its place make, row by row.
  void Compare(Store* live) {
    if (live == nullptr) return;
    std::map<std::string, std::string> expected;
    rebuilt_
        .Scan("", "",
              [&](absl::string_view key, absl::string_view value) {
                expected.emplace(std::string(key), std::string(value));
                return true;
              })
        .IgnoreError();
    absl::Status status = live->Scan("", "", [&](absl::string_view key, absl::string_view value) {
      ++report_->rows_compared;
      auto it = expected.find(std::string(key));
      if (it == expected.end()) {
        Find("STORE_DIFFERS", absl::CEscape(key), "a row that no record makes");
      } else {
        if (it->second != value)
          Find("STORE_DIFFERS", absl::CEscape(key), "the row differs from what the records make");
        expected.erase(it);
      }
      return true;
    });
    if (!status.ok()) Find("UNREADABLE", "store", std::string(status.message()));
    for (const auto& [key, value] : expected) Find("STORE_DIFFERS", absl::CEscape(key), "a row is missing");
  }

  void CheckStates() {
    rebuilt_
        .Scan("S", "T",
              [&](absl::string_view key, absl::string_view value) {
                ++report_->streams;
                const absl::string_view stream = key.substr(1);
                const StreamType* type = projector_.TypeOf(stream);
                auto decoded = rows::StateValue::Decode(value);
                if (type == nullptr || !decoded) return true;
                auto state = type->NewState();
                if (!state->ParseFromString(decoded->state)) {
                  Find("UNREADABLE", std::string(stream), "the state cannot be parsed");
                  return true;
                }
                // A history stream's time ends with its last fact.
                const absl::Time until = decoded->history
                                             ? absl::FromUnixMillis(decoded->effective_at_ms)
                                             : std::max(env_.until, absl::FromUnixMillis(decoded->effective_at_ms));
                if (absl::Status status = type->Check(*state, until); !status.ok()) {
                  Find("INVARIANT", std::string(stream), std::string(status.message()));
                }
                return true;
              })
        .IgnoreError();
  }

  const VerifyEnv& env_;
  const ServiceDomain& domain_;
  JournalId id_;
  VerifyReport* report_;
  MemoryStore rebuilt_;
  Projector projector_;
  Fold fold_;
  rows::Place place_;
  absl::flat_hash_set<std::string> commands_;
  std::map<std::string, Causes> causes_;
  Messages messages_;
};

// Each shard's order was checked as its records were applied; here, that the two sides of each pair agree. What is sent
// and not yet taken is under way.
void CheckMessages(const std::string& service, const std::map<uint32_t, Messages>& shards, VerifyReport* report) {
  const auto last = [&](uint32_t shard, auto field, uint32_t other) -> uint64_t {
    const auto of = shards.find(shard);
    if (of == shards.end()) return 0;
    const auto it = (of->second.*field).find(other);
    return it == (of->second.*field).end() ? 0 : it->second;
  };
  for (const auto& [shard, messages] : shards) {
    for (const auto& [to, acked] : messages.acked) {
      const uint64_t taken = last(to, &Messages::taken, shard);
      if (acked <= taken) continue;
      report->findings.push_back({"MESSAGE_LOST", service, to, absl::StrCat("message ", taken + 1, " of ", shard),
                                  "its sender holds it for recorded, and no record took it"});
    }
    for (const auto& [from, taken] : messages.taken) {
      const uint64_t sent = last(from, &Messages::sent, shard);
      if (taken <= sent) continue;
      report->findings.push_back({"RECORD_LOST", service, from, absl::StrCat("message ", sent + 1, " to ", shard),
                                  "it was taken there, and no record sends it"});
    }
  }
}

// Every command that foreign records up to the last recorded cause had to cause was recorded.
void CheckCauses(const VerifyEnv& env, const ServiceModule& module, uint32_t partition,
                 const std::map<std::string, Causes>& recorded, VerifyReport* report) {
  for (const Reaction& reaction : module.domain.reactions) {
    auto it = recorded.find(reaction.to_service);
    if (it == recorded.end() || it->second.empty()) continue;
    const std::pair<uint64_t, uint32_t> last = *it->second.rbegin();
    const auto foreign = std::find_if(env.modules->begin(), env.modules->end(),
                                      [&](const ServiceModule& m) { return m.domain.name == reaction.to_service; });
    if (foreign == env.modules->end()) continue;
    Journal* journal = env.journal({reaction.to_service, partition});
    std::unique_ptr<Message> event(foreign->domain.event->New());
    Fold fold;
    std::vector<StoredRecord> records;
    do {
      records.clear();
      if (!journal->Read(fold.position, limits::kReadRecordsMax, &records).ok()) return;  // found before
      for (const StoredRecord& stored : records) {
        journal::v1::Record record;
        Verdict verdict;
        if (!record.ParseFromString(stored.bytes) || !fold.Step(stored.position, record, &verdict).ok()) return;
        if (verdict != Verdict::kApplied || record.commit().history()) continue;
        const auto& commit = record.commit();
        uint32_t n = 0;
        for (int i = 0; i < commit.events_size(); ++i) {
          if (!ReadEvent(reaction.to_service, reaction.upcast, commit, i, event.get()).ok()) return;
          for (size_t k = reaction.react(ForeignEvent{*event, ContextOf(commit, i)}).size(); k > 0; --k) {
            const std::pair<uint64_t, uint32_t> cause{commit.revision(), n++};
            if (cause > last || it->second.contains(cause)) continue;
            report->findings.push_back({"CAUSE_LOST", module.domain.name, partition, commit.stream_id(),
                                        absl::StrCat("revision ", commit.revision(), " of ", reaction.to_service,
                                                     " caused a command that was never recorded")});
          }
        }
      }
    } while (!records.empty());
  }
}

}  // namespace

VerifyReport Verify(const VerifyEnv& env) {
  VerifyReport report;
  size_t of = 0, done = 0;
  for (const ServiceModule& module : *env.modules) of += module.domain.slotted ? env.partitions : 1;
  for (const ServiceModule& module : *env.modules) {
    const uint32_t partitions = module.domain.slotted ? env.partitions : 1;
    std::map<uint32_t, Messages> messages;
    for (uint32_t p = 0; p < partitions; ++p) {
      ShardVerifier verifier(env, module, p, &report);
      verifier.Run();
      CheckCauses(env, module, p, verifier.causes(), &report);
      messages[p] = verifier.messages();
      if (env.progress) env.progress(++done, of);
    }
    CheckMessages(module.domain.name, messages, &report);
  }
  return report;
}

absl::StatusOr<StreamProof> VerifyStream(const VerifyEnv& env, const ServiceModule& module, const std::string& name) {
  const uint32_t partitions = module.domain.slotted ? env.partitions : 1;
  const JournalId id{module.domain.name, PartitionOfSlot(SlotOfStream(name, env.keys->slot_key()), partitions)};
  const auto type = std::find_if(module.domain.streams.begin(), module.domain.streams.end(), [&](const auto& t) {
    return t->collection() == absl::string_view(name).substr(0, name.find('/'));
  });
  if (type == module.domain.streams.end()) {
    return NotFound("RESOURCE_UNKNOWN", "There is no such kind of resource. Check the name.",
                    "没有这类资源。请核对名称。", {{"name", name}});
  }
  StreamProof proof;
  proof.name = name;
  auto find = [&](std::string kind, std::string what) {
    proof.findings.push_back({std::move(kind), id.service, id.partition, name, std::move(what)});
  };
  auto state = (*type)->NewState();
  std::unique_ptr<Message> event(module.domain.event->New());
  Journal* journal = env.journal(id);
  Fold fold;
  std::vector<StoredRecord> records;
  do {
    records.clear();
    if (absl::Status status = journal->Read(fold.position, limits::kReadRecordsMax, &records); !status.ok())
      return status;
    for (const StoredRecord& stored : records) {
      journal::v1::Record record;
      Verdict verdict;
      if (!record.ParseFromString(stored.bytes)) return absl::DataLossError("a record cannot be parsed");
      if (absl::Status status = fold.Step(stored.position, record, &verdict); !status.ok()) return status;
      const auto& commit = record.commit();
      if (verdict != Verdict::kApplied || commit.stream_id() != name) continue;
      if (commit.stream_version() != proof.versions + 1) {
        find("CHAIN_BROKEN", absl::StrCat("version ", commit.stream_version(), " follows ", proof.versions));
      }
      if (commit.prev_hash() != proof.last_hash) {
        find("CHAIN_BROKEN",
             absl::StrCat("version ", commit.stream_version(), " does not carry the hash of the one before"));
      }
      proof.versions = commit.stream_version();
      proof.last_hash = rows::Sha256(stored.bytes);
      absl::Time effective = proof.last_effective;
      for (int n = 0; n < commit.events_size(); ++n) {
        const EventContext at = ContextOf(commit, n);
        if (proof.events == 0) proof.first_effective = at.effective_at;
        if (proof.events > 0 && at.effective_at < effective) find("INVARIANT", "effective time falls");
        effective = at.effective_at;
        if (absl::Status status = ReadEvent(module.domain, commit, n, event.get()); !status.ok()) return status;
        (*type)->Evolve(*state, *event, at);
        ++proof.events;
      }
      proof.last_effective = effective;
      if (absl::Status status = (*type)->Check(*state, effective); !status.ok()) {
        find("INVARIANT", absl::StrCat("version ", proof.versions, ": ", status.message()));
      }
    }
  } while (!records.empty());
  if (proof.versions == 0) {
    return NotFound("RESOURCE_NOT_FOUND", "There is no resource of this name; check the number.",
                    "没有该资源，请核对编号。", {{"name", name}});
  }
  return proof;
}

}  // namespace shoujie
