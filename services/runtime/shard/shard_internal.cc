// What the shard asks of itself: timers that are due, reactions to other services, how far its events are published.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/features.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/number.h"
#include "services/runtime/base/time.h"
#include "services/runtime/shard/shard.h"

namespace shoujie {

void Shard::NoticeTimers(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    if (row.key[0] != 'T' || !row.value) continue;
    if (auto timer = rows::DecodeTimerKey(row.key)) timers_from_ = std::min(timers_from_, timer->due);
  }
}

void Shard::FireTimers() {
  // Not the wall clock itself: set back before the timer is decided, it would make "due" a "not yet".
  const absl::Time now = absl::FromUnixMillis(NowMs());
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
    const uint64_t attempt = rows::DecodeBig64(value).value_or(0);  // of a damaged row: no attempt that is asked for
    std::string id = absl::StrCat("timer/", timer->stream, "/", timer->name, "/", attempt);
    if (!timers_pending_.insert(id).second && env_.mutation != Mutation::kTimerTwice) {
      timers_from_ = now + absl::Milliseconds(20);  // asked for again while the last one waits: look again
      return true;
    }
    auto request = std::make_unique<common::v1::TimerFired>();
    request->set_name(timer->stream);
    request->set_timer(timer->name);
    request->set_attempt(static_cast<uint32_t>(attempt));
    *request->mutable_due() = ToProto(timer->due);
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

void Shard::PublishedUpTo(uint64_t revision) {
  {
    absl::MutexLock lock(&mutex_);
    mail_.published = std::max(mail_.published, revision);
  }
  env_.wake();
}

void Shard::RecordPublished(std::vector<std::string>* records) {
  if (published_due_ == 0 || !reference_->enabled(kPublishedFeature)) return;
  journal::v1::Commit commit;
  commit.set_published_up_to(std::exchange(published_due_, 0));
  commit.set_command_id("published");
  commit.set_principal(absl::StrCat("system/", env_.id.service));
  commit.set_recorded_at_ms(NowMs());
  Append(std::move(commit), {}, nullptr, absl::InfiniteDuration(), records);
}

void Shard::PollReactions() {
  reacting_.store(true, std::memory_order_release);  // before the news are taken: a read sees one or the other
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
    if (absl::Status status = reader.Poll(room, &commands); NotNow(status)) {
      foreign_news_.store(true, std::memory_order_release);  // asked again; what was read before goes on its way
    } else if (!status.ok()) {
      return Halt(status);
    }
    more_foreign_ |= commands.size() >= room;
    for (Command& command : commands) {
      const StreamType* type = decider_.TypeFor(*command.request);
      absl::StatusOr<Address> address = type == nullptr
                                            ? absl::InternalError("a reaction made a command that no stream takes")
                                            : type->Route(*command.request);
      if (!address.ok()) return Halt(address.status());
      command.type = type;
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
