#include "services/runtime/kafka/compacted.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/kafka/client.h"
#include "services/runtime/kafka/outcome.h"
#include "services/runtime/kafka/reader.h"

namespace shoujie::kafka {
namespace {

constexpr int kPollMs = 100;
constexpr int32_t kPartition = 0;

class Topic : public Compacted {
 public:
  explicit Topic(Options options)
      : options_(std::move(options)), reader_context_{options_.cluster, this}, next_(options_.from) {}

  ~Topic() override {
    ending_ = true;
    if (queue_ != nullptr) rd_kafka_queue_yield(queue_);
    if (thread_.joinable()) thread_.join();
    GiveUpWriter();
    if (topic_ != nullptr && options_.from != kFromEnd) rd_kafka_consume_stop(topic_.get(), kPartition);
    topic_.reset();
    if (queue_ != nullptr) rd_kafka_queue_destroy(queue_);
  }

  absl::Status Run() {
    auto reader = NewReader(&reader_context_, ReadKind::kTellEnd);
    if (!reader.ok()) return reader.status();
    reader_ = *std::move(reader);
    queue_ = rd_kafka_queue_new(reader_.get());
    topic_.reset(rd_kafka_topic_new(reader_.get(), options_.topic.c_str(), nullptr));
    if (topic_ == nullptr ||
        (options_.from != kFromEnd &&
         rd_kafka_consume_start_queue(topic_.get(), kPartition, static_cast<int64_t>(options_.from), queue_) != 0)) {
      return ToStatus(rd_kafka_last_error(), absl::StrCat("to follow ", options_.topic));
    }
    thread_ = std::thread([this] { Follow(); });
    pthread_setname_np(thread_.native_handle(), "kafka-rows");
    return absl::OkStatus();
  }

  void Append(std::string key, std::optional<std::string> value, uint64_t tag) override {
    if (!StartWriter()) return options_.on_report(tag, std::nullopt);
    const int failed = rd_kafka_produce(written_topic_.get(), kPartition, RD_KAFKA_MSG_F_COPY,
                                        value ? value->data() : nullptr, value ? value->size() : 0, key.data(),
                                        key.size(), reinterpret_cast<void*>(static_cast<uintptr_t>(tag)));
    if (failed == 0) return;
    writer_broken_ = true;
    options_.on_report(tag, std::nullopt);
  }

  void Wake() override {
    woken_ = true;
    rd_kafka_queue_yield(queue_);
  }

  absl::Status AwaitEnd(absl::Duration timeout) override {
    const auto known = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return at_end_ || !broken_.ok(); };
    absl::MutexLock lock(&mutex_);
    if (!mutex_.AwaitWithTimeout(absl::Condition(&known), timeout)) {
      return ToStatus(RD_KAFKA_RESP_ERR__TIMED_OUT, absl::StrCat("in time when reading ", options_.topic));
    }
    return broken_;
  }

 private:
  void Follow() {
    while (!ending_) {
      rd_kafka_poll(reader_.get(), 0);
      if (writer_ != nullptr) rd_kafka_poll(writer_.get(), 0);
      if (writer_broken_) GiveUpWriter();
      options_.on_turn(*this);
      Take();
    }
  }

  void Take() {
    std::vector<CompactedRow> rows;
    bool end = false;
    // While something is under way its report is waited for, too; it comes within a moment.
    const int wait_ms = woken_.exchange(false)                                       ? 0
                        : writer_ != nullptr && rd_kafka_outq_len(writer_.get()) > 0 ? 1
                                                                                     : kPollMs;
    for (Message message(rd_kafka_consume_queue(queue_, wait_ms)); message != nullptr;
         message.reset(rd_kafka_consume_queue(queue_, 0))) {
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        next_ = std::max(next_, static_cast<uint64_t>(std::max<int64_t>(message->offset, 0)));
        end = true;
      } else if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
                 message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        absl::MutexLock lock(&mutex_);
        broken_ = JournalOutOfRange(options_.topic, kPartition, next_);
      } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && static_cast<uint64_t>(message->offset) >= next_) {
        CompactedRow row;
        StoredRecord record;
        ToRecord(*message, &record);
        row.position = record.position;
        row.append_time = record.append_time;
        row.key.assign(static_cast<const char*>(message->key), message->key == nullptr ? 0 : message->key_len);
        if (message->payload != nullptr) row.value = std::move(record.bytes);
        next_ = row.position + 1;
        rows.push_back(std::move(row));
        end = false;
      }
      if (rows.size() >= limits::kReadRecordsMax) break;
    }
    const bool news = !rows.empty();
    if (news) options_.on_rows(std::move(rows), next_);
    absl::MutexLock lock(&mutex_);  // whoever awaits the end looks again
    if (news || end) at_end_ = end;
  }

  bool StartWriter() {
    if (writer_broken_) GiveUpWriter();
    if (writer_ != nullptr) return true;
    // A context of its own, as the callbacks are told a producer's owner by it.
    writer_context_ = {options_.cluster, this};
    auto writer = NewProducer(&writer_context_, {&OnDelivery, &OnError});
    if (!writer.ok()) return false;
    writer_ = *std::move(writer);
    written_topic_.reset(rd_kafka_topic_new(writer_.get(), options_.topic.c_str(), nullptr));
    writer_broken_ = written_topic_ == nullptr;
    return !writer_broken_;
  }
  // Reports what it has not reported yet.
  void GiveUpWriter() {
    if (writer_ == nullptr) return;
    rd_kafka_purge(writer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_poll(writer_.get(), 0);
    written_topic_.reset();
    writer_.reset();
    writer_broken_ = false;
  }
  static Topic* Self(void* opaque) { return static_cast<Topic*>(static_cast<Context*>(opaque)->owner); }
  static void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    Topic* const self = Self(opaque);
    const uint64_t tag = reinterpret_cast<uintptr_t>(message->_private);
    if (!self->writer_broken_ &&
        OutcomeOf(message->err, rd_kafka_message_status(message), message->offset) == Outcome::kLanded) {
      return self->options_.on_report(tag, static_cast<uint64_t>(message->offset));
    }
    self->writer_broken_ = true;  // nothing behind it is believed
    self->options_.on_report(tag, std::nullopt);
  }
  static void OnError(rd_kafka_t*, int error, const char*, void* opaque) {
    if (error == RD_KAFKA_RESP_ERR__FATAL) Self(opaque)->writer_broken_ = true;
  }

  const Options options_;
  const Context reader_context_;
  Context writer_context_{};
  Handle reader_;
  rd_kafka_queue_t* queue_ = nullptr;
  TopicHandle topic_;
  // The thread's.
  uint64_t next_;
  Handle writer_;
  TopicHandle written_topic_;
  bool writer_broken_ = false;
  std::atomic<bool> woken_{false}, ending_{false};
  absl::Mutex mutex_;
  bool at_end_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status broken_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Compacted>> Compacted::Start(Options options) {
  auto topic = std::make_unique<Topic>(std::move(options));
  if (absl::Status status = topic->Run(); !status.ok()) return status;
  return topic;
}

}  // namespace shoujie::kafka
