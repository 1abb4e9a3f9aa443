#include "services/runtime/kafka/published.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/runtime/kafka/catch_up.h"
#include "services/runtime/kafka/client.h"
#include "services/runtime/kafka/reader.h"
#include "services/runtime/kafka/writer.h"

namespace shoujie::kafka {
namespace {

constexpr int kTopicPollMs = 100;

std::string HeaderOf(const rd_kafka_message_t& message, const std::string& name) {
  rd_kafka_headers_t* headers = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      rd_kafka_header_get_last(headers, name.c_str(), &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return "";
  }
  return std::string(static_cast<const char*>(value), size);
}

class Published : public PublishedLog {
 public:
  Published(const Cluster* cluster, ReportThreads* threads, Topics* topics, TopicSpec spec, bool allow_weak)
      : context_{cluster, nullptr},
        threads_(threads),
        topics_(topics),
        spec_(std::move(spec)),
        topic_(TopicName(*cluster, spec_)),
        allow_weak_(allow_weak) {}

  absl::Status Check() override {
    auto findings = topics_->Check({spec_});
    return findings.ok() ? RefusalOf(*findings, allow_weak_) : findings.status();
  }

  absl::StatusOr<std::vector<std::string>> Newest(uint32_t partition, const std::string& header,
                                                  size_t records_max) override {
    auto ends = topics_->EndsOf(topic_, partition);
    if (!ends.ok()) return ends.status();
    const uint64_t end = ends->end;
    uint64_t next = std::max(ends->first, end - std::min<uint64_t>(end, records_max));
    std::vector<std::string> values;
    if (next >= end) return values;
    auto reader = NewReader(&context_, ReadKind::kCatchUp);
    if (!reader.ok()) return reader.status();
    const TopicHandle topic(rd_kafka_topic_new(reader->get(), topic_.c_str(), nullptr));
    if (topic == nullptr ||
        rd_kafka_consume_start(topic.get(), static_cast<int32_t>(partition), static_cast<int64_t>(next)) != 0) {
      return ToStatus(rd_kafka_last_error(), absl::StrCat("to read ", topic_, "/", partition));
    }
    absl::Status status;
    for (const absl::Time until = absl::Now() + kReadTimeout; next < end && status.ok();) {
      const Message message(rd_kafka_consume(topic.get(), static_cast<int32_t>(partition), kTopicPollMs));
      if (message != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        next = static_cast<uint64_t>(message->offset) + 1;
        values.push_back(HeaderOf(*message, header));
      } else if (absl::Now() >= until ||
                 (message != nullptr && (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
                                         message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE))) {
        status = NotReadNow(topic_, partition, next);  // or its time was up meanwhile
      }
    }
    rd_kafka_consume_stop(topic.get(), static_cast<int32_t>(partition));
    if (!status.ok()) return status;
    return values;
  }

  std::unique_ptr<PublishedWriter> NewWriter(uint32_t partition,
                                             std::function<void(const Report&)> on_report) override {
    return NewPublishedWriter(context_.cluster, threads_, topic_, partition, std::move(on_report));
  }

 private:
  const Context context_;
  ReportThreads* const threads_;
  Topics* const topics_;
  const TopicSpec spec_;
  const std::string topic_;
  const bool allow_weak_;
};

}  // namespace

std::unique_ptr<PublishedLog> NewPublishedLog(const Cluster* cluster, ReportThreads* threads, Topics* topics,
                                              TopicSpec spec, bool allow_weak) {
  return std::make_unique<Published>(cluster, threads, topics, std::move(spec), allow_weak);
}

}  // namespace shoujie::kafka
