#include "services/runtime/shard/shard.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/number.h"

namespace shoujie {

// Callbacks of journal and store may come when the shard is gone.
struct Shard::Alive {
  absl::Mutex mutex;
  Shard* shard ABSL_GUARDED_BY(mutex) = nullptr;
};

Shard::Shard(Env env)
    : env_(std::move(env)),
      overlay_(env_.store),
      projector_(env_.domain, env_.id, &overlay_, env_.keys),
      decider_(env_.domain, env_.id, &overlay_, &projector_, env_.keys, env_.mutation),
      alive_(std::make_shared<Alive>()) {
  absl::MutexLock lock(&alive_->mutex);
  alive_->shard = this;
  for (const auto& type : env_.domain->streams) {
    for (const auto* descriptor : type->commands()) {
      // TimerFired is every type's: it is told by its stream.
      if (descriptor != common::v1::TimerFired::descriptor()) types_.emplace(descriptor, type.get());
    }
  }
}

Shard::~Shard() {
  watch_.reset();
  foreign_watches_.clear();
  writer_.reset();
  absl::MutexLock lock(&alive_->mutex);
  alive_->shard = nullptr;
}

absl::Status Shard::halted() const {
  absl::MutexLock lock(&mutex_);
  return halted_;
}

void Shard::Enter(Phase phase) { phase_.store(phase, std::memory_order_release); }

absl::Status Shard::Open() {
  auto row = env_.store->Get(rows::PlaceKey());
  if (!row.ok()) return row.status();
  if (*row) {
    auto place = rows::Place::Decode(**row);
    if (!place) {
      return Error(absl::StatusCode::kDataLoss, "STORE_PLACE_BROKEN",
                   "The store's place cannot be read; rebuild the store from the journal.",
                   "存储的位置行无法读取，请从日志重建存储。");
    }
    place_ = *place;
    if (place_.state_version != env_.domain->state_version) {
      return Error(absl::StatusCode::kFailedPrecondition, "STATE_VERSION",
                   "The store was made by another version of the domain; rebuild it from the journal.",
                   "存储由另一版本的领域规则生成，请从日志重建。");
    }
    std::vector<StoredRecord> records;
    if (absl::Status status = env_.journal->Read(place_.position, 1, &records); !status.ok()) return status;
    if (records.empty() || records[0].position != place_.position) {
      return Error(
          absl::StatusCode::kDataLoss, "JOURNAL_SHORT",
          absl::StrCat("The journal of ", env_.id.service, "/", env_.id.partition,
                       " ends before its store. Bring back the newer journal; never go on with the shorter one."),
          absl::StrCat("日志 ", env_.id.service, "/", env_.id.partition,
                       " 比其存储更短。请恢复较新的日志，切勿使用较短的日志继续运行。"),
          {{"position", absl::StrCat(place_.position)}});
    }
    if (rows::Sha256(records[0].bytes) != place_.hash) {
      return Error(
          absl::StatusCode::kDataLoss, "JOURNAL_FOREIGN",
          absl::StrCat("The journal of ", env_.id.service, "/", env_.id.partition,
                       " is not the one that its store was built from. Use the matching pair, or rebuild the store."),
          absl::StrCat("日志 ", env_.id.service, "/", env_.id.partition,
                       " 与其存储不匹配。请使用配套的日志，或重建存储。"));
    }
    fold_ = Fold{place_.position + 1, place_.term, place_.revision, false};
  }
  last_recorded_ms_ = place_.recorded_at_ms;
  keys_at_ = place_.keys_at;
  acked_ = written_ = place_.revision;
  term_ = fold_.term;
  auto alive = alive_;
  auto wake = [alive] {
    absl::MutexLock lock(&alive->mutex);
    if (alive->shard) alive->shard->env_.wake();
  };
  watch_ = env_.journal->Watch(wake);
  for (const Reaction& reaction : env_.domain->reactions) {
    Journal* journal = env_.foreign ? env_.foreign(reaction.to_service) : nullptr;
    if (journal == nullptr) continue;
    reactions_.emplace_back(&reaction, reaction.to_service, env_.id.partition, journal, reaction.event.get());
    foreign_watches_.push_back(journal->Watch([alive] {
      absl::MutexLock lock(&alive->mutex);
      if (!alive->shard) return;
      alive->shard->foreign_news_.store(true, std::memory_order_release);
      alive->shard->env_.wake();
    }));
  }
  return absl::OkStatus();
}

void Shard::Own() {
  want_owner_ = true;
  env_.wake();
}

absl::Status Shard::Unavailable() const {
  if (phase() == Phase::kHalted) {
    absl::MutexLock lock(&mutex_);
    return Error(absl::StatusCode::kUnavailable, "SHARD_HALTED",
                 absl::StrCat("This shard has halted and needs an operator: ", halted_.message()),
                 absl::StrCat("该分片已停止，需要运维处理：", halted_.message()));
  }
  return Error(absl::StatusCode::kUnavailable, "NOT_OWNER",
               "This node does not own the resource at present. Repeat the same request with the same request_id.",
               "本节点目前不负责该资源。请用相同的 request_id 重发同一请求。");
}

namespace {

absl::Status OutcomeUnknown() {
  return Error(absl::StatusCode::kUnavailable, "OUTCOME_UNKNOWN",
               "The command may have been recorded or not. Repeat it with the same request_id: it takes effect once.",
               "该命令可能已记录，也可能没有。请用相同的 request_id 重发：只会生效一次。");
}

absl::Status Late() {
  return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_PASSED",
               "The deadline passed before the command was decided; nothing was done. Send it again with more time.",
               "命令在处理前已超过期限，未做任何更改。请给予更长时限后重发。");
}

}  // namespace

