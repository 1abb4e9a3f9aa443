#include "services/runtime/kafka/reader.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"

namespace shoujie::kafka {
namespace {

constexpr int kQueuePollMs = 250;  // so long may the end of a process wait for its follower
constexpr absl::Duration kHungryEvery = absl::Milliseconds(500);

}  // namespace

bool ToRecord(const rd_kafka_message_t& message, StoredRecord* record) {
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  rd_kafka_timestamp_type_t type;
  record->position = static_cast<uint64_t>(message.offset);
  record->append_time = absl::FromUnixMillis(rd_kafka_message_timestamp(&message, &type));
  record->bytes.assign(static_cast<const char*>(message.payload), message.payload == nullptr ? 0 : message.len);
  return true;
}

absl::Status JournalGap(const std::string& topic, uint32_t partition, uint64_t wanted, uint64_t found) {
  return Error(
      absl::StatusCode::kDataLoss, "JOURNAL_GAP",
      absl::StrCat("The journal ", topic, "/", partition, " has no record at position ", wanted, "; the next is at ",
                   found, ". Records were removed (compaction, deletion, a foreign transaction). Restore the topic."),
      absl::StrCat("日志 ", topic, "/", partition, " 在位置 ", wanted, " 没有记录，下一条在 ", found,
                   "。记录已被移除，请恢复该主题。"),
      {{"topic", topic}, {"partition", absl::StrCat(partition)}, {"position", absl::StrCat(wanted)}});
}

absl::Status JournalOutOfRange(const std::string& topic, uint32_t partition, uint64_t wanted) {
  return Error(
      absl::StatusCode::kDataLoss, "JOURNAL_SHORT",
      absl::StrCat("The journal ", topic, "/", partition, " does not hold position ", wanted,
                   " any more: its beginning was deleted, or it was cut off or made anew. Bring back the right "
                   "topic; never go on with this one."),
      absl::StrCat("日志 ", topic, "/", partition, " 已不含位置 ", wanted,
                   "：开头被删除、被截断或被重建。请恢复正确的主题，切勿继续使用当前主题。"),
      {{"topic", topic}, {"partition", absl::StrCat(partition)}, {"position", absl::StrCat(wanted)}});
}

absl::Status NotReadNow(const std::string& topic, uint32_t partition, uint64_t wanted) {
  return ToStatus(RD_KAFKA_RESP_ERR__TIMED_OUT,
                  absl::StrCat("in time when reading ", topic, "/", partition, " at ", wanted));
}

// ------------------------------------------------------------------------------------------------------- one partition

Tail::Tail(Tails* all, std::string topic, uint32_t partition, uint64_t from, uint64_t end)
    : all_(all), topic_(std::move(topic)), partition_(partition), begin_(from), next_(from), landed_(end) {}

uint64_t Tail::next() const {
  absl::MutexLock lock(&mutex_);
  return next_;
}

uint64_t Tail::end() const {
  absl::MutexLock lock(&mutex_);
  return std::max(next_, landed_);
}

absl::Status Tail::Read(uint64_t position, size_t records_max, std::vector<StoredRecord>* out, Found* found) {
  absl::MutexLock lock(&mutex_);
  *found = Found::kNothing;
  if (position < landed_ && position >= next_ && broken_.ok()) {
    // The report was faster than the follower, mostly by less than a millisecond.
    const auto here = [this, position]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return next_ > position || !broken_.ok(); };
    if (waited_for_ == landed_ || !mutex_.AwaitWithTimeout(absl::Condition(&here), kLandedAwaited)) {
      waited_for_ = landed_;  // once is enough; watchers tell when it came
      return NotReadNow(topic_, partition_, position);
    }
  }
  if (position < begin_) {
    *found = Found::kBehind;
    return absl::OkStatus();
  }
  if (position >= next_) return broken_;
  size_t bytes = 0;
  for (size_t i = position - begin_; i < window_.size() && records_max > 0 && bytes < limits::kReadBytesMax;
       ++i, --records_max) {
    bytes += window_[i].bytes.size();
    out->push_back(window_[i]);
    *found = Found::kRecords;
  }
  return absl::OkStatus();
}

void Tail::Landed(uint64_t position) {
  absl::MutexLock lock(&mutex_);
  if (position >= next_) landed_ = std::max(landed_, position + 1);
}

bool Tail::Append(StoredRecord record) {
  absl::MutexLock lock(&mutex_);
  if (record.position < next_ || !broken_.ok()) return false;
  if (record.position > next_) {
    broken_ = JournalGap(topic_, partition_, next_, record.position);
    return true;
  }
  const auto size = [](const StoredRecord& r) { return r.bytes.size() + sizeof(StoredRecord); };
  ++next_;
  bytes_ += size(record);
  size_t everybody = all_->bytes_.fetch_add(size(record), std::memory_order_relaxed) + size(record);
  window_.push_back(std::move(record));
  while (window_.size() > 1 &&
         (bytes_ > kWindowBytesMax || (everybody > kWindowsBytesMax && bytes_ > kWindowBytesMin))) {
    const size_t bytes = size(window_.front());
    bytes_ -= bytes;
    everybody = all_->bytes_.fetch_sub(bytes, std::memory_order_relaxed) - bytes;
    window_.pop_front();
    ++begin_;
  }
  return true;
}

