#include "services/runtime/kafka/writer.h"

#include <atomic>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/journal/gate.h"
#include "services/runtime/kafka/outcome.h"

namespace shoujie::kafka {
namespace {

absl::Status TooLarge(size_t bytes) {
  return Error(absl::StatusCode::kInvalidArgument, "RECORD_TOO_LARGE",
               absl::StrCat("A record of ", bytes, " bytes is larger than the journal takes (", kRecordBytesMax,
                            "). Split the command."),
               absl::StrCat("记录大小为 ", bytes, " 字节，超过日志上限 ", kRecordBytesMax, "。请拆分命令。"),
               {{"bytes", absl::StrCat(bytes)}, {"bytesMax", absl::StrCat(kRecordBytesMax)}});
}

constexpr int kOpenTimeoutMs = 400;

// Lives until its writer is gone and the closer has ended the producer.
class Producer : public ReportThreads::Client, public std::enable_shared_from_this<Producer> {
 public:
  Producer(const Cluster* cluster, ReportThreads* threads, uint32_t partition,
           std::function<void(const Report&)> on_report, OnLanded on_landed)
      : threads_(threads),
        partition_(static_cast<int32_t>(partition)),
        on_report_(std::move(on_report)),
        on_landed_(std::move(on_landed)),
        context_{cluster, this} {}

  void Start(const std::string& topic) {
    if (auto handle = NewProducer(&context_, {&OnDelivery, &OnError}); !handle.ok()) {
      Break(handle.status());
    } else {
      handle_ = *std::move(handle);
      queue_ = rd_kafka_queue_get_main(handle_.get());
      rd_kafka_queue_cb_event_enable(queue_, &OnQueue, this);
      topic_.reset(rd_kafka_topic_new(handle_.get(), topic.c_str(), nullptr));
      if (topic_ == nullptr) Break(ToStatus(rd_kafka_last_error(), "to open a topic"));
    }
    threads_->NeedsOpen(shared_from_this());
  }

  // A record that the library gets before it knows the topic's leader may wait for a second; so it gets none. Without a
  // cluster it gets them all the same, and waits as long as it takes.
  void Open() override {
    absl::MutexLock opening(&opening_);
    if (gone_) return;
    const rd_kafka_metadata_t* metadata = nullptr;
    if (topic_ != nullptr &&
        rd_kafka_metadata(handle_.get(), 0, topic_.get(), &metadata, kOpenTimeoutMs) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_metadata_destroy(metadata);
    }
    bool refused = false;
    {
      absl::MutexLock lock(&mutex_);
      opened_ = true;
      refused = GiveWaiting();
    }
    if (refused) threads_->NeedsPoll(shared_from_this());
  }

  template <typename Records>
  void Send(Records records) {
    bool refused = false;
    {
      absl::MutexLock lock(&mutex_);
      for (auto& record : records) waiting_.push_back(ToPublished(std::move(record)));
      if (opened_) refused = GiveWaiting();
    }
    if (refused) threads_->NeedsPoll(shared_from_this());
  }

  // Gives up: no report is under way or comes afterwards.
  void GiveUp() {
    gate_.Close();
    gone_ = true;
    Break(absl::CancelledError("the writer was given up"));
    threads_->NeedsClose(shared_from_this());
  }

  void Poll() override {
    absl::MutexLock polling(&polling_);
    if (closed_) return;
    if (handle_ != nullptr) rd_kafka_poll(handle_.get(), 0);
    std::deque<uint64_t> refused;
    absl::Status why;
    {
      absl::MutexLock lock(&mutex_);
      std::swap(refused, refused_);
      why = broken_;
    }
    for (uint64_t sequence : refused) {
      Report report;
      report.sequence = sequence;
      report.why = why;
      gate_.Run([&] { on_report_(report); });
    }
  }

  void Close() override {
    if (queue_ != nullptr) rd_kafka_queue_cb_event_enable(queue_, nullptr, nullptr);
    absl::MutexLock opening(&opening_);
    absl::MutexLock polling(&polling_);
    closed_ = true;
    if (handle_ != nullptr) rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    if (queue_ != nullptr) rd_kafka_queue_destroy(queue_);
    topic_.reset();
    handle_.reset();
  }

 private:
  static PublishedRecord ToPublished(PublishedRecord record) { return record; }
  static PublishedRecord ToPublished(std::string value) { return {.value = std::move(value)}; }
  static Producer* Self(void* opaque) { return static_cast<Producer*>(static_cast<Context*>(opaque)->owner); }

  // The library's thread, under its locks.
  static void OnQueue(rd_kafka_t*, void* opaque) {
    auto* self = static_cast<Producer*>(opaque);
    if (auto alive = self->weak_from_this().lock()) self->threads_->NeedsPoll(std::move(alive));
  }

  // The poller's thread.
  static void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    Self(opaque)->Delivered(*message);
  }
  static void OnError(rd_kafka_t* handle, int error, const char* reason, void* opaque) {
    if (error != RD_KAFKA_RESP_ERR__FATAL) return;  // of a broker or connection: the library goes on by itself
    char why[256] = "";
    const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(handle, why, sizeof(why));
    Self(opaque)->Break(ToReport(0, fatal, RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED, -1).why);
    (void)reason;
  }

