#include "loadtest/switch/outbox.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace shoujie::loadtest {
namespace {

constexpr uint64_t kCompactBytesMin = 4 << 20;

OutboxFrame FrameOf(const OutboxEntry& entry, bool held) {
  return {OutboxFrame::kEntry, entry.seq, held, entry.lane, entry.method, entry.request};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Outbox>> Outbox::Open(const std::string& folder) {
  std::unique_ptr<Outbox> outbox(new Outbox());
  auto file = OutboxFile::Open(folder, [&](OutboxFrame frame) {
    outbox->next_seq_ = std::max(outbox->next_seq_, frame.seq + 1);
    if (frame.kind == OutboxFrame::kEntry) {
      outbox->items_[frame.seq].entry = {frame.seq, std::move(frame.lane), std::move(frame.method),
                                         std::move(frame.request)};
    } else {
      outbox->items_.erase(frame.seq);
      if (frame.kind == OutboxFrame::kRefused) outbox->dead_[frame.seq] = std::move(frame);
    }
  });
  if (!file.ok()) return file.status();
  outbox->file_ = *std::move(file);
  // What was read may still be only in the page cache of a process that was killed.
  if (auto status = outbox->file_->Sync(); !status.ok()) return status;
  outbox->resumed_ = outbox->items_.size();
  outbox->first_seq_ = outbox->next_seq_;
  for (const auto& [seq, item] : outbox->items_) outbox->lanes_[item.entry.lane].push_back(seq);
  {
    std::lock_guard lock(outbox->mutex_);
    for (const auto& [lane, seqs] : outbox->lanes_) outbox->Offer(lane);
  }
  outbox->syncer_ = std::thread([raw = outbox.get()] { raw->SyncLoop(); });
  return outbox;
}

Outbox::~Outbox() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = closing_ = true;
    changed_.notify_all();
  }
  if (syncer_.joinable()) syncer_.join();
}

absl::Status Outbox::Write(const OutboxFrame& frame) {
  if (!health_.ok()) return health_;
  if (auto status = file_->Append(frame); !status.ok()) {
    if (status.code() != absl::StatusCode::kInvalidArgument) Fail(status);
    return status;
  }
  ++written_;
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> Outbox::Append(std::string lane, std::string method, std::string request, bool held) {
  std::lock_guard lock(mutex_);
  if (items_.size() >= kPendingMax) {
    return absl::ResourceExhaustedError(absl::StrCat("the outbox holds ", kPendingMax, " undelivered commands"));
  }
  const uint64_t seq = next_seq_++;
  Item item{{seq, std::move(lane), std::move(method), std::move(request)}, held};
  if (auto status = Write(FrameOf(item.entry, held)); !status.ok()) return status;
  lanes_[item.entry.lane].push_back(seq);
  item.frame = written_;
  items_.emplace(seq, std::move(item));
  not_durable_.emplace_back(written_, seq);
  changed_.notify_all();
  return seq;
}

absl::Status Outbox::Release(uint64_t seq, std::string request) {
  std::lock_guard lock(mutex_);
  auto it = items_.find(seq);
  if (it == items_.end() || !it->second.held) return absl::FailedPreconditionError("not a held command");
  it->second.entry.request = std::move(request);
  it->second.held = false;
  if (auto status = Write(FrameOf(it->second.entry, false)); !status.ok()) return status;
  it->second.frame = written_;
  not_durable_.emplace_back(written_, seq);
  changed_.notify_all();
  return absl::OkStatus();
}

absl::Status Outbox::Sync() {
  std::unique_lock lock(mutex_);
  const uint64_t mine = written_;
  changed_.wait(lock, [&] { return durable_ >= mine || !health_.ok() || closing_; });
  return durable_ >= mine ? absl::OkStatus() : health_.ok() ? absl::CancelledError("closing") : health_;
}

void Outbox::Offer(const std::string& lane) {
  auto it = lanes_.find(lane);
  if (it == lanes_.end() || it->second.empty()) return;
  const uint64_t seq = it->second.front();
  Item& item = items_.at(seq);
  if (item.held || item.out || item.frame > durable_) return;
  ready_.insert(seq);
  changed_.notify_all();
}

std::optional<OutboxEntry> Outbox::Next() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stopped_ || !health_.ok()) return std::nullopt;
    const absl::Time now = absl::Now();
    while (!pausing_.empty() && pausing_.begin()->first <= now) {
      const uint64_t seq = pausing_.begin()->second;
      pausing_.erase(pausing_.begin());
      items_.at(seq).out = false;
      Offer(items_.at(seq).entry.lane);
    }
    if (!ready_.empty()) break;
    if (pausing_.empty()) {
      changed_.wait(lock);
    } else {
      changed_.wait_for(lock, absl::ToChronoMilliseconds(pausing_.begin()->first - now + absl::Milliseconds(1)));
    }
  }
  const uint64_t seq = *ready_.begin();
  ready_.erase(ready_.begin());
  Item& item = items_.at(seq);
  item.out = true;
  ++item.entry.attempts;
  return item.entry;
}

