#include "tests/kafka/tickets_topic.h"

#include <librdkafka/rdkafka.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "services/runtime/kafka/client.h"

namespace shoujie::kafka {
namespace {

constexpr int kTimeoutMs = 30'000;

absl::Status Wrong(rd_kafka_resp_err_t error) { return absl::UnavailableError(rd_kafka_err2str(error)); }

struct Client {
  Client(rd_kafka_type_t type, const std::string& bootstrap) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    char text[256];
    rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap.c_str(), text, sizeof text);
    rd_kafka_conf_set_opaque(conf, this);
    if (type == RD_KAFKA_PRODUCER) {
      rd_kafka_conf_set(conf, "enable.idempotence", "true", text, sizeof text);
      rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) static_cast<Client*>(opaque)->error = message->err;
      });
    }
    handle.reset(rd_kafka_new(type, conf, text, sizeof text));
  }
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;  // of the last record that was not taken
  Handle handle;
};

TicketsTopic::Placed PlacedOf(const rd_kafka_message_t& message) {
  TicketsTopic::Placed placed{.partition = message.partition};
  placed.record.key.assign(static_cast<const char*>(message.key), message.key_len);
  placed.record.value.assign(static_cast<const char*>(message.payload), message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return placed;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    placed.record.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
  }
  return placed;
}

absl::Status ReadPartition(rd_kafka_t* handle, rd_kafka_topic_t* topic, int32_t partition,
                           std::vector<TicketsTopic::Placed>* all) {
  int64_t low = 0, high = 0;
  const auto error =
      rd_kafka_query_watermark_offsets(handle, rd_kafka_topic_name(topic), partition, &low, &high, kTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Wrong(error);
  if (low == high) return absl::OkStatus();
  if (rd_kafka_consume_start(topic, partition, low) != 0) return Wrong(rd_kafka_last_error());
  absl::Status status;
  for (int64_t at = low; status.ok() && at < high;) {
    const Message message(rd_kafka_consume(topic, partition, kTimeoutMs));
    if (message == nullptr) {
      status = absl::DeadlineExceededError("no record within the time");
    } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      all->push_back(PlacedOf(*message));
      at = message->offset + 1;
    } else if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      status = Wrong(message->err);
    }
  }
  rd_kafka_consume_stop(topic, partition);
  return status;
}

}  // namespace

bool TicketsTopic::Exists() const {
  Client client(RD_KAFKA_CONSUMER, bootstrap_);
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(client.handle.get(), /*all_topics=*/1, nullptr, &metadata, kTimeoutMs) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return false;
  }
  bool exists = false;
  for (int i = 0; i < metadata->topic_cnt; ++i) exists = exists || metadata->topics[i].topic == name_;
  rd_kafka_metadata_destroy(metadata);
  return exists;
}

absl::Status TicketsTopic::Create(int partitions) const {
  Client client(RD_KAFKA_PRODUCER, bootstrap_);
  char text[256];
  rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(name_.c_str(), partitions, 1, text, sizeof text);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client.handle.get());
  rd_kafka_CreateTopics(client.handle.get(), &wanted, 1, nullptr, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, kTimeoutMs);
  absl::Status status = absl::DeadlineExceededError("no answer");
  if (event != nullptr) {
    const auto error = rd_kafka_event_error(event);
    status = error == RD_KAFKA_RESP_ERR_NO_ERROR ? absl::OkStatus() : Wrong(error);
    rd_kafka_event_destroy(event);
  }
  rd_kafka_NewTopic_destroy(wanted);
  rd_kafka_queue_destroy(queue);
  return status;
}

absl::Status TicketsTopic::Append(const std::vector<Placed>& records) const {
  Client client(RD_KAFKA_PRODUCER, bootstrap_);
  for (const auto& [partition, record] : records) {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
    for (const auto& [name, value] : record.headers) {
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
    }
    const auto error =
        rd_kafka_producev(client.handle.get(), RD_KAFKA_V_TOPIC(name_.c_str()), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
                          RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
                          RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_headers_destroy(headers);
      return Wrong(error);
    }
  }
  if (const auto error = rd_kafka_flush(client.handle.get(), kTimeoutMs); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Wrong(error);
  }
  return client.error == RD_KAFKA_RESP_ERR_NO_ERROR ? absl::OkStatus() : Wrong(client.error);
}

absl::StatusOr<std::vector<TicketsTopic::Placed>> TicketsTopic::Read() const {
  Client client(RD_KAFKA_CONSUMER, bootstrap_);
  const TopicHandle topic(rd_kafka_topic_new(client.handle.get(), name_.c_str(), nullptr));
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error = rd_kafka_metadata(client.handle.get(), 0, topic.get(), &metadata, kTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Wrong(error);
  const int partitions = metadata->topics[0].partition_cnt;
  rd_kafka_metadata_destroy(metadata);
  std::vector<Placed> all;
  for (int p = 0; p < partitions; ++p) {
    if (absl::Status status = ReadPartition(client.handle.get(), topic.get(), p, &all); !status.ok()) return status;
  }
  return all;
}

}  // namespace shoujie::kafka
