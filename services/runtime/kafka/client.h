// Clients of a Kafka cluster as the journal needs them: the settings that its safety stands on are here and nowhere
// else (design: kafka.md, section 10), together with every limit of this folder. For the folder's own use; whoever
// wants a journal includes kafka/journal.h.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/kafka/cluster.h"

namespace shoujie::kafka {

// A record (kRecordBytesMax) alone must fit into a batch, and a batch into a message of the topic, frames included.
inline constexpr size_t kFrameBytesMax = 1 << 10;
inline constexpr size_t kMessageBytesMin = kRecordBytesMax + kFrameBytesMax;  // the topic's max.message.bytes
inline constexpr size_t kBatchBytesMax = 1 << 20;
// Sent by one writer and not yet reported; the shard's own window is smaller.
inline constexpr size_t kWriterRecordsMax = 20'000;
inline constexpr size_t kWriterBytesMax = 64 << 20;

struct HandleDeleter {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); }
};
using Handle = std::unique_ptr<rd_kafka_t, HandleDeleter>;
struct TopicDeleter {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, TopicDeleter>;
struct MessageDeleter {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using Message = std::unique_ptr<rd_kafka_message_t, MessageDeleter>;

// What a client's callbacks get as `opaque`; outlives the client.
struct Context {
  const Cluster* cluster;
  void* owner = nullptr;
};
// What a producer calls from inside `rd_kafka_poll`.
struct ProducerCallbacks {
  void (*on_delivery)(rd_kafka_t*, const rd_kafka_message_t*, void* opaque);
  void (*on_error)(rd_kafka_t*, int error, const char* reason, void* opaque);
};

// Connects in the background. Errors: INVALID_ARGUMENT (KAFKA_SETTING), RESOURCE_EXHAUSTED (threads, memory).
absl::StatusOr<Handle> NewProducer(const Context* context, const ProducerCallbacks& callbacks);
// For reading by hand-assigned positions; never a member of a group.
enum class ReadKind {
  kFollow,   // stays at the ends of its partitions
  kCatchUp,  // passes through one partition after the other; those at their end never hold up the next
  kTellEnd,  // as kFollow, and events say where a partition ends, as far as its leader knows
};
absl::StatusOr<Handle> NewReader(const Context* context, ReadKind kind);
// A member of a consumer group, for the sake of membership alone (kafka/group.h). `on_rebalance` gets `context`.
absl::StatusOr<Handle> NewGroupMember(const Context* context, const std::string& group,
                                      void (*on_rebalance)(rd_kafka_t*, rd_kafka_resp_err_t,
                                                           rd_kafka_topic_partition_list_t*, void* opaque));
// For asking about topics and making them.
absl::StatusOr<Handle> NewAdmin(const Context* context);

// The status of an answer: UNAVAILABLE (KAFKA_UNAVAILABLE) unless the cluster refuses (PERMISSION_DENIED,
// KAFKA_DENIED) or says something else (INTERNAL, KAFKA_ERROR). `doing` names the act in a few words.
absl::Status ToStatus(rd_kafka_resp_err_t error, absl::string_view doing, absl::string_view detail = "");

}  // namespace shoujie::kafka