void Tail::Break(absl::Status why) {
  absl::MutexLock lock(&mutex_);
  if (broken_.ok()) broken_ = std::move(why);
}

// ------------------------------------------------------------------------------------------------------ all partitions

absl::StatusOr<std::unique_ptr<Tails>> Tails::Start(const Cluster* cluster, std::function<void()> now_and_then) {
  std::unique_ptr<Tails> tails(new Tails(cluster, std::move(now_and_then)));
  auto handle = NewReader(&tails->context_, ReadKind::kFollow);
  if (!handle.ok()) return handle.status();
  tails->handle_ = *std::move(handle);
  tails->queue_ = rd_kafka_queue_new(tails->handle_.get());
  tails->thread_ = std::thread([t = tails.get()] { t->Run(); });
  pthread_setname_np(tails->thread_.native_handle(), "kafka-tails");
  return tails;
}

Tails::~Tails() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
  absl::MutexLock lock(&mutex_);
  for (auto& [name, topic] : topics_) {
    for (const auto& [partition, tail] : topic.tails) {
      rd_kafka_consume_stop(topic.handle.get(), static_cast<int32_t>(partition));
    }
    topic.handle.reset();
  }
  if (queue_ != nullptr) rd_kafka_queue_destroy(queue_);
}

absl::StatusOr<Tail*> Tails::Follow(const std::string& name, uint32_t partition, uint64_t end) {
  absl::MutexLock lock(&mutex_);
  Topic& topic = topics_[name];
  if (topic.handle == nullptr) {
    rd_kafka_topic_conf_t* conf = rd_kafka_default_topic_conf_dup(handle_.get());
    rd_kafka_topic_conf_set_opaque(conf, &topic);
    topic.handle.reset(rd_kafka_topic_new(handle_.get(), name.c_str(), conf));
    if (topic.handle == nullptr) return ToStatus(rd_kafka_last_error(), "to open a topic");
  }
  auto& tail = topic.tails[partition];  // before the first record can come
  const uint64_t from = end - std::min(end, kRecordsBeforeEnd);
  tail = std::make_unique<Tail>(this, name, partition, from, end);
  if (rd_kafka_consume_start_queue(topic.handle.get(), static_cast<int32_t>(partition), static_cast<int64_t>(from),
                                   queue_) != 0) {
    const auto error = rd_kafka_last_error();
    topic.tails.erase(partition);
    return ToStatus(error, absl::StrCat("to follow ", name, "/", partition));
  }
  return tail.get();
}

void Tails::Run() {
  std::vector<Tail*> news;
  absl::Time fed = absl::Now();
  while (!ending_) {
    rd_kafka_poll(handle_.get(), 0);
    Message message(rd_kafka_consume_queue(queue_, kQueuePollMs));
    // What came together is told together.
    for (size_t taken = 0; message != nullptr; message.reset(rd_kafka_consume_queue(queue_, 0))) {
      Take(*message, &news);
      if (++taken >= limits::kReadRecordsMax) break;
    }
    for (Tail* tail : news) {
      tail->news_ = false;
      tail->watchers_.Notify();
    }
    news.clear();
    if (absl::Now() - fed >= kHungryEvery) {
      fed = absl::Now();
      NotifyHungry();
      if (now_and_then_) now_and_then_();
    }
  }
}

void Tails::Take(const rd_kafka_message_t& message, std::vector<Tail*>* news) {
  if (message.rkt == nullptr) return;  // of the client as a whole; it goes on by itself
  Tail* tail = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    const auto* topic = static_cast<const Topic*>(rd_kafka_topic_opaque(message.rkt));
    const auto it = topic->tails.find(static_cast<uint32_t>(message.partition));
    if (it != topic->tails.end()) tail = it->second.get();
  }
  if (tail == nullptr) return;
  StoredRecord record;
  bool changed = false;
  if (ToRecord(message, &record)) {
    changed = tail->Append(std::move(record));
  } else if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
             message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
    // The library stays silent from now on; what was readable is not there any more.
    tail->Break(JournalOutOfRange(tail->topic(), tail->partition(), tail->next()));
    changed = true;
  }
  if (changed && !std::exchange(tail->news_, true)) news->push_back(tail);
}

void Tails::NotifyHungry() {
  std::vector<Tail*> hungry;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [name, topic] : topics_) {
      for (const auto& [partition, tail] : topic.tails) {
        if (tail->hungry_.exchange(false, std::memory_order_relaxed)) hungry.push_back(tail.get());
      }
    }
  }
  for (Tail* tail : hungry) tail->watchers_.Notify();
}

}  // namespace shoujie::kafka
