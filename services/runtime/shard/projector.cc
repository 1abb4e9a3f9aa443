#include "services/runtime/shard/projector.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/number.h"
#include "services/runtime/base/time.h"
#include "services/runtime/security/seal.h"
#include "services/runtime/shard/event.h"
#include "services/runtime/shard/message_rows.h"

namespace shoujie {
namespace {

absl::Status Damaged(absl::string_view what, const journal::v1::Commit& commit) {
  return Error(absl::StatusCode::kDataLoss, "RECORD_UNREADABLE",
               absl::StrCat("Revision ", commit.revision(), " cannot be applied: ", what,
                            ". The shard halts; run a version that knows it, or restore the journal."),
               absl::StrCat("无法应用版次 ", commit.revision(), "。该分片已停止，请使用能识别它的版本或恢复日志。"),
               {{"revision", absl::StrCat(commit.revision())}, {"what", what}});
}

// Whether an instant lies in the years 1 to 9999, as all do that a shard ever records. Beyond it, arithmetic wraps
// around, and libprotobuf ends the process.
bool InCalendar(int64_t ms) { return ms >= -62'135'596'800'000 && ms < 253'402'300'800'000; }

bool TimesAreSound(const journal::v1::Commit& commit) {
  constexpr int64_t kOffsetMax = 253'402'300'800'000 + 62'135'596'800'000;
  return InCalendar(commit.recorded_at_ms()) &&
         std::all_of(commit.events().begin(), commit.events().end(), [&](const journal::v1::Event& event) {
           const int64_t offset = event.effective_offset_ms();
           return offset > -kOffsetMax && offset < kOffsetMax && InCalendar(commit.recorded_at_ms() + offset);
         });
}

// Whose answer is kept. Ids of internal commands are names, of any length.
bool IsClients(const journal::v1::Commit& commit) {
  return commit.command_id().size() == 16 && commit.payload_mac().size() == rows::kPayloadMacBytes;
}

bool Contains(const std::vector<Timer>& timers, const Timer& timer) {
  return std::any_of(timers.begin(), timers.end(), [&](const Timer& t) {
    return t.name == timer.name && t.due == timer.due && t.attempt == timer.attempt;
  });
}

}  // namespace

common::v1::CommandReply ReplyOf(const journal::v1::Commit& commit, const JournalId& id) {
  common::v1::CommandReply reply;
  reply.set_name(commit.stream_id());
  reply.set_etag(absl::StrCat(commit.stream_version()));
  reply.set_revision(absl::StrCat(id.service, "/", id.partition, "/", commit.revision()));
  *reply.mutable_recorded_at() = ToProto(absl::FromUnixMillis(commit.recorded_at_ms()));
  reply.set_facts_recorded(commit.facts_recorded());
  reply.set_facts_repeated(commit.facts_repeated());
  return reply;
}

std::string SubjectOf(absl::string_view stream) {
  const size_t slash = stream.find('/');
  if (slash != absl::string_view::npos) {
    if (auto number = Number::Parse(stream.substr(slash + 1))) return number->ToString();
  }
  return std::string(stream);
}

EventContext ContextOf(const journal::v1::Commit& commit, int n) {
  EventContext at;
  at.stream = commit.stream_id();
  at.version = commit.stream_version();
  at.recorded_at = absl::FromUnixMillis(commit.recorded_at_ms());
  at.effective_at = at.recorded_at + absl::Milliseconds(commit.events(n).effective_offset_ms());
  at.principal = commit.principal();
  at.n = static_cast<uint32_t>(n);
  return at;
}

const StreamType* Projector::TypeOf(absl::string_view stream) const {
  const absl::string_view collection = stream.substr(0, stream.find('/'));
  for (const auto& type : domain_->streams) {
    if (type->collection() == collection) return type.get();
  }
  return nullptr;
}

absl::StatusOr<StreamView> Projector::Load(absl::string_view stream) {
  if (auto it = cache_.find(stream); it != cache_.end()) {
    recent_.splice(recent_.begin(), recent_, it->second.place);
    return it->second.view;
  }
  StreamView view;
  view.type = TypeOf(stream);
  if (view.type == nullptr) {
    return NotFound("RESOURCE_UNKNOWN", "There is no such kind of resource here; check the resource name.",
                    "没有这类资源，请检查资源名称。");
  }
  auto row = view_->Get(rows::StateKey(stream));
  if (!row.ok()) return row.status();
  auto state = view.type->NewState();
  if (*row) {
    auto value = rows::StateValue::Decode(**row);
    if (!value || !state->ParseFromString(value->state)) {
      return Error(absl::StatusCode::kDataLoss, "STATE_ROW_BROKEN",
                   "A state row cannot be read. The shard halts; rebuild its store from the journal.",
                   "状态行无法读取。该分片已停止，请从日志重建存储。");
    }
    view.version = value->version;
    view.effective_at_ms = value->effective_at_ms;
    view.history = value->history;
    view.hash = value->hash;
  }
  view.state = std::move(state);
  Cache(stream, view);
  return view;
}

void Projector::Cache(absl::string_view stream, StreamView view) {
  auto it = cache_.find(stream);
  if (it != cache_.end()) {
    it->second.view = std::move(view);
    recent_.splice(recent_.begin(), recent_, it->second.place);
    return;
  }
  recent_.emplace_front(stream);
  cache_.emplace(std::string(stream), Cached{std::move(view), recent_.begin()});
  if (cache_.size() > limits::kStateCacheStreamsMax) {
    cache_.erase(recent_.back());
    recent_.pop_back();
  }
}

void Projector::RememberSubjectKey(absl::string_view stream, uint64_t key) {
  if (auto it = cache_.find(stream); it != cache_.end()) it->second.view.subject_key = key;
}

void Projector::ForgetCache() {
  cache_.clear();
  recent_.clear();
}

absl::StatusOr<std::vector<Row>> Projector::Apply(const journal::v1::Commit& commit, absl::string_view bytes,
                                                  const std::vector<const google::protobuf::Message*>& plain) {
  if (!TimesAreSound(commit)) return Damaged("its times are none of a calendar", commit);
  std::vector<Row> out;
  for (const auto& key : commit.keys()) {
    std::string id;
    rows::AppendBig64(&id, key.key());
    out.push_back({rows::SubjectKey(key.subject()), std::move(id)});
  }
  if (!commit.events().empty()) {
    if (absl::Status status = ApplyStream(commit, bytes, plain, &out); !status.ok()) return status;
  }
  if (IsClients(commit)) {
    rows::DedupValue dedup;
    dedup.payload_mac = commit.payload_mac();
    dedup.reply = ReplyOf(commit, id_);
    out.push_back({rows::DedupKey(commit.command_id()), dedup.Encode()});
  }
  for (const auto* cause :
       {commit.has_cause() ? &commit.cause() : nullptr, commit.has_read_up_to() ? &commit.read_up_to() : nullptr}) {
    if (cause && cause->seq() == 0) out.push_back({rows::CauseKey(cause->service()), cause->SerializeAsString()});
  }
  if (commit.has_cause() || commit.sent_size() + commit.acked_size() > 0) {
    if (absl::Status status = MessageRows(commit, *view_, &out); !status.ok()) return status;
  }
  if (commit.adopted_version()) {
    std::string version;
    rows::AppendBig64(&version, commit.adopted_version());
    out.push_back({rows::AdoptedKey(), std::move(version)});
  }
  if (commit.revision() % limits::kDedupSweepEvery == 0) {
    if (absl::Status status = SweepDedup(commit, &out); !status.ok()) return status;
  }
  return out;
}

absl::Status Projector::ApplyStream(const journal::v1::Commit& commit, absl::string_view bytes,
                                    const std::vector<const google::protobuf::Message*>& plain, std::vector<Row>* out) {
  auto before = Load(commit.stream_id());
  if (!before.ok()) return before.status();
  if (commit.stream_version() != before->version + 1) return Damaged("its stream has a gap", commit);
  if (before->version > 0 && commit.prev_hash() != before->hash) return Damaged("its stream's chain is broken", commit);

  const StreamType& type = *before->type;
  StreamView after = *before;
  std::shared_ptr<google::protobuf::Message> state(before->state->New());
  state->CopyFrom(*before->state);
  std::unique_ptr<google::protobuf::Message> event(domain_->event->New());
  for (int n = 0; n < commit.events_size(); ++n) {
    if (absl::Status status = ReadEvent(*domain_, commit, n, event.get()); !status.ok()) return status;
    const EventContext at = ContextOf(commit, n);
    type.Evolve(*state, *event, at);
    after.effective_at_ms = absl::ToUnixMillis(at.effective_at);
    const google::protobuf::Message* opened = n < static_cast<int>(plain.size()) ? plain[n] : nullptr;
    if (opened == nullptr) {
      if (HoldsPersonal(event->GetDescriptor())) {
        // Sealed values of damaged or missing keys must not pass for "no key": the shard halts instead.
        if (absl::Status status = OpenMessage(event.get(), *keys_); !status.ok()) return status;
      }
      opened = event.get();
    }
    for (const UniqueKey& key : type.Keys(*opened)) {
      out->push_back({rows::UniqueKey(keys_->IndexTerm(key.space, key.value)), commit.stream_id()});
    }
  }
  after.version = commit.stream_version();
  after.history = commit.history();
  after.hash = rows::Sha256(bytes);

  if (before->version == 0 && type.collection() == domain_->numbered_collection) {
    const absl::string_view stream = commit.stream_id();
    if (auto number = Number::Parse(stream.substr(stream.find('/') + 1))) {
      std::string count;
      rows::AppendBig64(&count, number->count);
      out->push_back({rows::CounterKey(number->slot), std::move(count)});
    }
  }

  const std::vector<Timer> old_timers =
      before->version == 0 || before->history ? std::vector<Timer>{} : type.Timers(*before->state);
  const std::vector<Timer> new_timers = after.history ? std::vector<Timer>{} : type.Timers(*state);
  for (const Timer& timer : old_timers) {
    if (!Contains(new_timers, timer)) {
      out->push_back({rows::TimerKey(timer.due, commit.stream_id(), timer.name), std::nullopt});
    }
  }
  for (const Timer& timer : new_timers) {
    if (Contains(old_timers, timer)) continue;
    std::string attempt;
    rows::AppendBig64(&attempt, timer.attempt);
    out->push_back({rows::TimerKey(timer.due, commit.stream_id(), timer.name), std::move(attempt)});
  }

  rows::StateValue value{after.version, after.effective_at_ms, after.history, after.hash, state->SerializeAsString()};
  out->push_back({rows::StateKey(commit.stream_id()), value.Encode()});
  after.state = std::move(state);
  Cache(commit.stream_id(), std::move(after));
  return absl::OkStatus();
}

// A function of the record and the rows before it alone, so that a rebuild forgets the same ids at the same records.
absl::Status Projector::SweepDedup(const journal::v1::Commit& commit, std::vector<Row>* out) const {
  const absl::Time oldest = absl::FromUnixMillis(commit.recorded_at_ms()) - limits::kCommandIdPast - absl::Hours(1);
  size_t swept = 0;
  return view_->Scan("D", "E", [&](absl::string_view key, absl::string_view) {
    if (key.size() != 17 || rows::TimeOfRequestId(key.substr(1)) >= oldest) return false;
    out->push_back({std::string(key), std::nullopt});
    return ++swept < limits::kDedupSweepRowsMax;
  });
}

std::vector<Row> Projector::PlaceRows(const journal::v1::Commit& commit, const std::string& hash, uint64_t position,
                                      rows::Place* place) const {
  place->position = position;
  place->term = commit.term();
  place->revision = commit.revision();
  place->keys_at = std::max(place->keys_at, commit.keys_at());
  place->recorded_at_ms = commit.recorded_at_ms();
  place->state_version = domain_->state_version;
  place->hash = hash;
  std::vector<Row> out;
  if (!commit.events().empty()) {
    std::string value;
    rows::AppendBig64(&value, position);
    out.push_back({rows::HistoryKey(commit.stream_id(), commit.stream_version()), std::move(value)});
  }
  out.push_back({rows::PlaceKey(), place->Encode()});
  return out;
}

}  // namespace shoujie
