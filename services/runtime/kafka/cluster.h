// Where a Kafka cluster is and how to talk to it. A value that programs fill from their flags; it knows nothing of the
// client library, so that whoever includes it stays free of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace shoujie::kafka {

struct Cluster {
  std::string bootstrap;  // "host:port,host:port"
  std::string client_id = "shoujie";
  // Transport only, by librdkafka's names: security.protocol, sasl.*, ssl.*, broker.address.family, client.rack.
  // Anything else is refused: what the journal's safety stands on is not for tuning.
  std::map<std::string, std::string> settings;
  // Lines of the client library (never records), with a syslog severity. Called from any thread. Without it they are
  // dropped.
  std::function<void(int severity, const std::string& line)> log;
  // "shoujie" in `shoujie.<service>.journal`: several installations may share one cluster.
  std::string prefix = "shoujie";
};

}  // namespace shoujie::kafka
