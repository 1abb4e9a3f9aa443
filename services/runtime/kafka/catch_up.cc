#include "services/runtime/kafka/catch_up.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/kafka/reader.h"

namespace shoujie::kafka {

CatchUp::CatchUp(const Cluster* cluster) : context_{cluster, nullptr} {}

CatchUp::~CatchUp() {
  absl::MutexLock lock(&mutex_);
  for (Stream& stream : streams_) Stop(&stream);
}

absl::StatusOr<rd_kafka_t*> CatchUp::Lane(size_t lane) {
  while (lanes_.size() <= lane) {
    auto handle = NewReader(&context_, ReadKind::kCatchUp);
    if (!handle.ok()) return handle.status();
    lanes_.push_back(*std::move(handle));
  }
  return lanes_[lane].get();
}

// Prefers the stream that stands at the position, then a free lane, then the one that rested longest.
absl::StatusOr<CatchUp::Stream*> CatchUp::Take(const std::string& topic, uint32_t partition, uint64_t position,
                                               bool* goes_on) {
  absl::MutexLock lock(&mutex_);
  for (;;) {
    bool used[kStreamsPerPartitionMax] = {};
    Stream* rested = nullptr;
    for (Stream& stream : streams_) {
      if (stream.partition != partition || stream.topic_name != topic) continue;
      used[stream.lane] = true;
      if (stream.busy) continue;
      if (stream.next == position) {
        stream.busy = true;
        *goes_on = true;
        return &stream;
      }
      if (rested == nullptr || stream.used < rested->used) rested = &stream;
    }
    size_t lane = 0;
    while (lane < kStreamsPerPartitionMax && used[lane]) ++lane;
    if (lane == kStreamsPerPartitionMax) {
      if (rested == nullptr) {  // all are being read from
        const auto one_rests = [this, &topic, partition]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
          for (const Stream& stream : streams_) {
            if (!stream.busy && stream.partition == partition && stream.topic_name == topic) return true;
          }
          return false;
        };
        if (!mutex_.AwaitWithTimeout(absl::Condition(&one_rests), kReadTimeout)) {
          return ToStatus(RD_KAFKA_RESP_ERR__TIMED_OUT, absl::StrCat("when reading ", topic, "/", partition));
        }
        continue;
      }
      lane = rested->lane;
      Stop(rested);
      streams_.remove_if([rested](const Stream& stream) { return &stream == rested; });
    }
    auto client = Lane(lane);
    if (!client.ok()) return client.status();
    TopicHandle handle(rd_kafka_topic_new(*client, topic.c_str(), nullptr));
    if (handle == nullptr ||
        rd_kafka_consume_start(handle.get(), static_cast<int32_t>(partition), static_cast<int64_t>(position)) != 0) {
      return ToStatus(rd_kafka_last_error(), absl::StrCat("to read ", topic, "/", partition));
    }
    streams_.push_back({lane, topic, std::move(handle), partition, position, true, absl::Now()});
    *goes_on = false;
    return &streams_.back();
  }
}

absl::Status CatchUp::Fetch(Stream* stream, absl::Duration timeout, size_t records_max,
                            std::vector<StoredRecord>* out) {
  size_t bytes = 0, taken = 0;
  for (const absl::Time until = absl::Now() + timeout; taken < records_max && bytes < limits::kReadBytesMax;) {
    // Only the first record is waited for.
    const int wait_ms =
        taken > 0 ? 0 : static_cast<int>(std::max<int64_t>(0, absl::ToInt64Milliseconds(until - absl::Now())));
    const Message message(rd_kafka_consume(stream->topic.get(), static_cast<int32_t>(stream->partition), wait_ms));
    if (message == nullptr) {
      if (taken > 0 || absl::Now() >= until) return absl::OkStatus();
      continue;
    }
    StoredRecord record;
    if (!ToRecord(*message, &record)) {
      if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
          message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        return JournalOutOfRange(stream->topic_name, stream->partition, stream->next);
      }
      continue;  // of a broker or connection: the library goes on by itself
    }
    if (record.position < stream->next) continue;
    if (record.position > stream->next) {
      return JournalGap(stream->topic_name, stream->partition, stream->next, record.position);
    }
    ++stream->next;
    ++taken;
    bytes += record.bytes.size();
    out->push_back(std::move(record));
  }
  return absl::OkStatus();
}

absl::Status CatchUp::Read(const std::string& topic, uint32_t partition, uint64_t position, size_t records_max,
                           std::vector<StoredRecord>* out) {
  if (records_max == 0) return absl::OkStatus();
  bool goes_on = false;
  auto stream = Take(topic, partition, position, &goes_on);
  if (!stream.ok()) return stream.status();
  const size_t before = out->size();
  absl::Status status = Fetch(*stream, goes_on ? kGoOnTimeout : kReadTimeout, records_max, out);
  GiveBack(*stream, /*end=*/!status.ok());
  if (status.ok() && out->size() == before) status = NotReadNow(topic, partition, position);
  return status;
}

void CatchUp::GiveBack(Stream* stream, bool end) {
  absl::MutexLock lock(&mutex_);
  stream->busy = false;
  stream->used = absl::Now();
  if (!end) return;
  Stop(stream);
  streams_.remove_if([stream](const Stream& one) { return &one == stream; });
}

void CatchUp::Stop(Stream* stream) {
  rd_kafka_consume_stop(stream->topic.get(), static_cast<int32_t>(stream->partition));
}

void CatchUp::StopIdle() {
  absl::MutexLock lock(&mutex_);
  const absl::Time before = absl::Now() - kStreamIdle;
  streams_.remove_if([before](Stream& stream) {
    const bool idle = !stream.busy && stream.used < before;
    if (idle) Stop(&stream);
    return idle;
  });
}

}  // namespace shoujie::kafka