void Outbox::Finish(uint64_t seq) {
  auto it = items_.find(seq);
  if (it == items_.end()) return;
  const std::string lane = it->second.entry.lane;
  items_.erase(it);
  auto& queue = lanes_[lane];
  queue.pop_front();  // only heads are given out
  if (queue.empty()) {
    lanes_.erase(lane);
  } else {
    Offer(lane);
  }
  changed_.notify_all();
}

void Outbox::Done(uint64_t seq) {
  std::lock_guard lock(mutex_);
  // Need not be durable: if it is lost, the command is repeated and the server answers what it answered.
  (void)Write({OutboxFrame::kDone, seq});
  Finish(seq);
}

void Outbox::Refuse(uint64_t seq, const std::string& reason) {
  std::lock_guard lock(mutex_);
  auto it = items_.find(seq);
  if (it == items_.end()) return;
  OutboxFrame frame{OutboxFrame::kRefused, seq, false, it->second.entry.lane, it->second.entry.method, reason};
  (void)Write(frame);
  dead_[seq] = std::move(frame);
  Finish(seq);
}

void Outbox::Retry(uint64_t seq, absl::Duration pause) {
  std::lock_guard lock(mutex_);
  if (items_.contains(seq)) pausing_.emplace(absl::Now() + pause, seq);
  changed_.notify_all();
}

void Outbox::RetryWith(uint64_t seq, std::string request) {
  std::lock_guard lock(mutex_);
  auto it = items_.find(seq);
  if (it == items_.end()) return;
  it->second.entry.request = std::move(request);
  it->second.out = false;
  if (!Write(FrameOf(it->second.entry, false)).ok()) return;
  it->second.frame = written_;
  not_durable_.emplace_back(written_, seq);
  changed_.notify_all();
}

void Outbox::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

bool Outbox::Idle(const std::string& lane) const {
  std::lock_guard lock(mutex_);
  return !lanes_.contains(lane);
}

size_t Outbox::pending() const {
  std::lock_guard lock(mutex_);
  return items_.size();
}

uint64_t Outbox::refused() const {
  std::lock_guard lock(mutex_);
  return dead_.size();
}

absl::Status Outbox::health() const {
  std::lock_guard lock(mutex_);
  return health_;
}

void Outbox::WaitEmpty(absl::Duration at_most) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoMilliseconds(at_most),
                    [&] { return items_.empty() || stopped_ || !health_.ok(); });
}

void Outbox::Fail(absl::Status status) {
  health_ = std::move(status);
  changed_.notify_all();
}

// Whatever was appended while the last sync ran is the next one's group.
void Outbox::SyncLoop() {
  std::unique_lock lock(mutex_);
  while (!closing_) {
    if (not_durable_.empty() || !health_.ok()) {
      changed_.wait(lock);
      continue;
    }
    const uint64_t upto = written_;
    lock.unlock();
    const absl::Status status = file_->Sync();
    lock.lock();
    if (!status.ok()) {
      Fail(status);
      continue;
    }
    durable_ = upto;
    while (!not_durable_.empty() && not_durable_.front().first <= upto) {
      auto it = items_.find(not_durable_.front().second);
      not_durable_.pop_front();
      if (it != items_.end()) Offer(it->second.entry.lane);
    }
    Compact();
    changed_.notify_all();
  }
  if (health_.ok()) (void)file_->Sync();
}

void Outbox::Compact() {
  if (file_->bytes() < kCompactBytesMin || items_.size() > 1000) return;
  std::vector<OutboxFrame> frames;
  for (const auto& [seq, frame] : dead_) frames.push_back(frame);
  for (const auto& [seq, item] : items_) frames.push_back(FrameOf(item.entry, item.held));
  // The numbers of delivered commands are never given again.
  if (!items_.contains(next_seq_ - 1)) frames.push_back({OutboxFrame::kDone, next_seq_ - 1});
  if (auto status = file_->Rewrite(frames); !status.ok()) return Fail(status);
  durable_ = written_;
  for (const auto& [frame, seq] : std::exchange(not_durable_, {})) {
    if (auto it = items_.find(seq); it != items_.end()) Offer(it->second.entry.lane);
  }
}

}  // namespace shoujie::loadtest
