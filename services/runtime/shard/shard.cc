#include "services/runtime/shard/shard.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/shard/refusals.h"

namespace shoujie {

Shard::Shard(Env env)
    : env_(std::move(env)),
      overlay_(env_.store),
      projector_(env_.domain, env_.id, &overlay_, env_.keys),
      recent_ids_(&overlay_),
      decider_(env_.domain, env_.id, env_.partitions, &overlay_, &projector_, &recent_ids_, env_.keys, env_.mutation),
      outbox_(env_.id, env_.mutation),
      alive_(std::make_shared<Alive>()) {
  absl::MutexLock lock(&alive_->mutex);
  alive_->shard = this;
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
    if (place_.state_version != env_.domain->state_version) return StoreOfAnotherVersion();
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
    journal::v1::Record last;
    last_released_ = last.ParseFromString(records[0].bytes) && last.commit().has_released();
    released_to_ = last.commit().released().to();
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
  if (reactions_.empty()) {
    foreign_news_.store(false);
    reacting_.store(false);
  }
  return absl::OkStatus();
}

absl::Status Shard::Unavailable() const {
  if (phase() == Phase::kHalted) {
    absl::MutexLock lock(&mutex_);
    return Error(absl::StatusCode::kUnavailable, "SHARD_HALTED",
                 absl::StrCat("This shard has halted and needs an operator: ", halted_.message()),
                 absl::StrCat("该分片已停止，需要运维处理：", halted_.message()));
  }
  return env_.not_owner ? env_.not_owner() : NotOwner("", "");
}

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
  if (env_.journal->exclusive() && phase() == Phase::kServing && !foreign_news_.load(std::memory_order_acquire) &&
      !reacting_.load(std::memory_order_acquire)) {
    const uint64_t target = acked_.load(std::memory_order_acquire);
    {
      absl::MutexLock lock(&mutex_);
      if (written_.load(std::memory_order_acquire) < target) {
        store_waiters_.emplace_back(target, std::move(ready));
        env_.store->Hurry();
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
  // Taken back and forth: the vectors keep their memory.
  Mail& mail = taken_;
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
    if (env_.mutation == Mutation::kAckEach && report.ok && index < flight_.size()) AnswerEarly(flight_[index]);
    if (!report.ok) doubtful_ = true;  // reports of errors may overtake: nothing more is written in this term
  }
  for (Command& command : mail.commands) (command.internal ? internals_ : clients_).push_back(std::move(command));
  for (auto& ready : mail.reads) {
    if (phase() == Phase::kHalted || (phase() == Phase::kFollowing && wish_ != Wish::kOwn)) {
      ready(Unavailable());
      continue;
    }
    reads_.push_back(std::move(ready));
  }
  if (mail.release && claimed_) {
    releasing_ = true;
    release_to_ = *std::move(mail.release);
  }
  mail.release.reset();
  reread_ |= std::exchange(mail.reread, false);
  published_due_ = std::max(published_due_, std::exchange(mail.published, 0));
  for (const auto& letter : mail.letters) TakeLetter(letter);
  mail.letters.clear();
  mail.commands.clear();
  mail.reports.clear();
  mail.reads.clear();
}

// Reads that wait for a lease or for what other services caused: they are answered once everything decided so far
// counts.
void Shard::DeferReads() {
  for (auto& ready : reads_) {
    AnswerAfterFlight([this, ready = std::move(ready)](absl::Status status) {
      if (!status.ok()) return ready(status);
      const uint64_t target = env_.mutation == Mutation::kReadBeforeStore ? 0 : acked_.load(std::memory_order_relaxed);
      {
        absl::MutexLock lock(&mutex_);
        if (written_.load(std::memory_order_acquire) < target) {
          store_waiters_.emplace_back(target, ready);
          env_.store->Hurry();
          return;
        }
      }
      ready(absl::OkStatus());
    });
  }
  reads_.clear();
}

absl::Duration Shard::Step() {
  TakeMail();
  if (reread_) StepReread();
  switch (phase()) {
    case Phase::kHalted:
      RefuseQueued();
      return absl::InfiniteDuration();
    case Phase::kFollowing:
      if (const absl::Duration again = StepFollowing(); phase() == Phase::kFollowing) {
        SweepDeadlines();
        return again;
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
    if (phase() == Phase::kServing && releasing_) {
      if (flight_.empty() && deferred_.empty() && !released_sent_) SendReleased();
      if (released_sent_ && env_.mutation == Mutation::kAnswerAfterReleased) AnswerOn();
      FinishBatch();
    } else if (phase() == Phase::kServing) {
      FireTimers();
      PollReactions();
      BuildBatch();
      if (phase() == Phase::kServing) DeferReads();
      FinishBatch();  // a journal may have reported at once
    }
    if (phase() == Phase::kServing) SendLetters();
  }
  SettleDeferred();
  SweepDeadlines();
  reacting_.store(!reactions_.empty() && (more_foreign_ || !internals_.empty() || causes_in_flight_ > 0),
                  std::memory_order_release);
  if (phase() != Phase::kServing || releasing_) return absl::Milliseconds(5);
  if (keys_short_ || overlay_.size() > limits::kOverlayRowsMax) return absl::Milliseconds(1);
  if (batches_.size() < limits::kBatchesInFlightMax && !(clients_.empty() && internals_.empty() && !more_foreign_)) {
    return absl::ZeroDuration();
  }
  absl::Duration next = absl::Seconds(1);
  if (env_.courier) next = std::clamp(outbox_.next() - env_.clock->Boot(), absl::ZeroDuration(), next);
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
  owns_ = false;
  for (InFlight& f : flight_) {
    if (f.done) f.done(OutcomeUnknown());
  }
  flight_.clear();
  causes_in_flight_ = 0;
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
  if (clients_.empty() && internals_.empty() && reads_.empty()) return;
  absl::Status why = Unavailable();
  {
    absl::MutexLock lock(&mutex_);
    queued_clients_ -= std::min(queued_clients_, clients_.size());
  }
  for (auto& ready : reads_) ready(why);
  reads_.clear();
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
      if (!NotNow(status)) Halt(status);
      return false;
    }
    for (const StoredRecord& stored : records) {
      if (absl::Status status = Judge(stored); !status.ok()) {
        if (!NotNow(status)) Halt(status);
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
  if (env_.mutation != Mutation::kNone) Unchecked(&record);
  if (env_.keys->shared() && record.commit().keys_at() > env_.keys->last()) {
    return absl::UnavailableError("the record relies on a key that was not read yet");  // and will be, in a moment
  }
  Verdict verdict;
  if (absl::Status status = fold_.Step(stored.position, record, &verdict); !status.ok()) return status;
  term_.store(fold_.term, std::memory_order_relaxed);
  const bool mine = record.has_claim() && record.claim().node() == env_.node && record.claim().nonce() == claim_nonce_;
  switch (verdict) {
    case Verdict::kClaimed:
      released_to_.clear();
      if (env_.owner_changed) env_.owner_changed(fold_.term, record.claim().node(), record.claim().address());
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
      last_released_ =
          record.commit().has_released() || (last_released_ && env_.mutation == Mutation::kReleasedForEver);
      released_to_ = record.commit().released().to();
      // Whom it was left to has gone without an heir: there is nobody left to contend with.
      if (record.commit().has_released() && released_to_.empty()) back_off_until_ = -absl::InfiniteDuration();
      if (record.commit().has_released() && env_.owner_changed) env_.owner_changed(fold_.term, "", "");
      return ApplyForeign(record.commit(), stored);
    case Verdict::kIgnored:
    case Verdict::kVoided:
      if (verdict == Verdict::kVoided && env_.mutation == Mutation::kGapHalts) return absl::DataLossError("gap");
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
  recent_ids_.Add(commit.command_id());
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

}  // namespace shoujie