void Shard::Post(Command command) {
  absl::Status refuse;
  {
    absl::MutexLock lock(&mutex_);
    if (phase() == Phase::kHalted) {
      // answered below
    } else if (!command.internal && queued_clients_ >= limits::kInboxCommandsMax) {
      refuse = Error(absl::StatusCode::kResourceExhausted, "SHARD_BUSY",
                     "Too many commands are waiting for this resource's shard. Back off and repeat the same request.",
                     "该资源所在分片的等待命令过多。请稍候再重发同一请求。");
    } else {
      if (!command.internal) ++queued_clients_;
      mail_.commands.push_back(std::move(command));
      command.done = nullptr;
      command.type = nullptr;
      refuse = absl::OkStatus();
      env_.wake();
      return;
    }
  }
  if (refuse.ok()) refuse = Unavailable();
  if (command.done) command.done(refuse);
}

void Shard::Read(std::function<void(absl::Status)> ready) {
  if (env_.journal->exclusive() && phase() == Phase::kServing) {
    const uint64_t target = acked_.load(std::memory_order_acquire);
    {
      absl::MutexLock lock(&mutex_);
      if (written_.load(std::memory_order_acquire) < target) {
        store_waiters_.emplace_back(target, std::move(ready));
        return;
      }
    }
    ready(absl::OkStatus());
    return;
  }
  if (phase() == Phase::kHalted) {
    ready(Unavailable());
    return;
  }
  {
    absl::MutexLock lock(&mutex_);
    mail_.reads.push_back(std::move(ready));
  }
  env_.wake();
}

void Shard::TakeMail() {
  Mail mail;
  {
    absl::MutexLock lock(&mutex_);
    std::swap(mail, mail_);
  }
  overlay_.Written(written_.load(std::memory_order_acquire));
  for (auto& [generation, report] : mail.reports) {
    if (generation != writer_generation_) continue;
    if (phase() == Phase::kClaiming) {
      // The claim's report decides nothing but that waiting longer is pointless (or, broken on purpose, too much).
      if (!report.ok) {
        claim_due_ =
            std::min(claim_due_, env_.clock->Boot() + absl::Milliseconds(10) * (1 << std::min(claim_tries_, 8)));
      } else if (env_.mutation == Mutation::kNoClaimBarrier && report.position >= 0) {
        fold_.term += 1;
        fold_.position = std::max<uint64_t>(fold_.position, report.position + 1);
        my_term_ = fold_.term;
        serve_at_ = env_.clock->Boot();
        Enter(Phase::kWaiting);
      }
      continue;
    }
    if (flight_.empty() || report.sequence < flight_.front().sequence) continue;  // it was read back already
    const uint64_t index = report.sequence - flight_.front().sequence;
    if (index < flight_.size() && !flight_[index].report) flight_[index].report = report;
    if (!report.ok) doubtful_ = true;  // reports of errors may overtake: nothing more is written in this term
  }
  for (Command& command : mail.commands) (command.internal ? internals_ : clients_).push_back(std::move(command));
  for (auto& ready : mail.reads) {
    if (phase() == Phase::kHalted || (phase() == Phase::kFollowing && !want_owner_)) {
      ready(Unavailable());
      continue;
    }
    const uint64_t after = acked_.load(std::memory_order_relaxed);
    deferred_.push_back({after, [this, ready = std::move(ready)](absl::Status status) {
                           if (!status.ok()) return ready(status);
                           const uint64_t target = acked_.load(std::memory_order_relaxed);
                           {
                             absl::MutexLock lock(&mutex_);
                             if (written_.load(std::memory_order_acquire) < target) {
                               store_waiters_.emplace_back(target, ready);
                               return;
                             }
                           }
                           ready(absl::OkStatus());
                         }});
  }
}

