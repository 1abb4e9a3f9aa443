// The commit loop: decide, send, count, answer.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/shard/refusals.h"
#include "services/runtime/shard/shard.h"

namespace shoujie {

int64_t Shard::NowMs() {
  if (env_.mutation == Mutation::kRecordedTimeFalls) last_recorded_ms_ = 0;
  last_recorded_ms_ = std::max(last_recorded_ms_, absl::ToUnixMillis(env_.clock->Now()));
  return last_recorded_ms_;
}

bool Shard::BuildBatch() {
  keys_short_ = false;
  if (phase() != Phase::kServing || doubtful_ || releasing_ || batches_.size() >= limits::kBatchesInFlightMax ||
      overlay_.size() > limits::kOverlayRowsMax) {
    return false;
  }
  std::vector<std::string> records;
  Adopt(&records);
  RecordAcks(&records);
  RecordPublished(&records);
  size_t taken = 0, clients_taken = 0, bytes = 0;
  // Internal commands first, so that whoever acts on what another service acknowledged finds its reaction done; but
  // never more than half a batch, so that neither they nor clients starve.
  while (taken < limits::kBatchCommandsMax && bytes < limits::kBatchBytesMax && phase() == Phase::kServing &&
         !keys_short_ && !(clients_.empty() && internals_.empty())) {
    const bool internal =
        !internals_.empty() && (clients_.empty() || taken - clients_taken < limits::kBatchCommandsMax / 2);
    auto& queue = internal ? internals_ : clients_;
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
  if (const auto* not_taken = std::get_if<Decider::NotTaken>(&outcome)) {
    if (not_taken->repeated) RepeatedMessage(command.cause->partition());
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
  if (env_.mutation == Mutation::kMessageRowForgotten) {
    rows->erase(std::remove_if(rows->begin(), rows->end(), [](const Row& row) { return row.key[0] == 'M'; }),
                rows->end());
  }
  overlay_.Put(f.commit.revision(), *rows);
  if (env_.mutation != Mutation::kRecentIdUnnoted) recent_ids_.Add(f.commit.command_id());
  NoticeTimers(*rows);
  f.sequence = next_sequence_++;
  f.hash = rows::Sha256(bytes);
  f.rows = *std::move(rows);
  f.sent = env_.clock->Boot();
  f.done = std::move(done);
  f.deadline = deadline;
  if (env_.mutation == Mutation::kAckBeforeDurable) AnswerEarly(f);
  if (env_.mutation == Mutation::kStoredBeforeCounting) env_.store->Write(f.rows, [] {});
  records->push_back(std::move(bytes));
  if (f.commit.has_cause()) ++causes_in_flight_;
  if (env_.mutation == Mutation::kMessageSentEarly) outbox_.Counted(f.commit);
  if (env_.mutation == Mutation::kMessageAckedEarly && f.commit.cause().seq() > 0) {
    counted_[f.commit.cause().partition()] = f.commit.cause().seq();
    acks_due_.insert(f.commit.cause().partition());
  }
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
    if (env_.mutation == Mutation::kAckAnyPosition && at >= fold_.position) fold_.position = at;
    if (at == fold_.position && (!fold_.void_term || env_.mutation == Mutation::kHoleUnnoticed)) {
      // Nothing foreign lies before it, and no later record of this term landed without it.
      fold_.position = at + 1;
      fold_.revision = revision;
      Count(at);
      settled = true;
      continue;
    }
    if (at > fold_.position) {
      if (!ReadTail()) return true;  // replaced, halted, or the log cannot be read now
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
  if (f.commit.has_cause()) --causes_in_flight_;
  if (!batches_.empty() && batches_.front() <= f.commit.revision()) batches_.pop_front();
  if (!env_.journal->exclusive()) last_counted_append_.reset();
  lease_from_ = std::max(lease_from_, env_.mutation == Mutation::kLeaseFromReturn ? env_.clock->Boot() : f.sent);
  CountedMessages(f.commit);
  // A timer that its stream refuses, and whose row stays, would fire at every scan: so it stays pending.
  if (!f.commit.events().empty()) timers_pending_.erase(f.commit.command_id());
  Write(f.commit, f.hash, position, std::move(f.rows));
  acked_.store(f.commit.revision(), std::memory_order_release);
  if (f.done) f.done(ReplyOf(f.commit, env_.id));
  if (!f.commit.has_released()) {
    last_released_ = false;
  } else if (env_.mutation != Mutation::kAnswerAfterReleased) {
    last_released_ = true;
    released_to_ = f.commit.released().to();
    if (env_.owner_changed) env_.owner_changed(fold_.term, "", "");
    GaveUp();
    Drain();
  }
}

void Shard::AnswerAfterFlight(std::function<void(absl::Status)> answer) {
  deferred_.push_back({env_.mutation == Mutation::kAnswerOvertakes ? 0 : LastInFlight(), std::move(answer)});
}

bool Shard::UnderLease() const {
  return env_.journal->exclusive() || env_.mutation == Mutation::kLeaseUnchecked ||
         env_.clock->Boot() < lease_from_ + limits::kLease;
}

void Shard::SettleDeferred() {
  while (phase() == Phase::kServing && (!released_sent_ || env_.mutation == Mutation::kAnswerAfterReleased) &&
         !deferred_.empty() && deferred_.front().after <= fold_.revision) {
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
    if (!f.done || f.deadline > boot) continue;
    std::exchange(f.done,
                  nullptr)(env_.mutation == Mutation::kLateRefuses ? absl::AbortedError("late") : OutcomeUnknown());
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

}  // namespace shoujie
