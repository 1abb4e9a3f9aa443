#include "services/runtime/kafka/topics.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/runtime/base/error.h"
#include "services/runtime/kafka/client.h"

namespace shoujie::kafka {
namespace {

int Milliseconds(absl::Duration d) { return static_cast<int>(absl::ToInt64Milliseconds(d)); }

struct QueueDeleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, QueueDeleter>;
struct EventDeleter {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using Event = std::unique_ptr<rd_kafka_event_t, EventDeleter>;
struct OptionsDeleter {
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
};
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, OptionsDeleter>;
struct MetadataDeleter {
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
};
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, MetadataDeleter>;

}  // namespace

struct Topics::Impl {
  Impl(const Cluster& c, absl::Duration t) : cluster(c), context{&cluster, nullptr}, timeout(t) {}

  // All topics: asking for one by name could make it.
  absl::StatusOr<Metadata> AskMetadata() {
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto error = rd_kafka_metadata(handle.get(), /*all_topics=*/1, nullptr, &metadata, Milliseconds(timeout));
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return ToStatus(error, "when asked for its topics");
    return Metadata(metadata);
  }
  AdminOptions Options(rd_kafka_admin_op_t op) {
    AdminOptions options(rd_kafka_AdminOptions_new(handle.get(), op));
    char why[128];
    rd_kafka_AdminOptions_set_request_timeout(options.get(), Milliseconds(timeout), why, sizeof(why));
    if (op == RD_KAFKA_ADMIN_OP_CREATETOPICS) {
      rd_kafka_AdminOptions_set_operation_timeout(options.get(), Milliseconds(timeout), why, sizeof(why));
    }
    return options;
  }
  absl::StatusOr<Event> Await(rd_kafka_queue_t* queue, absl::string_view doing) {
    Event event(rd_kafka_queue_poll(queue, Milliseconds(timeout) + 1000));
    if (event == nullptr) return ToStatus(RD_KAFKA_RESP_ERR__TIMED_OUT, doing);
    if (const auto error = rd_kafka_event_error(event.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return ToStatus(error, doing, rd_kafka_event_error_string(event.get()));
    }
    return event;
  }
  absl::Status AskSettings(std::vector<TopicFacts>* facts);
  absl::Status AwaitEveryBroker(const std::vector<TopicSpec>& specs);
  absl::Status AwaitLeaders(const std::vector<TopicSpec>& specs);

  const Cluster cluster;
  const Context context;
  const absl::Duration timeout;
  Handle handle;
  std::string cluster_id;
  uint32_t brokers = 0;
};

Topics::Topics(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Topics::~Topics() = default;
const std::string& Topics::cluster_id() const { return impl_->cluster_id; }
uint32_t Topics::brokers() const { return impl_->brokers; }

absl::StatusOr<std::unique_ptr<Topics>> Topics::Connect(const Cluster& cluster, absl::Duration timeout) {
  auto impl = std::make_unique<Impl>(cluster, timeout);
  auto handle = NewAdmin(&impl->context);
  if (!handle.ok()) return handle.status();
  impl->handle = *std::move(handle);
  auto metadata = impl->AskMetadata();
  if (!metadata.ok()) return metadata.status();
  impl->brokers = static_cast<uint32_t>((*metadata)->broker_cnt);
  char* id = rd_kafka_clusterid(impl->handle.get(), Milliseconds(timeout));
  if (id == nullptr) return ToStatus(RD_KAFKA_RESP_ERR__TIMED_OUT, "when asked for its id");
  impl->cluster_id = id;
  rd_kafka_mem_free(impl->handle.get(), id);
  return std::unique_ptr<Topics>(new Topics(std::move(impl)));
}

absl::StatusOr<std::vector<TopicFacts>> Topics::Describe(const std::vector<TopicSpec>& specs) {
  auto metadata = impl_->AskMetadata();
  if (!metadata.ok()) return metadata.status();
  std::vector<TopicFacts> all;
  for (const TopicSpec& spec : specs) {
    TopicFacts facts;
    facts.topic = TopicName(impl_->cluster, spec);
    for (int i = 0; i < (*metadata)->topic_cnt; ++i) {
      const rd_kafka_metadata_topic_t& topic = (*metadata)->topics[i];
      if (facts.topic != topic.topic || topic.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
      facts.exists = true;
      facts.partitions = static_cast<uint32_t>(topic.partition_cnt);
      facts.replication_factor = topic.partition_cnt == 0 ? 0 : UINT32_MAX;
      for (int p = 0; p < topic.partition_cnt; ++p) {
        facts.replication_factor =
            std::min(facts.replication_factor, static_cast<uint32_t>(topic.partitions[p].replica_cnt));
      }
    }
    all.push_back(std::move(facts));
  }
  if (absl::Status status = impl_->AskSettings(&all); !status.ok()) return status;
  return all;
}

absl::Status Topics::Impl::AskSettings(std::vector<TopicFacts>* facts) {
  std::vector<rd_kafka_ConfigResource_t*> resources;
  for (const TopicFacts& one : *facts) {
    if (one.exists) resources.push_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, one.topic.c_str()));
  }
  if (resources.empty()) return absl::OkStatus();
  const Queue queue(rd_kafka_queue_new(handle.get()));
  const AdminOptions options = Options(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
  rd_kafka_DescribeConfigs(handle.get(), resources.data(), resources.size(), options.get(), queue.get());
  rd_kafka_ConfigResource_destroy_array(resources.data(), resources.size());
  auto event = Await(queue.get(), "when asked for the settings of topics");
  if (!event.ok()) return event.status();
  size_t count = 0;
  const rd_kafka_ConfigResource_t** answers =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  for (size_t i = 0; i < count; ++i) {
    const std::string topic = rd_kafka_ConfigResource_name(answers[i]);
    if (const auto error = rd_kafka_ConfigResource_error(answers[i]); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return ToStatus(error, absl::StrCat("when asked for the settings of ", topic));
    }
    size_t entries = 0;
    const rd_kafka_ConfigEntry_t** entry = rd_kafka_ConfigResource_configs(answers[i], &entries);
    for (TopicFacts& one : *facts) {
      if (one.topic != topic) continue;
      for (size_t e = 0; e < entries; ++e) {
        const char* value = rd_kafka_ConfigEntry_value(entry[e]);
        one.settings[rd_kafka_ConfigEntry_name(entry[e])] = value == nullptr ? "" : value;
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TopicFinding>> Topics::Check(const std::vector<TopicSpec>& specs) {
  auto facts = Describe(specs);
  if (!facts.ok()) return facts.status();
  std::vector<TopicFinding> all;
  for (size_t i = 0; i < specs.size(); ++i) {
    for (TopicFinding& finding : JudgeTopic((*facts)[i], specs[i].partitions, specs[i].kind))
      all.push_back(std::move(finding));
  }
  return all;
}

absl::StatusOr<std::vector<std::string>> Topics::Create(const std::vector<TopicSpec>& specs,
                                                        uint32_t replication_factor) {
  std::vector<rd_kafka_NewTopic_t*> topics;
  for (const TopicSpec& spec : specs) {
    char why[256];
    rd_kafka_NewTopic_t* topic =
        rd_kafka_NewTopic_new(TopicName(impl_->cluster, spec).c_str(), static_cast<int>(spec.partitions),
                              static_cast<int>(replication_factor), why, sizeof(why));
    if (topic == nullptr) {
      rd_kafka_NewTopic_destroy_array(topics.data(), topics.size());
      return Invalid("TOPIC_SETTING",
                     absl::StrCat("The topic cannot be made: ", why, ". Give another number of replicas."),
                     "无法创建该主题。请指定其他副本数。");
    }
    topics.push_back(topic);
    for (const auto& [name, value] : SettingsOfNewTopic(spec.kind, replication_factor)) {
      rd_kafka_NewTopic_set_config(topic, name.c_str(), value.c_str());
    }
  }
  const Queue queue(rd_kafka_queue_new(impl_->handle.get()));
  const AdminOptions options = impl_->Options(RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_CreateTopics(impl_->handle.get(), topics.data(), topics.size(), options.get(), queue.get());
  rd_kafka_NewTopic_destroy_array(topics.data(), topics.size());
  auto event = impl_->Await(queue.get(), "to make topics");
  if (!event.ok()) return event.status();
  size_t count = 0;
  const rd_kafka_topic_result_t** answers =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  std::vector<std::string> made;
  for (size_t i = 0; i < count; ++i) {
    const auto error = rd_kafka_topic_result_error(answers[i]);
    if (error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    const std::string name = rd_kafka_topic_result_name(answers[i]);
    if (error == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR) {
      return Refused("TOPIC_REPLICAS",
                     absl::StrCat("The cluster has ", impl_->brokers, " brokers, too few for ", replication_factor,
                                  " replicas of ", name, ". Add brokers, or ask for fewer replicas (--replicas)."),
                     absl::StrCat("集群只有 ", impl_->brokers, " 个 broker，不足以为 ", name, " 保存 ",
                                  replication_factor, " 个副本。请增加 broker，或用 --replicas 减少副本数。"),
                     {{"topic", name}, {"brokers", absl::StrCat(impl_->brokers)}});
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      const char* why = rd_kafka_topic_result_error_string(answers[i]);
      return ToStatus(error, absl::StrCat("to make ", name), why == nullptr ? "" : why);
    }
    made.push_back(name);
  }
  if (absl::Status status = impl_->AwaitEveryBroker(specs); !status.ok()) return status;
  return made;
}

// Brokers learn of a topic one after the other, and a client asks any of them.
absl::Status Topics::Impl::AwaitEveryBroker(const std::vector<TopicSpec>& specs) {
  auto metadata = AskMetadata();
  if (!metadata.ok()) return metadata.status();
  for (int i = 0; i < (*metadata)->broker_cnt; ++i) {
    Cluster alone = cluster;
    alone.bootstrap = absl::StrCat((*metadata)->brokers[i].host, ":", (*metadata)->brokers[i].port);
    Impl one(alone, timeout);
    auto client = NewAdmin(&one.context);
    if (!client.ok()) return client.status();
    one.handle = *std::move(client);
    if (!one.AskMetadata().ok()) continue;  // it is away: nobody else will ask it either
    if (absl::Status status = one.AwaitLeaders(specs); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Topics::Impl::AwaitLeaders(const std::vector<TopicSpec>& specs) {
  std::set<std::string> wanted;
  for (const TopicSpec& spec : specs) wanted.insert(TopicName(cluster, spec));
  for (const absl::Time until = absl::Now() + timeout;;) {
    auto metadata = AskMetadata();
    if (!metadata.ok()) return metadata.status();
    size_t led = 0;
    for (int i = 0; i < (*metadata)->topic_cnt; ++i) {
      const rd_kafka_metadata_topic_t& topic = (*metadata)->topics[i];
      const bool ready = topic.err == RD_KAFKA_RESP_ERR_NO_ERROR && topic.partition_cnt > 0 &&
                         std::all_of(topic.partitions, topic.partitions + topic.partition_cnt,
                                     [](const auto& partition) { return partition.leader >= 0; });
      if (ready) led += wanted.count(topic.topic);
    }
    if (led == wanted.size()) return absl::OkStatus();
    if (absl::Now() > until) return ToStatus(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, "to lead the new topics");
    absl::SleepFor(absl::Milliseconds(20));
  }
}

absl::StatusOr<Ends> Topics::EndsOf(const std::string& topic, uint32_t partition) {
  int64_t low = 0, high = 0;
  // A partition that was just made, or whose leader changes, has none for a moment.
  for (const absl::Time until = absl::Now() + impl_->timeout;; absl::SleepFor(absl::Milliseconds(20))) {
    const auto error = rd_kafka_query_watermark_offsets(
        impl_->handle.get(), topic.c_str(), static_cast<int32_t>(partition), &low, &high, Milliseconds(impl_->timeout));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    absl::Status status = ToStatus(error, absl::StrCat("when asked for the end of ", topic, "/", partition));
    if (!absl::IsUnavailable(status) || absl::Now() >= until) return status;
  }
  return Ends{static_cast<uint64_t>(std::max<int64_t>(low, 0)), static_cast<uint64_t>(std::max<int64_t>(high, 0))};
}

}  // namespace shoujie::kafka