absl::Duration Shard::Step() {
  TakeMail();
  switch (phase()) {
    case Phase::kHalted:
      RefuseQueued();
      return absl::InfiniteDuration();
    case Phase::kFollowing:
      if (ReadTail() && want_owner_) {
        SendClaim();
      } else if (!want_owner_) {
        RefuseQueued();
      }
      break;
    case Phase::kDraining:
      Drain();
      break;
    case Phase::kClaiming:
      ReadTail();
      if (phase() == Phase::kClaiming && env_.clock->Boot() >= claim_due_) SendClaim();
      break;
    case Phase::kWaiting:
      if (env_.journal->exclusive() || ReadTail()) MaybeServe();
      break;
    case Phase::kServing:
      break;
  }
  if (phase() == Phase::kServing) {
    FinishBatch();
    // A foreign claim shows only in the log, and so does a record whose report got lost.
    if (phase() == Phase::kServing && !env_.journal->exclusive() &&
        (flight_.empty() || env_.clock->Boot() >= flight_.front().sent + limits::kReportAwaited)) {
      ReadTail();
      FinishBatch();
    }
    if (phase() == Phase::kServing) {
      FireTimers();
      PollReactions();
      BuildBatch();
      FinishBatch();  // a journal may have reported at once
    }
  }
  SettleDeferred();
  SweepDeadlines();
  if (phase() != Phase::kServing) return absl::Milliseconds(phase() == Phase::kFollowing ? 100 : 5);
  if (keys_short_ || overlay_.size() > limits::kOverlayRowsMax) return absl::Milliseconds(1);
  if (batches_.size() < limits::kBatchesInFlightMax && !(clients_.empty() && internals_.empty() && !more_foreign_)) {
    return absl::ZeroDuration();
  }
  absl::Duration next = absl::Seconds(1);
  if (timers_from_ != absl::InfiniteFuture()) {
    next = std::min(next, std::max(absl::Milliseconds(1), (timers_from_ - env_.clock->Now()) / env_.clock->Speed()));
  }
  if (!deferred_.empty() || !flight_.empty()) next = std::min(next, absl::Milliseconds(20));
  return next;
}

void Shard::Halt(const absl::Status& why) {
  {
    absl::MutexLock lock(&mutex_);
    halted_ = why;
  }
  writer_.reset();
  ++writer_generation_;
  for (InFlight& f : flight_) {
    if (f.done) f.done(OutcomeUnknown());
  }
  flight_.clear();
  batches_.clear();
  for (auto& [id, waiting] : waiting_) waiting.done(OutcomeUnknown());
  waiting_.clear();
  seen_.clear();
  Enter(Phase::kHalted);
  for (Deferred& d : deferred_) d.answer(Unavailable());
  deferred_.clear();
  RefuseQueued();
}

void Shard::RefuseQueued() {
  absl::Status why = Unavailable();
  {
    absl::MutexLock lock(&mutex_);
    queued_clients_ -= std::min(queued_clients_, clients_.size());
  }
  for (auto* queue : {&clients_, &internals_}) {
    for (Command& command : *queue) {
      if (command.done) command.done(why);
    }
    queue->clear();
  }
}

// ---------------------------------------------------------------------------------------------------- reading

bool Shard::ReadTail() {
  std::vector<StoredRecord> records;
  const Phase before = phase();
  do {
    if (overlay_.size() > limits::kOverlayRowsMax)
      return false;  // the store is behind: it wakes us when it has caught up
    records.clear();
    if (absl::Status status = env_.journal->Read(fold_.position, limits::kReadRecordsMax, &records); !status.ok()) {
      Halt(status);
      return false;
    }
    for (const StoredRecord& stored : records) {
      if (absl::Status status = Judge(stored); !status.ok()) {
        Halt(status);
        return false;
      }
      if (phase() != before) return false;
    }
  } while (!records.empty());
  return true;
}

