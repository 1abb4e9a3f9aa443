// The flags that say which Kafka cluster, the same for servers and the command line, and the topics that the services
// of this build need.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/runtime/kafka/cluster.h"
#include "services/runtime/kafka/topics.h"
#include "services/runtime/service.h"

namespace CLI {
class App;
}

namespace shoujie {

struct KafkaFlags {
  std::string bootstrap;
  std::vector<std::string> settings;  // "name=value"
  std::string prefix = kafka::Cluster().prefix;
  bool allow_unsafe_topics = false;
};

// --kafka, --kafka-set, --kafka-prefix. `needed`: the command makes no sense without a cluster.
void AddKafkaFlags(CLI::App* app, KafkaFlags* flags, bool needed);
// Errors: KAFKA_SETTING.
absl::StatusOr<kafka::Cluster> ClusterOf(const KafkaFlags& flags);

// One journal each; with the keys' topic and those of what is published all that a cluster needs.
std::vector<kafka::TopicSpec> JournalTopics(const std::vector<ServiceModule>& modules);
std::vector<kafka::TopicSpec> AllTopics(const std::vector<ServiceModule>& modules);

}  // namespace shoujie
