// The shard as a writer: claim, doubt, replacement (architecture §3).
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/shard/refusals.h"
#include "services/runtime/shard/shard.h"

namespace shoujie {

void Shard::Want(Wish wish) {
  // A cluster says so again and again; only what is new is worth a step.
  if (wish_.exchange(wish) != wish) env_.wake();
}

void Shard::Release(std::string to) {
  {
    absl::MutexLock lock(&mutex_);
    mail_.release = std::move(to);
  }
  env_.wake();
}

void Shard::Reread() {
  {
    absl::MutexLock lock(&mutex_);
    mail_.reread = true;
    rereading_ = true;
  }
  env_.wake();
}

void Shard::StepReread() {
  if (phase() == Phase::kHalted) return Revive();
  if (releasing_) return;  // once it has given up
  reread_ = false;
  switch (phase()) {
    case Phase::kHalted:
    case Phase::kDraining:
      break;  // as it is about to
    case Phase::kFollowing:
      Drain();
      break;
    case Phase::kClaiming:
    case Phase::kWaiting:
    case Phase::kServing:
      // As after a doubt: what was in flight is found again behind its own claim, by command id.
      Doubt("its rows were made again");
      break;
  }
}

// What halted it may have been met in the middle of a step: everything begins again from the last row that was written.
void Shard::Revive() {
  if (written_.load(std::memory_order_acquire) < acked_.load(std::memory_order_relaxed)) {
    return env_.store->Hurry();  // wakes it
  }
  overlay_.Clear();
  recent_ids_.Forget();
  projector_.ForgetCache();
  fold_ = place_.revision == 0 ? Fold() : Fold{place_.position + 1, place_.term, place_.revision, false};
  term_.store(fold_.term, std::memory_order_relaxed);
  last_recorded_ms_ = std::max(last_recorded_ms_, place_.recorded_at_ms);
  claimed_ = releasing_ = released_sent_ = doubtful_ = last_released_ = false;
  released_to_.clear();
  last_counted_append_.reset();
  my_term_ = 0;
  claim_tries_ = 0;
  reread_ = false;
  {
    absl::MutexLock lock(&mutex_);
    halted_ = absl::OkStatus();
  }
  rereading_.store(false, std::memory_order_release);
  Enter(Phase::kFollowing);
  env_.wake();
}

// Whether a claim would be worth it: what is left to read until it comes back is little. Decides nothing else.
bool Shard::NearEnd() {
  const uint64_t end = env_.journal->EndHint(), next = fold_.position;
  const uint64_t unstored = acked_.load(std::memory_order_relaxed) - written_.load(std::memory_order_relaxed);
  const uint64_t behind = (end > next ? end - next : 0) + unstored;
  behind_.store(behind, std::memory_order_relaxed);
  return behind <= limits::kClaimWithinRecords;
}

absl::Duration Shard::StepFollowing() {
  const Wish wish = wish_;
  if (wish == Wish::kRest) {
    RefuseQueued();
    return absl::InfiniteDuration();
  }
  const bool read = ReadTail();
  if (phase() != Phase::kFollowing) return absl::ZeroDuration();
  const bool near = NearEnd() && read;
  const absl::Duration boot = env_.clock->Boot();
  backs_off_.store(boot < back_off_until_, std::memory_order_relaxed);
  // Whom the owner named has been asked by the log itself, and nobody else will claim for the moment.
  if (near && !released_to_.empty() && released_to_ == env_.node) {
    SendClaim();
  } else if (wish == Wish::kOwn && near && boot >= back_off_until_) {
    SendClaim();
  } else if (wish != Wish::kOwn || !env_.journal->exclusive()) {
    RefuseQueued();  // somebody else owns it, or will
  }
  return absl::Milliseconds(500);  // what is new wakes it
}

void Shard::SendClaim(bool in_the_same_term) {
  Enter(Phase::kClaiming);
  claimed_ = true;
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
  if (in_the_same_term) {
    next_sequence_ = 0;
    doubtful_ = false;
    return Enter(Phase::kWaiting);
  }
  claim_nonce_ = rows::ReadBig64(env_.keys->Random(8));
  journal::v1::Record record;
  auto* claim = record.mutable_claim();
  claim->set_term(fold_.term + 1);
  claim->set_last(fold_.revision);
  claim->set_node(env_.node);
  claim->set_address(env_.address);
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
  published_due_ = 0;
  behind_.store(0, std::memory_order_relaxed);
  owns_ = true;
  lease_from_ = -absl::InfiniteDuration();
  serve_at_ = boot;
  if (!env_.journal->exclusive() && !own_lease && !last_released_ && env_.mutation != Mutation::kNoLeaseWait) {
    // The former owner may answer until its lease ends, counted from sending its last record; only differences of the
    // log's clock are used, and the wait is measured by a clock that only counts.
    const absl::Duration lease = limits::kLease + limits::kLeaseMargin;
    serve_at_ = boot + (last_counted_append_ ? std::clamp(lease - (stored.append_time - *last_counted_append_),
                                                          absl::ZeroDuration(), lease)
                                             : lease);
    if (env_.mutation == Mutation::kLeaseWaitByWallClock && last_counted_append_) {
      serve_at_ = boot + std::max(*last_counted_append_ + lease - env_.clock->Now(), absl::ZeroDuration());
    }
  }
  Enter(Phase::kWaiting);
  AnswerWaiting();
  MaybeServe();
}

// Everything that was asked before is settled, so the record goes out alone: whoever claims behind it needs to wait for
// nobody's lease.
void Shard::SendReleased() {
  journal::v1::Commit commit;
  commit.set_command_id("released");
  commit.set_principal(absl::StrCat("system/", env_.id.service));
  commit.set_recorded_at_ms(NowMs());
  commit.mutable_released()->set_to(release_to_);
  std::vector<std::string> records;
  Append(std::move(commit), {}, nullptr, absl::InfiniteDuration(), &records);
  if (phase() != Phase::kServing) return;  // halted
  released_sent_ = true;
  Send(std::move(records));
}

void Shard::GaveUp() {
  releasing_ = released_sent_ = claimed_ = false;
  owns_ = false;
  Wish own = Wish::kOwn;
  wish_.compare_exchange_strong(own, Wish::kFollow);
}

void Shard::MaybeServe() {
  if (phase() != Phase::kWaiting || env_.clock->Boot() < serve_at_) return;
  uint64_t adopted = 0;
  auto row = overlay_.Get(rows::AdoptedKey());
  if (!row.ok()) return Halt(row.status());
  if (*row) {
    const auto known = rows::DecodeBig64(**row);
    if (!known) return Halt(RowBroken());
    adopted = *known;
  }
  reference_ = env_.domain->slotted ? env_.reference->At(adopted) : env_.reference->Latest();
  if (reference_ == nullptr) return;  // the directory's journal is still being read
  adopted_version_.store(adopted, std::memory_order_relaxed);
  for (ReactionReader& reader : reactions_) {
    auto cause_row = overlay_.Get(rows::CauseKey(reader.service()));
    if (!cause_row.ok()) return Halt(cause_row.status());
    std::optional<journal::v1::Cause> cause;
    if (*cause_row) cause.emplace().ParseFromString(**cause_row);
    if (env_.mutation == Mutation::kReactionsNotRewound && reader.read_up_to().revision() > 0) continue;
    reader.Reset(cause);
  }
  if (absl::Status status = ResetMessages(); !status.ok()) return Halt(status);
  more_foreign_ = true;
  timers_pending_.clear();
  if (env_.mutation != Mutation::kTimersNotSought) timers_from_ = absl::InfinitePast();
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
  // In the log or not: it may answer again only by a claim of its own.
  if (released_sent_) GaveUp();
  for (InFlight& f : flight_) {
    if (env_.mutation == Mutation::kReadBackByRevision && f.done) {
      f.done = [this, done = f.done, reply = ReplyOf(f.commit, env_.id), at = f.commit.revision()](auto answer) {
        done(fold_.revision >= at ? reply : answer);
      };
    }
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
  GaveUp();
  const absl::Duration boot = env_.clock->Boot();
  if (boot < replaced_at_ + limits::kReplacedTwiceWithin) back_off_until_ = boot + limits::kReplacedBackOff;
  replaced_at_ = boot;
  replaced_.fetch_add(1, std::memory_order_relaxed);
  Drain();
}

void Shard::Drain() {
  if (phase() != Phase::kDraining) {
    writer_.reset();
    ++writer_generation_;
    flight_.clear();
    causes_in_flight_ = 0;
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
  if (written_.load(std::memory_order_acquire) < acked_.load(std::memory_order_relaxed)) return env_.store->Hurry();
  if (env_.mutation != Mutation::kOverlayKept) {
    overlay_.Clear();
    recent_ids_.Forget();
    projector_.ForgetCache();
  }
  if (!reread_) rereading_.store(false, std::memory_order_release);
  last_recorded_ms_ = std::max(last_recorded_ms_, place_.recorded_at_ms);
  // An owner goes on whatever others wish; it may even be told to rest.
  if (claimed_ && env_.mutation == Mutation::kSameTermAfterDoubt && fold_.term == my_term_) {
    ReadTail();
    SendClaim(/*in_the_same_term=*/true);
    AnswerWaiting();
    MaybeServe();
  } else if (claimed_) {
    SendClaim();
  } else {
    Enter(Phase::kFollowing);
    env_.wake();
  }
}

// -------------------------------------------------------------------------------------------------- broken on purpose

void Shard::AnswerEarly(InFlight& f) {
  if (f.done) std::exchange(f.done, nullptr)(ReplyOf(f.commit, env_.id));
}

// After Released, for as long as its lease would have lasted.
void Shard::AnswerOn() {
  if (UnderLease() || !flight_.empty()) return DeferReads();
  GaveUp();
  Drain();
}

void Shard::Unchecked(journal::v1::Record* record) const {
  if (record->has_commit()) {
    if (env_.mutation == Mutation::kTermUnchecked) record->mutable_commit()->set_term(fold_.term);
    if (env_.mutation == Mutation::kStableUnchecked) record->mutable_commit()->clear_stable();
  } else if (env_.mutation == Mutation::kLastUnchecked && record->has_claim()) {
    record->mutable_claim()->clear_last();
  }
}

}  // namespace shoujie
