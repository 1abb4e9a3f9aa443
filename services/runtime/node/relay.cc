#include "services/runtime/node/relay.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/node/cloud_event.h"
#include "services/runtime/node/unpublished_rows.h"

namespace shoujie {
namespace {

size_t SizeOf(const PublishedRecord& record) {
  size_t size = record.key.size() + record.value.size();
  for (const auto& [name, value] : record.headers) size += name.size() + value.size();
  return size;
}

std::string Behind(absl::string_view key) { return std::string(key) + '\0'; }

}  // namespace

Relay::Relay(Env env)
    : env_(std::move(env)), event_(env_.event->New()), told_(env_.partitions), lanes_(env_.partitions) {}

Relay::~Relay() { Stop(); }

void Relay::Start() {
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "relay");
}

void Relay::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stop_ = true;
  }
  if (thread_.joinable()) thread_.join();
  for (Lane& lane : lanes_) lane = Lane();
}

void Relay::Wake() {
  absl::MutexLock lock(&mutex_);
  woken_ = true;
}

void Relay::Run() {
  for (;;) {
    const absl::Duration pause = Step();
    const auto awake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return woken_ || stop_; };
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&awake), pause);
    if (stop_) return;
    woken_ = false;
  }
}

absl::Duration Relay::Step() {
  TakeReports();
  std::vector<Owner> owners;
  bool any = false;
  for (uint32_t p = 0; p < env_.partitions; ++p) {
    owners.push_back(env_.owner(p));
    any |= owners.back().serving;
  }
  may_ = any ? May() : absl::OkStatus();
  absl::Duration next = limits::kRelayLookEvery;
  absl::Status why = may_;
  for (uint32_t p = 0; p < env_.partitions; ++p) {
    next = std::min(next, StepLane(p, owners[p]));
    if (why.ok()) why = lanes_[p].why;
  }
  TellWaits(why);
  return std::max(next, absl::Milliseconds(1));
}

absl::Status Relay::May() {
  if (absl::Status status = env_.may(); !status.ok()) return status;
  const absl::Duration now = env_.clock->Boot();
  if (checked_.ok() || now < check_at_) return checked_;
  checked_ = env_.log->Check();
  check_at_ = now + limits::kRelayWaitAtLast;
  return checked_;
}

void Relay::TakeReports() {
  std::vector<Mail> mail;
  {
    absl::MutexLock lock(&mutex_);
    std::swap(mail, mail_);
  }
  for (Mail& one : mail) {
    Lane& lane = lanes_[one.partition];
    if (lane.writer == nullptr || lane.generation != one.generation) continue;
    if (!one.report.ok) {
      Doubt(&lane, std::move(one.report.why));
    } else if (lane.flight.empty() || one.report.sequence != lane.reported) {
      Doubt(&lane, absl::InternalError("the report of an earlier event is missing"));
    } else {
      lane.used = env_.clock->Boot();
      ++lane.reported;
      lane.flight_bytes -= lane.flight.front().bytes;
      lane.flight.pop_front();
      if (lane.unrecorded++ == 0) lane.unrecorded_from = lane.used;
      lane.pause = absl::ZeroDuration();
      lane.why = absl::OkStatus();
      Landed(&lane);
    }
  }
}

absl::Duration Relay::StepLane(uint32_t p, const Owner& owner) {
  Lane& lane = lanes_[p];
  Told& told = told_[p];
  if (lane.term != 0 && (!owner.serving || owner.term != lane.term)) lane = Lane();
  told.owned.store(owner.serving, std::memory_order_relaxed);
  if (!owner.serving) return limits::kRelayLookEvery;
  if (lane.term == 0) {
    lane.term = owner.term;
    lane.begin_at = owner.revision;
  }
  const uint64_t shown = env_.shown(p);
  const absl::Duration now = env_.clock->Boot();
  if (!lane.begun && may_.ok() && shown >= lane.begin_at && now >= lane.wait_until) {
    if (absl::Status status = Begin(p, &lane, shown); !status.ok()) Doubt(&lane, std::move(status));
  }
  if (lane.begun) {
    if (absl::Status status = Send(p, &lane, shown); !status.ok()) Doubt(&lane, std::move(status));
  }
  Record(p, &lane);
  if (lane.writer != nullptr && lane.flight.empty() && now >= lane.used + limits::kRelayWriterIdle) {
    lane.writer.reset();
  }
  told.runs.store(lane.begun, std::memory_order_relaxed);
  TellLag(p, &lane, shown, owner.revision);
  absl::Duration next = limits::kRelayLookEvery;
  if (!lane.begun && lane.wait_until > now) next = std::min(next, lane.wait_until - now);
  if (lane.unrecorded > 0) next = std::min(next, lane.unrecorded_from + limits::kPublishedUpToWithin - now);
  return next;
}