absl::Status Shard::Judge(const StoredRecord& stored) {
  journal::v1::Record record;
  if (!record.ParseFromString(stored.bytes)) {
    return Error(absl::StatusCode::kDataLoss, "JOURNAL_RECORD_BROKEN",
                 absl::StrCat("The record at position ", stored.position, " cannot be parsed."),
                 absl::StrCat("位置 ", stored.position, " 的记录无法解析。"));
  }
  const bool owner = phase() == Phase::kServing || phase() == Phase::kWaiting;
  Verdict verdict;
  if (absl::Status status = fold_.Step(stored.position, record, &verdict); !status.ok()) return status;
  term_.store(fold_.term, std::memory_order_relaxed);
  const bool mine = record.has_claim() && record.claim().node() == env_.node && record.claim().nonce() == claim_nonce_;
  switch (verdict) {
    case Verdict::kClaimed:
      if (mine && phase() == Phase::kClaiming) {
        Claimed(record.claim(), stored);
      } else if (owner) {
        Replaced();
      }
      return absl::OkStatus();
    case Verdict::kApplied:
      if (!flight_.empty() && record.commit().term() == my_term_ &&
          record.commit().revision() == flight_.front().commit.revision()) {
        Count(stored.position);
        return absl::OkStatus();
      }
      last_counted_append_ = stored.append_time;
      return ApplyForeign(record.commit(), stored);
    case Verdict::kIgnored:
    case Verdict::kVoided:
      if (owner && verdict == Verdict::kVoided && record.commit().term() == my_term_) doubtful_ = true;
      ignored_.fetch_add(1, std::memory_order_relaxed);
      if (mine && phase() == Phase::kClaiming) SendClaim();  // somebody claimed the same term before
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status Shard::ApplyForeign(const journal::v1::Commit& commit, const StoredRecord& stored) {
  auto rows = projector_.Apply(commit, stored.bytes);
  if (!rows.ok()) return rows.status();
  overlay_.Put(commit.revision(), *rows);
  last_recorded_ms_ = std::max(last_recorded_ms_, commit.recorded_at_ms());
  if (!waiting_.empty() && waiting_.contains(commit.command_id())) {
    seen_.emplace(commit.command_id(), ReplyOf(commit, env_.id));
  }
  Write(commit, rows::Sha256(stored.bytes), stored.position, *std::move(rows));
  acked_.store(commit.revision(), std::memory_order_release);
  return absl::OkStatus();
}

void Shard::Write(const journal::v1::Commit& commit, const std::string& hash, uint64_t position,
                  std::vector<Row> rows) {
  for (Row& row : projector_.PlaceRows(commit, hash, position, &place_)) rows.push_back(std::move(row));
  keys_at_.store(place_.keys_at, std::memory_order_relaxed);
  auto alive = alive_;
  env_.store->Write(std::move(rows), [alive, revision = commit.revision()] {
    std::vector<std::function<void(absl::Status)>> ready;
    {
      absl::MutexLock lock(&alive->mutex);
      Shard* shard = alive->shard;
      if (shard == nullptr) return;
      absl::MutexLock inner(&shard->mutex_);
      if (revision > shard->written_.load(std::memory_order_relaxed)) {
        shard->written_.store(revision, std::memory_order_release);
      }
      auto& waiters = shard->store_waiters_;
      for (size_t i = 0; i < waiters.size();) {
        if (waiters[i].first <= revision) {
          ready.push_back(std::move(waiters[i].second));
          waiters[i] = std::move(waiters.back());
          waiters.pop_back();
        } else {
          ++i;
        }
      }
      if (shard->phase() != Phase::kServing) shard->env_.wake();
    }
    for (auto& r : ready) r(absl::OkStatus());
  });
}

// ---------------------------------------------------------------------------------------------------- the writer
// protocol

void Shard::SendClaim() {
  Enter(Phase::kClaiming);
  ++writer_generation_;
  auto alive = alive_;
  writer_ = env_.journal->NewWriter([alive, generation = writer_generation_](const Report& report) {
    absl::MutexLock lock(&alive->mutex);
    if (alive->shard == nullptr) return;
    {
      absl::MutexLock inner(&alive->shard->mutex_);
      alive->shard->mail_.reports.emplace_back(generation, report);
    }
    alive->shard->env_.wake();
  });
  claim_nonce_ = rows::ReadBig64(env_.keys->Random(8));
  journal::v1::Record record;
  auto* claim = record.mutable_claim();
  claim->set_term(fold_.term + 1);
  claim->set_last(fold_.revision);
  claim->set_node(env_.node);
  claim->set_nonce(claim_nonce_);
  claim_due_ = env_.clock->Boot() +
               std::min(limits::kClaimRepeatAtLast, limits::kClaimRepeatAfter * (1 << std::min(claim_tries_, 8)));
  ++claim_tries_;
  doubtful_ = false;
  next_sequence_ = 1;  // the claim is 0
  writer_->Send({record.SerializeAsString()});
}

void Shard::Claimed(const journal::v1::Claim& claim, const StoredRecord& stored) {
  const absl::Duration boot = env_.clock->Boot();
  const bool own_lease = my_term_ != 0 && claim.term() == my_term_ + 1;
  my_term_ = claim.term();
  claim_tries_ = 0;
  lease_from_ = -absl::InfiniteDuration();
  serve_at_ = boot;
  if (!env_.journal->exclusive() && !own_lease) {
    // The former owner may answer until its lease ends, counted from sending its last record; only differences of the
    // log's clock are used, and the wait is measured by a clock that only counts.
    const absl::Duration lease = limits::kLease + limits::kLeaseMargin;
    serve_at_ = boot + (last_counted_append_ ? std::clamp(lease - (stored.append_time - *last_counted_append_),
                                                          absl::ZeroDuration(), lease)
                                             : lease);
  }
  Enter(Phase::kWaiting);
  AnswerWaiting();
  MaybeServe();
}

void Shard::MaybeServe() {
  if (phase() != Phase::kWaiting || env_.clock->Boot() < serve_at_) return;
  uint64_t adopted = 0;
  auto row = overlay_.Get(rows::AdoptedKey());
  if (!row.ok()) return Halt(row.status());
  if (*row) adopted = rows::ReadBig64(**row);
  reference_ = env_.domain->slotted ? env_.reference->At(adopted) : env_.reference->Latest();
  if (reference_ == nullptr) return;  // the directory's journal is still being read
  adopted_version_.store(adopted, std::memory_order_relaxed);
  for (ReactionReader& reader : reactions_) {
    auto cause_row = overlay_.Get(rows::CauseKey(reader.service()));
    if (!cause_row.ok()) return Halt(cause_row.status());
    std::optional<journal::v1::Cause> cause;
    if (*cause_row) cause.emplace().ParseFromString(**cause_row);
    reader.Reset(cause);
  }
  more_foreign_ = true;
  timers_pending_.clear();
  timers_from_ = absl::InfinitePast();
  Enter(Phase::kServing);
}

void Shard::AnswerWaiting() {
  for (auto& [id, waiting] : waiting_) {
    auto it = seen_.find(id);
    if (it != seen_.end()) {
      waiting.done(it->second);
    } else {
      waiting.done(OutcomeUnknown());
    }
  }
  waiting_.clear();
  seen_.clear();
}

void Shard::Doubt(absl::string_view) {
  for (InFlight& f : flight_) {
    if (f.done) waiting_.insert_or_assign(f.commit.command_id(), Waiting{std::move(f.done), f.deadline});
  }
  Drain();
}

void Shard::Replaced() {
  // Whatever of ours lies behind the foreign claim counts for nothing, but a copy of it may count under the next
  // owner's eyes: only the caller's repeat can tell.
  for (InFlight& f : flight_) {
    if (f.done) f.done(OutcomeUnknown());
  }
  want_owner_ = false;
  Drain();
}

void Shard::Drain() {
  if (phase() != Phase::kDraining) {
    writer_.reset();
    ++writer_generation_;
    flight_.clear();
    batches_.clear();
    for (Command& command : internals_) {
      if (command.done) command.done(OutcomeUnknown());
    }
    internals_.clear();  // timers and causes are found again
    timers_pending_.clear();
    for (Deferred& d : deferred_) d.answer(Unavailable());
    deferred_.clear();
    Enter(Phase::kDraining);
  }
  if (written_.load(std::memory_order_acquire) < acked_.load(std::memory_order_relaxed)) return;
  overlay_.Clear();
  projector_.ForgetCache();
  last_recorded_ms_ = std::max(last_recorded_ms_, place_.recorded_at_ms);
  if (want_owner_) {
    SendClaim();
  } else {
    Enter(Phase::kFollowing);
  }
}

// ---------------------------------------------------------------------------------------------------- the commit loop

int64_t Shard::NowMs() {
  last_recorded_ms_ = std::max(last_recorded_ms_, absl::ToUnixMillis(env_.clock->Now()));
  return last_recorded_ms_;
}

bool Shard::BuildBatch() {
  keys_short_ = false;
  if (phase() != Phase::kServing || doubtful_ || batches_.size() >= limits::kBatchesInFlightMax ||
      overlay_.size() > limits::kOverlayRowsMax) {
    return false;
  }
  std::vector<std::string> records;
  Adopt(&records);
  size_t taken = 0, clients_taken = 0, bytes = 0;
  bool internal_turn = true;  // in turns, so that neither clients nor reactions starve
  while (taken < limits::kBatchCommandsMax && bytes < limits::kBatchBytesMax && phase() == Phase::kServing &&
         !keys_short_ && !(clients_.empty() && internals_.empty())) {
    auto& queue = internals_.empty() || (!internal_turn && !clients_.empty()) ? clients_ : internals_;
    internal_turn = !internal_turn;
    Command command = std::move(queue.front());
    queue.pop_front();
    if (!command.internal) ++clients_taken;
    ++taken;
    const size_t before = records.size();
    Decide(std::move(command), &records);
    if (records.size() > before) bytes += records.back().size();
  }
  if (clients_taken > 0) {
    absl::MutexLock lock(&mutex_);
    queued_clients_ -= std::min(queued_clients_, clients_taken);
  }
  if (phase() != Phase::kServing) return true;
  if (!records.empty()) Send(std::move(records));
  return taken > 0;
}

void Shard::Adopt(std::vector<std::string>* records) {
  if (!env_.domain->slotted) {
    reference_ = env_.reference->Latest();
    return;
  }
  auto latest = env_.reference->Latest();
  if (latest->version() <= adopted_version_.load(std::memory_order_relaxed)) return;
  journal::v1::Commit commit;
  commit.set_command_id(absl::StrCat("adopt/", latest->version()));
  commit.set_principal(absl::StrCat("system/", env_.id.service));
  commit.set_recorded_at_ms(NowMs());
  commit.set_adopted_version(latest->version());
  Append(std::move(commit), {}, nullptr, absl::InfiniteDuration(), records);
  adopted_version_.store(latest->version(), std::memory_order_relaxed);
  reference_ = std::move(latest);
}

void Shard::Decide(Command command, std::vector<std::string>* records) {
  if (command.deadline <= env_.clock->Boot()) {
    if (command.done) command.done(Late());
    return;
  }
  Decider::Outcome outcome = decider_.Decide(command, *reference_, NowMs());
  if (std::holds_alternative<Decider::KeysShort>(outcome)) {
    keys_short_ = true;
    if (!command.internal) {
      absl::MutexLock lock(&mutex_);
      ++queued_clients_;
    }
    (command.internal ? internals_ : clients_).push_front(std::move(command));
    return;
  }
  if (auto* answer = std::get_if<Decider::Answer>(&outcome)) {
    if (answer->reply.status().code() == absl::StatusCode::kDataLoss) {
      if (command.done) command.done(answer->reply);
      return Halt(answer->reply.status());
    }
    if (!command.done) return;
    AnswerAfterFlight([reply = std::move(answer->reply), done = std::move(command.done)](absl::Status status) {
      done(status.ok() ? reply : absl::StatusOr<common::v1::CommandReply>(status));
    });
    return;
  }
  auto& record = std::get<Decider::Record>(outcome);
  std::vector<const google::protobuf::Message*> plain;
  for (const auto& event : record.plain) plain.push_back(event.get());
  Append(std::move(record.commit), plain, std::move(command.done), command.deadline, records);
}

void Shard::Append(journal::v1::Commit commit, const std::vector<const google::protobuf::Message*>& plain, Done done,
                   absl::Duration deadline, std::vector<std::string>* records) {
  commit.set_revision(LastInFlight() + 1);
  commit.set_term(fold_.term);
  commit.set_stable(fold_.revision);
  journal::v1::Record record;
  *record.mutable_commit() = std::move(commit);
  std::string bytes = record.SerializeAsString();
  InFlight f;
  f.commit = std::move(*record.mutable_commit());
  auto rows = projector_.Apply(f.commit, bytes, plain);
  if (!rows.ok()) {
    if (done) done(rows.status());
    return Halt(rows.status());
  }
  overlay_.Put(f.commit.revision(), *rows);
  NoticeTimers(*rows);
  f.sequence = next_sequence_++;
  f.hash = rows::Sha256(bytes);
  f.rows = *std::move(rows);
  f.sent = env_.clock->Boot();
  f.done = std::move(done);
  f.deadline = deadline;
  if (env_.mutation == Mutation::kAckBeforeDurable && f.done) {
    f.done(ReplyOf(f.commit, env_.id));
    f.done = nullptr;
  }
  records->push_back(std::move(bytes));
  flight_.push_back(std::move(f));
}

void Shard::Send(std::vector<std::string> records) {
  batches_.push_back(flight_.back().commit.revision());
  writer_->Send(std::move(records));
}

bool Shard::FinishBatch() {
  TakeMail();
  bool settled = false;
  while (phase() == Phase::kServing && !flight_.empty() && flight_.front().report) {
    const Report report = *flight_.front().report;
    const uint64_t revision = flight_.front().commit.revision();
    if (!report.ok || report.position < 0) {
      Doubt("the log did not say where the record is");
      return true;
    }
    const uint64_t at = static_cast<uint64_t>(report.position);
    if (at == fold_.position && !fold_.void_term) {
      // Nothing foreign lies before it, and no later record of this term landed without it.
      fold_.position = at + 1;
      fold_.revision = revision;
      Count(at);
      settled = true;
      continue;
    }
    if (at > fold_.position) {
      if (!ReadTail()) return true;  // replaced or halted
      if (fold_.revision >= revision) {
        settled = true;
        continue;  // the reader counted it
      }
      if (fold_.position <= at) return settled;  // not readable yet: the watch wakes us
    }
    Doubt("the record is in the log and does not count");
    return true;
  }
  if (phase() == Phase::kServing && !doubtful_ && !flight_.empty() && !env_.journal->exclusive()) {
    doubtful_ = env_.clock->Boot() >= flight_.front().sent + limits::kReportAtLast;
  }
  if (phase() == Phase::kServing && doubtful_) {
    Doubt("a record of this term is in doubt");
    return true;
  }
  return settled;
}

// The front record is known to count; the fold has moved past it.
void Shard::Count(uint64_t position) {
  InFlight f = std::move(flight_.front());
  flight_.pop_front();
  if (!batches_.empty() && batches_.front() <= f.commit.revision()) batches_.pop_front();
  if (!env_.journal->exclusive()) last_counted_append_.reset();
  lease_from_ = std::max(lease_from_, f.sent);
  timers_pending_.erase(f.commit.command_id());
  Write(f.commit, f.hash, position, std::move(f.rows));
  acked_.store(f.commit.revision(), std::memory_order_release);
  if (f.done) f.done(ReplyOf(f.commit, env_.id));
}

void Shard::AnswerAfterFlight(std::function<void(absl::Status)> answer) {
  deferred_.push_back({LastInFlight(), std::move(answer)});
}

bool Shard::UnderLease() const {
  return env_.journal->exclusive() || env_.clock->Boot() < lease_from_ + limits::kLease;
}

void Shard::SettleDeferred() {
  while (phase() == Phase::kServing && !deferred_.empty() && deferred_.front().after <= fold_.revision) {
    if (!UnderLease()) {
      if (flight_.empty()) {  // an empty record renews it
        std::vector<std::string> records;
        journal::v1::Commit commit;
        commit.set_command_id("lease");
        commit.set_principal(absl::StrCat("system/", env_.id.service));
        commit.set_recorded_at_ms(NowMs());
        Append(std::move(commit), {}, nullptr, absl::InfiniteDuration(), &records);
        if (phase() == Phase::kServing) Send(std::move(records));
      }
      return;
    }
    Deferred d = std::move(deferred_.front());
    deferred_.pop_front();
    d.answer(absl::OkStatus());
  }
}

void Shard::SweepDeadlines() {
  const absl::Duration boot = env_.clock->Boot();
  for (InFlight& f : flight_) {
    if (f.done && f.deadline <= boot) std::exchange(f.done, nullptr)(OutcomeUnknown());
  }
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (it->second.deadline <= boot) {
      it->second.done(OutcomeUnknown());
      it = waiting_.erase(it);
    } else {
      ++it;
    }
  }
  if (phase() == Phase::kServing) return;
  size_t late = 0;
  for (size_t i = 0; i < clients_.size();) {
    if (clients_[i].deadline <= boot) {
      if (clients_[i].done) clients_[i].done(Late());
      clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(i));
      ++late;
    } else {
      ++i;
    }
  }
  absl::MutexLock lock(&mutex_);
  queued_clients_ -= std::min(queued_clients_, late);
}

