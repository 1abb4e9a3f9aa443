#include "services/runtime/shard/decider.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/features.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/number.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/security/seal.h"
#include "services/runtime/security/vouch.h"
#include "services/runtime/shard/message_rows.h"
#include "services/runtime/shard/refusals.h"

namespace shoujie {
namespace {

using google::protobuf::Message;

// Facts of a source's past are requests with a repeated field `facts`.
bool IsHistory(const Message& request) {
  const auto* facts = request.GetDescriptor()->FindFieldByName("facts");
  return facts != nullptr && facts->is_repeated();
}

uint32_t FactsIn(const Message& request) {
  const auto* facts = request.GetDescriptor()->FindFieldByName("facts");
  return static_cast<uint32_t>(request.GetReflection()->FieldSize(request, facts));
}

// The `facts_recorded{recorded, repeated}` event that a domain adds to such a commit.
void CountFacts(const Message& event, journal::v1::Commit* commit) {
  const auto* field = event.GetDescriptor()->FindFieldByName("facts_recorded");
  if (field == nullptr || field->message_type() == nullptr || !event.GetReflection()->HasField(event, field)) return;
  const Message& counts = event.GetReflection()->GetMessage(event, field);
  auto number = [&](const char* name) -> uint32_t {
    const auto* f = counts.GetDescriptor()->FindFieldByName(name);
    return f && f->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_UINT32
               ? counts.GetReflection()->GetUInt32(counts, f)
               : 0;
  };
  commit->set_facts_recorded(number("recorded"));
  commit->set_facts_repeated(number("repeated"));
}

absl::Status CheckRequestId(const Command& command, int64_t recorded_at_ms) {
  const absl::Time at = rows::TimeOfRequestId(command.id), now = absl::FromUnixMillis(recorded_at_ms);
  if (at >= now - limits::kCommandIdPast && at <= now + limits::kCommandIdFuture) return absl::OkStatus();
  return Invalid(
      "COMMAND_ID_TIME",
      "The time in request_id lies outside the window in which repeats are recognised (7 days back, 5 minutes "
      "ahead). Check the client's clock and send the command with a new UUIDv7.",
      "request_id 中的时间不在可识别重复的窗口内（过去 7 天至未来 5 分钟）。请检查客户端时钟，并用新的 UUIDv7 重发。",
      {{"idTime", absl::FormatTime(at)}, {"serverTime", absl::FormatTime(now)}});
}

void Identify(const Command& command, int64_t recorded_at_ms, journal::v1::Commit* commit) {
  commit->set_command_id(command.id);
  commit->set_payload_mac(command.payload_mac);
  commit->set_principal(command.principal.id);
  commit->set_recorded_at_ms(recorded_at_ms);
  if (command.cause) *commit->mutable_cause() = *command.cause;
  commit->set_traceparent(command.traceparent);
}

// What the shard adds when it sends a commit: revision, term, stable, the record around it.
constexpr size_t kCommitBytesMore = 64;

}  // namespace

absl::StatusOr<std::optional<std::string>> Decider::Recorded(const Command& command, int64_t recorded_at_ms) {
  auto may_hold = recent_ids_->MayHold(command.id, recorded_at_ms);
  if (!may_hold.ok()) return may_hold.status();
  if (!*may_hold) return std::optional<std::string>();
  return view_->Get(rows::DedupKey(command.id));
}

Decider::Decider(const ServiceDomain* domain, JournalId id, uint32_t partitions, const StoreReader* view,
                 Projector* projector, RecentIds* recent_ids, KeyRing* keys, Mutation mutation)
    : domain_(domain),
      id_(std::move(id)),
      partitions_(domain->slotted ? partitions : 1),
      view_(view),
      projector_(projector),
      recent_ids_(recent_ids),
      keys_(keys),
      mutation_(mutation) {
  guarded_ = !MarksOf(*domain_->event->GetDescriptor()).empty();
  for (const auto& type : domain_->streams) {
    for (const auto* descriptor : type->commands()) {
      // These two are every type's: they are told by their stream.
      if (descriptor == common::v1::MessageDeclined::descriptor()) {
        told_.insert(type.get());
      } else if (descriptor != common::v1::TimerFired::descriptor()) {
        types_.emplace(descriptor, type.get());
      }
    }
  }
}

const StreamType* Decider::TypeFor(const Message& request) const {
  if (request.GetDescriptor() == common::v1::MessageDeclined::descriptor()) {
    const StreamType* type = projector_->TypeOf(static_cast<const common::v1::MessageDeclined&>(request).name());
    return type != nullptr && told_.contains(type) ? type : nullptr;
  }
  auto it = types_.find(request.GetDescriptor());
  return it == types_.end() ? nullptr : it->second;
}

absl::StatusOr<std::string> Decider::StreamOf(const Command& command, bool* created) {
  *created = false;
  const Address& address = command.address;
  if (!address.stream.empty()) return address.stream;
  if (address.key) {
    auto row = view_->Get(rows::UniqueKey(keys_->IndexTerm(address.key->space, address.key->value)));
    if (!row.ok()) return row.status();
    if (*row) return **row;
  }
  if (!address.may_create || domain_->numbering == Numbering::kNone) {
    return NotFound("KEY_UNKNOWN", "Nothing is known under this identifier; check it, or create the resource first.",
                    "没有与该标识对应的记录，请核对或先创建。");
  }
  auto row = view_->Get(rows::CounterKey(command.slot));
  if (!row.ok()) return row.status();
  const auto last = *row ? rows::DecodeBig64(**row) : 0;
  if (!last) return RowBroken();
  const uint64_t count = *last + 1;
  *created = true;
  const Number number{command.slot, count, domain_->numbering == Numbering::kCustomer};
  return absl::StrCat(domain_->numbered_collection, "/", number.ToString());
}

Decider::Outcome Decider::Decide(const Command& command, const Reference& reference, int64_t recorded_at_ms) {
  // What an internal command is refused becomes a record, so that it is never executed later by surprise; damage halts.
  auto refuse = [&](absl::Status why) -> Outcome {
    if (!command.internal || why.code() == absl::StatusCode::kDataLoss || mutation_ == Mutation::kDeclinedUnrecorded) {
      return Answer{std::move(why)};
    }
    Record declined;
    Identify(command, recorded_at_ms, &declined.commit);
    const std::string reason = ReasonOf(why);
    declined.commit.set_declined(reason.empty() ? absl::StatusCodeToString(why.code()) : reason);
    if (absl::Status told = TellSender(command, &declined.commit); !told.ok()) return Answer{RowBroken()};
    return declined;
  };
  if (command.cause && command.cause->seq() > 0) {
    auto taken = TakenFrom(*view_, command.cause->partition());
    if (!taken.ok()) return refuse(taken.status());
    const uint64_t seq = command.cause->seq();
    if (seq <= *taken && mutation_ != Mutation::kMessageTakenTwice) return NotTaken{true};
    if (seq > *taken + 1 && mutation_ != Mutation::kMessageGapTaken) return NotTaken{false};
  }
  if (!command.internal) {
    if (absl::Status status = CheckRequestId(command, recorded_at_ms); !status.ok()) return refuse(status);
    auto row = Recorded(command, recorded_at_ms);
    if (!row.ok()) return refuse(row.status());
    if (*row && mutation_ != Mutation::kDedupForgotten) {
      auto dedup = rows::DedupValue::Decode(**row);
      if (!dedup) {
        return refuse(Error(absl::StatusCode::kDataLoss, "DEDUP_ROW_BROKEN",
                            "A stored answer cannot be read; rebuild the store.", "已存的应答无法读取，请重建存储。"));
      }
      if (dedup->payload_mac != command.payload_mac) {
        return refuse(
            Error(absl::StatusCode::kAlreadyExists, "COMMAND_ID_REUSED",
                  "This request_id was already used for another request. Repeat a command with the same bytes, or "
                  "send a new one with a new id.",
                  "该 request_id 已用于另一请求。重试须发送相同内容，新命令须使用新的 id。"));
      }
      if (mutation_ == Mutation::kRepeatAnsweredAnew) {
        if (auto now = projector_->Load(dedup->reply.name()); now.ok())
          dedup->reply.set_etag(absl::StrCat(now->version));
      }
      return Answer{dedup->reply};
    }
  }

  bool created = false;
  auto stream = StreamOf(command, &created);
  if (!stream.ok()) return refuse(stream.status());
  auto view = projector_->Load(*stream);
  if (!view.ok()) return refuse(view.status());
  if (view->type != command.type) {
    return refuse(
        Invalid("RESOURCE_KIND",
                "The resource name is of another kind than this command takes. Name a resource of the right kind.",
                "资源名称的类型与该命令不符。请填写正确类型的资源。", {{"name", *stream}}));
  }
  if (!command.etag.empty() && command.etag != absl::StrCat(view->version)) {
    return refuse(
        Error(absl::StatusCode::kAborted, "STALE_ETAG",
              "The resource has changed since you read it. Read it again, look at what changed, and decide anew.",
              "该资源在您读取之后已被修改。请重新读取、查看变更后再操作。",
              {{"etag", command.etag}, {"currentEtag", absl::StrCat(view->version)}}));
  }

  Context context{
      .now = absl::FromUnixMillis(recorded_at_ms),
      .recorded_at = absl::FromUnixMillis(recorded_at_ms),
      .principal = command.principal,
      .reference = reference,
      .stream = *stream,
      .version = view->version,
      .history = IsHistory(*command.request),
      .open = [this](const common::v1::Personal& p) { return OpenPersonal(p, *keys_); },
      .vouched = [this](absl::string_view statement,
                        absl::string_view mark) { return IsVouchedFor(keys_->slot_key(), statement, mark); }};
  if (command.occurred_at) {
    if (!command.principal.Has(Right::kFacts)) {
      return refuse(
          Denied("OCCURRED_AT_DENIED",
                 "Only sources of facts (switch, importer, off-line site) may say when something occurred. Leave "
                 "occurred_at out; to correct a time, use a correction.",
                 "只有事实来源（交换机、导入、离线站点）可以指定发生时间。请去掉 occurred_at；更正时间请用更正操作。"));
    }
    if (*command.occurred_at > context.recorded_at + limits::kFutureFactsMax) {
      return refuse(Invalid("TIME_IN_FUTURE",
                            "occurred_at lies in the future. Check the source's clock and send it again.",
                            "occurred_at 在未来。请检查来源时钟后重发。"));
    }
    context.now = *command.occurred_at;
  }
  if (mutation_ == Mutation::kEffectiveTimeFalls) view->effective_at_ms = 0;
  context.now = std::max(context.now, absl::FromUnixMillis(view->effective_at_ms));

  auto decided = view->type->Decide(*view->state, *command.request, context);
  if (!decided.ok()) return refuse(decided.status());
  if (decided->size() > limits::kEventsPerCommandMax) {
    return refuse(Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_EVENTS",
                        "The command asks for too much at once; split it.", "一次命令的内容过多，请拆分。"));
  }
  if (guarded_ && mutation_ != Mutation::kFeatureUnchecked) {
    for (const auto& d : *decided) {
      const std::string& feature = FeatureOf(*d.event);
      if (!feature.empty() && !reference.enabled(feature)) return refuse(FeatureOff(feature));
    }
  }
  if (decided->empty() && !command.internal) {
    common::v1::CommandReply reply;
    if (view->version > 0) reply.set_name(*stream);
    reply.set_etag(absl::StrCat(view->version));
    reply.set_no_op(true);
    if (context.history) reply.set_facts_repeated(FactsIn(*command.request));
    return Answer{reply};
  }