// From the first row that is not known to be in the topic, behind those that are found there.
absl::Status Relay::Begin(uint32_t p, Lane* lane, uint64_t shown) {
  const std::string from = unpublished::Key(p, lane->landed + 1, 0), end = unpublished::Key(p, shown + 1, 0);
  bool any = false, missing = false;
  absl::Status scanned = env_.rows->Scan(from, end, [&](absl::string_view, absl::string_view) {
    any = true;
    return false;
  });
  if (!scanned.ok()) return scanned;
  lane->through = lane->landed;
  lane->next = from;
  if (any) {
    auto newest = env_.log->Newest(p, kIdHeader, limits::kRelayTailMax);
    if (!newest.ok()) return newest.status();
    const absl::flat_hash_set<std::string> there(newest->begin(), newest->end());
    absl::Status read;
    scanned = env_.rows->Scan(from, end, [&](absl::string_view key, absl::string_view row) {
      auto record = RecordOf(row);
      read = record.status();
      if (!read.ok()) return false;
      lane->through = unpublished::RevisionOf(key) - 1;
      missing = !there.contains(IdOf(*record));
      if (missing) return false;
      lane->next = Behind(key);
      if (lane->unrecorded++ == 0) lane->unrecorded_from = env_.clock->Boot();
      return true;
    });
    if (!scanned.ok()) return scanned;
    if (!read.ok()) return read;
  }
  if (!missing) {
    lane->through = shown;
    lane->next = end;
  }
  lane->begun = true;
  Landed(lane);
  return absl::OkStatus();
}

absl::Status Relay::Send(uint32_t p, Lane* lane, uint64_t shown) {
  const size_t window = lane->writer != nullptr && lane->reported > 0 ? limits::kRelayEventsMax : 1;
  const auto full = [&] { return lane->flight.size() >= window || lane->flight_bytes >= limits::kRelayBytesMax; };
  if (lane->through >= shown || full()) return absl::OkStatus();
  const std::string from = lane->next, end = unpublished::Key(p, shown + 1, 0);
  std::vector<PublishedRecord> records;
  bool more = false;
  absl::Status read;
  absl::Status scanned = env_.rows->Scan(from, end, [&](absl::string_view key, absl::string_view row) {
    more = full();
    if (more) return false;
    auto record = RecordOf(row);
    read = record.status();
    if (!read.ok()) return false;
    const uint64_t revision = unpublished::RevisionOf(key);
    lane->through = revision - 1;
    lane->next = Behind(key);
    lane->flight.push_back({revision, SizeOf(*record)});
    lane->flight_bytes += lane->flight.back().bytes;
    records.push_back(*std::move(record));
    return true;
  });
  if (!scanned.ok()) return scanned;
  if (!read.ok()) return read;
  if (!more) {
    lane->through = shown;
    lane->next = end;
  }
  Landed(lane);
  if (records.empty()) return absl::OkStatus();
  lane->used = env_.clock->Boot();
  if (lane->writer == nullptr) {
    lane->reported = 0;
    lane->generation = ++generations_;
    lane->writer = env_.log->NewWriter(p, [this, p, generation = lane->generation](const Report& report) {
      absl::MutexLock lock(&mutex_);
      mail_.push_back({p, generation, report});
      woken_ = true;
    });
  }
  lane->writer->Send(std::move(records));
  return absl::OkStatus();
}

void Relay::Landed(Lane* lane) {
  const uint64_t landed =
      lane->flight.empty() ? lane->through : std::min(lane->through, lane->flight.front().revision - 1);
  lane->landed = std::max(lane->landed, landed);
}

void Relay::Doubt(Lane* lane, absl::Status why) {
  const absl::Duration now = env_.clock->Boot();
  lane->writer.reset();
  lane->flight.clear();
  lane->flight_bytes = 0;
  lane->begun = false;
  lane->pause = std::clamp(lane->pause * 2, limits::kRelayWaitFirst, limits::kRelayWaitAtLast);
  lane->wait_until = now + lane->pause;
  lane->why = std::move(why);
  if (checked_.ok()) {  // the topic may have gone, or been made anew
    checked_ = absl::UnavailableError("the topic is to be looked at");
    check_at_ = now;
  }
}

void Relay::Record(uint32_t p, Lane* lane) {
  if (lane->unrecorded == 0) return;
  if (lane->unrecorded < limits::kPublishedUpToEvery &&
      env_.clock->Boot() < lane->unrecorded_from + limits::kPublishedUpToWithin) {
    return;
  }
  lane->unrecorded = 0;
  env_.record(p, lane->landed);
}

absl::StatusOr<PublishedRecord> Relay::RecordOf(absl::string_view row) {
  if (!event_->ParseFromArray(row.data(), static_cast<int>(row.size()))) {
    return absl::DataLossError("a published event cannot be parsed");
  }
  return ToRecord(*event_);
}

void Relay::TellLag(uint32_t p, Lane* lane, uint64_t shown, uint64_t revision) {
  uint64_t known = lane->landed;
  if (!lane->begun) {
    const absl::Duration now = env_.clock->Boot();
    if (now < lane->lag_at) return;
    lane->lag_at = now + limits::kRelayLookEvery;
    known = shown;
    (void)env_.rows->Scan(unpublished::Key(p, lane->landed + 1, 0), unpublished::Key(p, shown + 1, 0),
                          [&](absl::string_view key, absl::string_view) {
                            known = unpublished::RevisionOf(key) - 1;
                            return false;
                          });
  }
  told_[p].lag.store(revision > known ? revision - known : 0, std::memory_order_relaxed);
}

void Relay::TellWaits(const absl::Status& why) {
  if (why.code() == told_waits_.code() && ReasonOf(why) == ReasonOf(told_waits_)) return;
  told_waits_ = why;
  if (env_.waits) env_.waits(why);
}

std::optional<Relay::Standing> Relay::standing(uint32_t p) const {
  const Told& told = told_[p];
  if (!told.owned.load(std::memory_order_relaxed)) return std::nullopt;
  return Standing{told.runs.load(std::memory_order_relaxed), told.lag.load(std::memory_order_relaxed)};
}

}  // namespace shoujie