// ---------------------------------------------------------------------------------------------------- timers and
// reactions

void Shard::NoticeTimers(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    if (row.key[0] != 'T' || !row.value) continue;
    if (auto timer = rows::DecodeTimerKey(row.key)) timers_from_ = std::min(timers_from_, timer->due);
  }
}

void Shard::FireTimers() {
  const absl::Time now = env_.clock->Now();
  if (now < timers_from_ || internals_.size() >= limits::kInternalCommandsMax) return;
  timers_from_ = absl::InfiniteFuture();
  size_t fired = 0;
  absl::Status status = overlay_.Scan("T", "U", [&](absl::string_view key, absl::string_view value) {
    auto timer = rows::DecodeTimerKey(key);
    if (!timer) return true;
    if (timer->due > now) {
      timers_from_ = std::min(timers_from_, timer->due);
      return false;
    }
    const uint64_t attempt = rows::ReadBig64(value);
    std::string id = absl::StrCat("timer/", timer->stream, "/", timer->name, "/", attempt);
    if (!timers_pending_.insert(id).second) {
      timers_from_ = now + absl::Milliseconds(20);  // asked for again while the last one waits: look again
      return true;
    }
    auto request = std::make_unique<common::v1::TimerFired>();
    request->set_name(timer->stream);
    request->set_timer(timer->name);
    request->set_attempt(static_cast<uint32_t>(attempt));
    *request->mutable_due() = google::protobuf::util::TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(timer->due));
    Command command;
    command.type = projector_.TypeOf(timer->stream);
    command.address.stream = timer->stream;
    command.request = std::move(request);
    command.internal = true;
    command.id = std::move(id);
    command.principal = {absl::StrCat("system/", env_.id.service), static_cast<uint32_t>(Right::kSystem)};
    internals_.push_back(std::move(command));
    if (++fired < limits::kTimersPerTickMax) return true;
    timers_from_ = now;  // the rest at the next step: overdue timers fire at a bounded rate
    return false;
  });
  if (!status.ok()) Halt(status);
}

