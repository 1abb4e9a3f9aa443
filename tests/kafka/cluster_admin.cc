#include "tests/kafka/cluster_admin.h"

#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/runtime/kafka/client.h"
#include "services/runtime/kafka/topics.h"

namespace shoujie::kafka {
namespace {

constexpr int kTimeoutMs = 30'000;

struct QueueDeleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct EventDeleter {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, QueueDeleter>;
using Event = std::unique_ptr<rd_kafka_event_t, EventDeleter>;

struct Admin {
  explicit Admin(const std::string& bootstrap) {
    cluster.bootstrap = bootstrap;
    auto made = NewAdmin(&context);
    if (made.ok()) handle = *std::move(made);
    if (handle) queue = Queue(rd_kafka_queue_new(handle.get()));
  }
  absl::Status Await() {
    const Event event(rd_kafka_queue_poll(queue.get(), kTimeoutMs));
    if (event == nullptr) return absl::DeadlineExceededError("no answer");
    return ToStatus(rd_kafka_event_error(event.get()), "to change a topic");
  }
  // Whether the cluster has a topic of this name, with a leader for every partition if `led`.
  bool Has(const std::string& name) {
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(handle.get(), /*all_topics=*/1, nullptr, &metadata, 2000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return true;  // not known
    }
    bool has = false;
    for (int i = 0; i < metadata->topic_cnt; ++i) has = has || metadata->topics[i].topic == name;
    rd_kafka_metadata_destroy(metadata);
    return has;
  }

  Cluster cluster;
  const Context context{&cluster, nullptr};
  Handle handle;
  Queue queue;
};

}  // namespace

bool AwaitInSync(const std::string& bootstrap, const std::string& prefix, int replicas, absl::Duration limit) {
  const Admin admin(bootstrap);
  if (admin.handle == nullptr) return false;
  for (const absl::Time until = absl::Now() + limit; absl::Now() < until; absl::SleepFor(absl::Milliseconds(100))) {
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(admin.handle.get(), /*all_topics=*/1, nullptr, &metadata, 2000) !=
        RD_KAFKA_RESP_ERR_NO_ERROR) {
      continue;
    }
    bool all = true, some = false;
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
      if (!absl::StartsWith(topic.topic, prefix + ".")) continue;
      some = true;
      for (int p = 0; p < topic.partition_cnt; ++p) {
        all = all && topic.partitions[p].leader >= 0 && topic.partitions[p].isr_cnt >= replicas;
      }
    }
    rd_kafka_metadata_destroy(metadata);
    if (all && some) return true;
  }
  return false;
}

absl::Status DeleteTopic(const std::string& bootstrap, const std::string& name) {
  Admin admin(bootstrap);
  if (admin.handle == nullptr) return absl::UnavailableError("no client");
  rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(name.c_str());
  rd_kafka_DeleteTopics(admin.handle.get(), &topic, 1, nullptr, admin.queue.get());
  rd_kafka_DeleteTopic_destroy(topic);
  if (absl::Status status = admin.Await(); !status.ok()) return status;
  for (const absl::Time until = absl::Now() + absl::Seconds(30); absl::Now() < until;) {
    if (!admin.Has(name)) return absl::OkStatus();
    absl::SleepFor(absl::Milliseconds(50));
  }
  return absl::DeadlineExceededError("the topic does not go away");
}

absl::Status SetMessageBytes(const std::string& bootstrap, const std::string& name, uint64_t bytes, uint32_t replicas) {
  Admin admin(bootstrap);
  if (admin.handle == nullptr) return absl::UnavailableError("no client");
  rd_kafka_ConfigResource_t* resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str());
  for (const auto& [setting, value] : SettingsOfNewTopic(TopicKind::kJournal, replicas)) {
    const std::string set = setting == "max.message.bytes" ? absl::StrCat(bytes) : value;
    rd_kafka_ConfigResource_set_config(resource, setting.c_str(), set.c_str());
  }
  rd_kafka_AlterConfigs(admin.handle.get(), &resource, 1, nullptr, admin.queue.get());
  rd_kafka_ConfigResource_destroy(resource);
  return admin.Await();
}

}  // namespace shoujie::kafka