  Record record;
  auto& commit = record.commit;
  Identify(command, recorded_at_ms, &commit);
  if (decided->empty()) return record;

  commit.set_stream_id(*stream);
  commit.set_stream_version(view->version + 1);
  commit.set_prev_hash(view->hash);
  // A stream is history until something of today happens to it.
  commit.set_history(context.history && (view->version == 0 || view->history));
  int64_t effective = view->effective_at_ms;
  for (auto& d : *decided) {
    effective = std::max(effective, absl::ToUnixMillis(d.effective_at.value_or(context.now)));
    commit.add_events()->set_effective_offset_ms(effective - recorded_at_ms);
    if (context.history) CountFacts(*d.event, &commit);
    record.plain.push_back(std::move(d.event));
    if (commit.history()) continue;  // sends nothing: it was all told when it was of today
    for (auto& message : d.messages) record.messages.push_back(std::move(message));
  }
  if (record.messages.size() > limits::kMessagesPerCommandMax) {
    return refuse(Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_MESSAGES",
                        "The command concerns too much at once; split it.", "一次命令涉及的内容过多，请拆分。"));
  }
  for (const auto& event : record.plain) {
    for (const UniqueKey& key : view->type->Keys(*event)) {
      auto row = view_->Get(rows::UniqueKey(keys_->IndexTerm(key.space, key.value)));
      if (!row.ok()) return refuse(row.status());
      if (*row && **row != *stream) {
        return refuse(Error(absl::StatusCode::kAlreadyExists, "KEY_TAKEN",
                            "This identifier already belongs to another resource; use that one, or merge them.",
                            "该标识已属于另一条记录，请使用该记录或进行合并。", {{"name", **row}}));
      }
    }
  }
  bool keys_short = false;
  if (absl::Status status = Seal(*stream, *view, &record, &keys_short); !status.ok()) return refuse(status);
  if (keys_short) return KeysShort{};
  if (commit.ByteSizeLong() + kCommitBytesMore > kRecordBytesMax) {
    return refuse(Invalid(
        "RECORD_TOO_LARGE", "What the command does is too large for one record of the journal. Split the command.",
        "该命令产生的内容超过一条日志记录的上限。请拆分命令。",
        {{"bytes", absl::StrCat(commit.ByteSizeLong())}, {"bytesMax", absl::StrCat(kRecordBytesMax)}}));
  }
  return record;
}