void Shard::PollReactions() {
  const bool news = foreign_news_.exchange(false, std::memory_order_acq_rel);
  if (!news && !more_foreign_) return;
  more_foreign_ = false;
  for (ReactionReader& reader : reactions_) {
    if (internals_.size() >= limits::kInternalCommandsMax) {
      more_foreign_ = true;
      return;
    }
    const size_t room = limits::kInternalCommandsMax - internals_.size();
    std::vector<Command> commands;
    if (absl::Status status = reader.Poll(room, &commands); !status.ok()) return Halt(status);
    more_foreign_ |= commands.size() >= room;
    for (Command& command : commands) {
      auto type = types_.find(command.request->GetDescriptor());
      absl::StatusOr<Address> address = type == types_.end()
                                            ? absl::InternalError("a reaction made a command that no stream takes")
                                            : type->second->Route(*command.request);
      if (!address.ok()) return Halt(address.status());
      command.type = type->second;
      command.address = *std::move(address);
      command.slot = SlotOfStream(command.address.stream, env_.keys->slot_key());
      command.principal = {absl::StrCat("system/", env_.id.service), static_cast<uint32_t>(Right::kSystem)};
      internals_.push_back(std::move(command));
    }
    if (reader.without_effect() >= limits::kForeignWithoutEffectMax && internals_.empty() && flight_.empty()) {
      std::vector<std::string> records;
      journal::v1::Commit commit;
      *commit.mutable_read_up_to() = reader.read_up_to();
      commit.set_command_id(absl::StrCat("read/", reader.service(), "/", commit.read_up_to().revision()));
      commit.set_principal(absl::StrCat("system/", env_.id.service));
      commit.set_recorded_at_ms(NowMs());
      Append(std::move(commit), {}, nullptr, absl::InfiniteDuration(), &records);
      if (phase() != Phase::kServing) return;
      Send(std::move(records));
      reader.EffectRecorded();
    }
  }
}

}  // namespace shoujie