  void Delivered(const rd_kafka_message_t& message) {
    Report report = ToReport(reinterpret_cast<uintptr_t>(message._private), message.err,
                             rd_kafka_message_status(&message), message.offset);
    if (report.ok && report.sequence != next_landed_) {
      report.ok = false;
      report.position = -1;
      report.why = absl::InternalError("the report of an earlier record is missing");
    }
    ++next_landed_;
    if (!report.ok) {
      Break(report.why);
    } else {
      absl::MutexLock lock(&mutex_);
      if (!broken_.ok()) {  // the term is over
        report.ok = false;
        report.position = -1;
        report.why = broken_;
      }
    }
    if (report.position >= 0 && on_landed_) {
      gate_.Run([&] { on_landed_(static_cast<uint64_t>(report.position)); });
    }
    gate_.Run([&] { on_report_(report); });
  }

  // Gives to the library what waits, or lists it as refused once something was. True if something was.
  bool GiveWaiting() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const size_t before = refused_.size();
    for (const PublishedRecord& record : waiting_) {
      const uint64_t sequence = next_sequence_++;
      // Nothing behind a record that was refused may land: that would leave a hole.
      if (!broken_.ok() || !Produce(sequence, record)) refused_.push_back(sequence);
    }
    waiting_.clear();
    return refused_.size() > before;
  }

  bool Produce(uint64_t sequence, const PublishedRecord& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (record.value.size() > kRecordBytesMax) {
      BreakLocked(TooLarge(record.value.size()));
      return false;
    }
    const rd_kafka_resp_err_t error =
        record.headers.empty() ? ProduceBare(sequence, record.value) : ProduceWhole(sequence, record);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
    BreakLocked(ToReport(sequence, error, RD_KAFKA_MSG_STATUS_NOT_PERSISTED, -1).why);
    return false;
  }
  rd_kafka_resp_err_t ProduceBare(uint64_t sequence, const std::string& value) {
    return rd_kafka_produce(topic_.get(), partition_, RD_KAFKA_MSG_F_COPY, const_cast<char*>(value.data()),
                            value.size(), nullptr, 0, reinterpret_cast<void*>(static_cast<uintptr_t>(sequence))) == 0
               ? RD_KAFKA_RESP_ERR_NO_ERROR
               : rd_kafka_last_error();
  }
  rd_kafka_resp_err_t ProduceWhole(uint64_t sequence, const PublishedRecord& record) {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
    for (const auto& [name, value] : record.headers) {
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
    }
    const auto opaque = reinterpret_cast<void*>(static_cast<uintptr_t>(sequence));
    const auto error = rd_kafka_producev(handle_.get(), RD_KAFKA_V_RKT(topic_.get()), RD_KAFKA_V_PARTITION(partition_),
                                         RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                         RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
                                         RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
                                         RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);  // else they are the record's
    return error;
  }

  void Break(const absl::Status& why) {
    absl::MutexLock lock(&mutex_);
    BreakLocked(why);
  }
  void BreakLocked(const absl::Status& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!broken_.ok()) return;
    broken_ = why;
    // The less lands late, the better. What is purged is reported.
    if (handle_ != nullptr) {
      rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    }
  }

  ReportThreads* const threads_;
  const int32_t partition_;
  const std::function<void(const Report&)> on_report_;
  const OnLanded on_landed_;
  const Context context_;
  Gate gate_;
  Handle handle_;  // set once, before anything is sent; reset by the closer
  TopicHandle topic_;
  rd_kafka_queue_t* queue_ = nullptr;
  std::atomic<bool> gone_{false};                       // the writer
  absl::Mutex opening_ ABSL_ACQUIRED_BEFORE(polling_);  // held while the topic's leader is asked for, and to end that
  absl::Mutex polling_ ABSL_ACQUIRED_BEFORE(mutex_);    // held while reports are handed out, and to end that
  bool closed_ ABSL_GUARDED_BY(polling_) = false;
  uint64_t next_landed_ = 0;  // the poller's
  absl::Mutex mutex_;
  bool opened_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<PublishedRecord> waiting_ ABSL_GUARDED_BY(mutex_);  // for that; a claim, mostly
  uint64_t next_sequence_ ABSL_GUARDED_BY(mutex_) = 0;            // of those that do not wait
  absl::Status broken_ ABSL_GUARDED_BY(mutex_);                   // why the term is over
  std::deque<uint64_t> refused_ ABSL_GUARDED_BY(mutex_);          // not given to the library, not yet reported
};

// `Of`: JournalWriter or PublishedWriter.
template <typename Of, typename Record>
class Writer : public Of {
 public:
  explicit Writer(std::shared_ptr<Producer> producer) : producer_(std::move(producer)) {}
  ~Writer() override { producer_->GiveUp(); }
  void Send(std::vector<Record> records) override { producer_->Send(std::move(records)); }

 private:
  const std::shared_ptr<Producer> producer_;
};

}  // namespace

std::unique_ptr<JournalWriter> NewWriter(const Cluster* cluster, ReportThreads* threads, const std::string& topic,
                                         uint32_t partition, std::function<void(const Report&)> on_report,
                                         OnLanded on_landed) {
  auto producer = std::make_shared<Producer>(cluster, threads, partition, std::move(on_report), std::move(on_landed));
  producer->Start(topic);
  return std::make_unique<Writer<JournalWriter, std::string>>(std::move(producer));
}

std::unique_ptr<PublishedWriter> NewPublishedWriter(const Cluster* cluster, ReportThreads* threads,
                                                    const std::string& topic, uint32_t partition,
                                                    std::function<void(const Report&)> on_report) {
  auto producer = std::make_shared<Producer>(cluster, threads, partition, std::move(on_report), nullptr);
  producer->Start(topic);
  return std::make_unique<Writer<PublishedWriter, PublishedRecord>>(std::move(producer));
}

}  // namespace shoujie::kafka
