#include "services/all_in_one/kafka_flags.h"

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"

namespace shoujie {

void AddKafkaFlags(CLI::App* app, KafkaFlags* flags, bool needed) {
  app->add_option("--kafka", flags->bootstrap, "brokers of the cluster to begin with: HOST:PORT,HOST:PORT")
      ->envname("SHOUJIE_KAFKA")
      ->required(needed);
  app->add_option("--kafka-set", flags->settings,
                  "NAME=VALUE of the client's transport: security.protocol, sasl.*, ssl.*, broker.address.family, "
                  "client.rack; may be given again");
  app->add_option("--kafka-prefix", flags->prefix, "of the topics' names: several installations may share a cluster")
      ->envname("SHOUJIE_KAFKA_PREFIX")
      ->capture_default_str();
}

absl::StatusOr<kafka::Cluster> ClusterOf(const KafkaFlags& flags) {
  kafka::Cluster cluster;
  cluster.bootstrap = flags.bootstrap;
  cluster.prefix = flags.prefix;
  if (cluster.bootstrap.empty()) {
    return Invalid("KAFKA_SETTING", "No Kafka cluster is named. Give its brokers by --kafka HOST:PORT,HOST:PORT.",
                   "未指定 Kafka 集群。请用 --kafka HOST:PORT,HOST:PORT 给出 broker 地址。");
  }
  for (const std::string& setting : flags.settings) {
    const size_t sign = setting.find('=');
    if (sign == std::string::npos || sign == 0) {
      return Invalid("KAFKA_SETTING", absl::StrCat("--kafka-set ", setting, " is not NAME=VALUE. Write it so."),
                     absl::StrCat("--kafka-set ", setting, " 格式不符。请写成 NAME=VALUE。"), {{"setting", setting}});
    }
    cluster.settings[setting.substr(0, sign)] = setting.substr(sign + 1);
  }
  return cluster;
}

std::vector<kafka::TopicSpec> JournalTopics(const std::vector<ServiceModule>& modules) {
  std::vector<kafka::TopicSpec> topics;
  for (const ServiceModule& module : modules) {
    topics.push_back({module.domain.name, module.domain.slotted ? limits::kPartitions : 1});
  }
  return topics;
}

std::vector<kafka::TopicSpec> AllTopics(const std::vector<ServiceModule>& modules) {
  std::vector<kafka::TopicSpec> topics = JournalTopics(modules);
  topics.push_back(kafka::KeysTopic());
  for (const ServiceModule& module : modules) {
    if (module.domain.feed == nullptr) continue;
    topics.push_back(kafka::PublishedTopic(std::string(module.domain.feed->collection()),
                                           module.domain.slotted ? limits::kPartitions : 1));
  }
  return topics;
}

}  // namespace shoujie