absl::StatusOr<uint64_t> Decider::SubjectKey(const std::string& stream, const StreamView& view,
                                             journal::v1::Commit* commit) {
  if (view.subject_key != 0) return view.subject_key;
  const std::string subject = SubjectOf(stream);
  auto row = view_->Get(rows::SubjectKey(subject));
  if (!row.ok()) return row.status();
  if (*row) {
    const auto known = rows::DecodeBig64(**row);
    if (!known) return RowBroken();
    projector_->RememberSubjectKey(stream, *known);
    return *known;
  }
  auto taken = keys_->TakeKey();
  if (!taken) return uint64_t{0};
  auto* assigned = commit->add_keys();
  assigned->set_subject(subject);
  assigned->set_key(*taken);
  return *taken;
}

absl::Status Decider::Seal(const std::string& stream, const StreamView& view, Record* record, bool* keys_short) {
  journal::v1::Commit& commit = record->commit;
  const std::string subject = SubjectOf(stream);
  const std::string origin = absl::StrCat(stream, "@", view.version + 1);
  uint64_t key = 0;
  // The message itself if nothing in it needs sealing, else a sealed copy.
  auto seal = [&](const Message& plain, const std::string& part,
                  std::unique_ptr<Message>* copy) -> absl::StatusOr<const Message*> {
    if (!HoldsPersonal(plain.GetDescriptor()) || !HasPlain(plain)) return &plain;
    if (key == 0) {
      auto of_subject = SubjectKey(stream, view, &commit);
      if (!of_subject.ok()) return of_subject.status();
      if (*of_subject == 0) {
        *keys_short = true;
        return &plain;
      }
      key = *of_subject;
      commit.set_keys_at(key);
    }
    copy->reset(plain.New());
    (*copy)->CopyFrom(plain);
    if (absl::Status status = SealMessage(copy->get(), subject, key, origin + part, *keys_); !status.ok()) {
      return status;
    }
    return copy->get();
  };
  for (size_t n = 0; n < record->plain.size(); ++n) {
    std::unique_ptr<Message> copy;
    auto sealed = seal(*record->plain[n], absl::StrCat(".", n), &copy);
    if (!sealed.ok()) return sealed.status();
    if (*keys_short) return absl::OkStatus();
    (*sealed)->SerializeToString(commit.mutable_events(static_cast<int>(n))->mutable_body());
  }
  for (size_t n = 0; n < record->messages.size(); ++n) {
    std::unique_ptr<Message> copy;
    auto sealed = seal(*record->messages[n], absl::StrCat(".m", n), &copy);
    if (!sealed.ok()) return sealed.status();
    if (*keys_short) return absl::OkStatus();
    if (absl::Status status = Send(**sealed, &commit); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Decider::Send(const Message& request, journal::v1::Commit* commit) {
  const StreamType* type = TypeFor(request);
  auto address =
      type == nullptr ? absl::InternalError("a message is a command that no stream takes") : type->Route(request);
  if (!address.ok()) return address.status();
  if (address->stream.empty()) return absl::InternalError("a message is not addressed by the name of a stream");
  const uint32_t slot = SlotOfStream(address->stream, keys_->slot_key());
  const uint32_t partition = PartitionOfSlot(slot, partitions_);
  uint64_t last = 0;
  for (const auto& other : commit->sent()) {
    if (other.to_partition() == partition) last = other.seq();
  }
  if (last == 0) {
    auto pair = SentTo(*view_, partition);
    if (!pair.ok()) return pair.status();
    last = pair->sent;
  }
  auto* sent = commit->add_sent();
  sent->set_to_partition(partition);
  sent->set_to_slot(slot);
  sent->set_seq(last + 1);
  sent->set_type(request.GetDescriptor()->full_name());
  request.SerializeToString(sent->mutable_command());
  return absl::OkStatus();
}

// A stream that wants to know is told, by a message, that what it had sent was declined; but never of that one, or two
// streams could go on telling each other for ever.
absl::Status Decider::TellSender(const Command& command, journal::v1::Commit* declined) {
  if (command.from_stream.empty() || command.request->GetDescriptor() == common::v1::MessageDeclined::descriptor()) {
    return absl::OkStatus();
  }
  const StreamType* sender = projector_->TypeOf(command.from_stream);
  if (sender == nullptr || !told_.contains(sender)) return absl::OkStatus();
  common::v1::MessageDeclined told;
  told.set_name(command.from_stream);
  told.set_to(command.address.stream);
  told.set_type(command.request->GetDescriptor()->full_name());
  told.set_reason(declined->declined());
  return Send(told, declined);
}

}  // namespace shoujie
