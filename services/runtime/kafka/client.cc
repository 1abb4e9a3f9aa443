#include "services/runtime/kafka/client.h"

#include <algorithm>
#include <initializer_list>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"

namespace shoujie::kafka {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

struct ConfDeleter {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
using Conf = std::unique_ptr<rd_kafka_conf_t, ConfDeleter>;

// Time-outs that end a silent black hole and the wait after it; the library's own are up to a minute.
const Settings& Transport() {
  static const Settings settings = {
      {"socket.timeout.ms", "6000"},
      {"socket.connection.setup.timeout.ms", "5000"},
      {"api.version.request.timeout.ms", "3000"},
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "1000"},
      {"socket.nagle.disable", "true"},
      {"socket.keepalive.enable", "true"},
      // A topic that a broker makes by itself has the broker's settings, not the journal's.
      {"allow.auto.create.topics", "false"},
  };
  return settings;
}

const Settings& Producer() {
  static const Settings settings = {
      {"enable.idempotence", "true"},
      {"acks", "all"},
      // After a permanent error nothing more of this producer lands: no hole in front of a record that does.
      {"enable.gapless.guarantee", "true"},
      // A record that expires here leaves such a hole, and makes the library repeat others. Deadlines are the shard's.
      {"message.timeout.ms", "0"},
      {"max.in.flight.requests.per.connection", "2"},
      // What waits while two requests are under way is the next batch.
      {"linger.ms", "0"},
      {"batch.size", absl::StrCat(kBatchBytesMax)},
      {"message.max.bytes", absl::StrCat(kMessageBytesMin)},
      {"queue.buffering.max.messages", absl::StrCat(kWriterRecordsMax)},
      {"queue.buffering.max.kbytes", absl::StrCat(kWriterBytesMax >> 10)},
      {"compression.codec", "none"},  // most of a record is sealed
  };
  return settings;
}

const Settings& Reader() {
  static const Settings settings = {
      {"enable.auto.commit", "false"},
      {"auto.offset.reset", "error"},  // never move silently: a position outside the log is damage
      {"enable.partition.eof", "false"},
      {"fetch.wait.max.ms", "100"},
      {"fetch.min.bytes", "1"},
      {"fetch.error.backoff.ms", "50"},
      {"check.crcs", "true"},
      // Nobody may hold us up with a transaction of his; what such a one leaves behind shows as a gap.
      {"isolation.level", "read_uncommitted"},
      {"fetch.message.max.bytes", absl::StrCat(kMessageBytesMin)},
      // Bounds what is fetched ahead, per partition.
      {"queued.min.messages", "2000"},
      {"queued.max.messages.kbytes", "8192"},
  };
  return settings;
}

// A node that is silent for the session time-out is dead to the others; the broker allows no less than 6 s by default.
const Settings& GroupMember() {
  static const Settings settings = {
      {"session.timeout.ms", "6000"},  {"heartbeat.interval.ms", "500"}, {"partition.assignment.strategy", "range"},
      {"enable.auto.commit", "false"}, {"auto.offset.reset", "latest"},  // nothing is fetched
  };
  return settings;
}

bool Tunable(absl::string_view name) {
  return name == "security.protocol" || name == "broker.address.family" || name == "client.rack" ||
         absl::StartsWith(name, "sasl.") || absl::StartsWith(name, "ssl.");
}

absl::Status BadSetting(absl::string_view name, absl::string_view why) {
  return Invalid(
      "KAFKA_SETTING",
      absl::StrCat("The Kafka setting ", name, " is refused: ", why,
                   ". Only security.protocol, sasl.*, ssl.*, broker.address.family and client.rack can be set."),
      absl::StrCat("Kafka 设置 ", name,
                   " 被拒绝。只能设置 security.protocol、sasl.*、ssl.*、broker.address.family 和 client.rack。"),
      {{"setting", name}});
}

void OnLog(const rd_kafka_t* handle, int severity, const char* facility, const char* text) {
  // Of settings that are for the cautious: said above once, not by each of hundreds of clients.
  if (handle == nullptr || absl::string_view(facility) == "CONFWARN") return;
  const auto* context = static_cast<const Context*>(rd_kafka_opaque(handle));
  if (context->cluster->log) context->cluster->log(severity, absl::StrCat(facility, ": ", text));
}

absl::StatusOr<Conf> MakeConf(const Context* context, std::initializer_list<const Settings*> parts) {
  const Cluster& cluster = *context->cluster;
  Conf conf(rd_kafka_conf_new());
  char why[256];
  const auto set = [&](const std::string& name, const std::string& value) -> absl::Status {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why, sizeof(why)) == RD_KAFKA_CONF_OK) {
      return absl::OkStatus();
    }
    return BadSetting(name, why);
  };
  for (const auto& [name, value] : cluster.settings) {
    if (!Tunable(name)) return BadSetting(name, "the journal's safety stands on it, or nothing does");
    if (absl::Status status = set(name, value); !status.ok()) return status;
  }
  for (const Settings* part : parts) {
    for (const auto& [name, value] : *part) {
      if (absl::Status status = set(name, value); !status.ok()) return status;
    }
  }
  if (absl::Status status = set("client.id", cluster.client_id); !status.ok()) return status;
  if (absl::Status status = set("bootstrap.servers", cluster.bootstrap); !status.ok()) return status;
  rd_kafka_conf_set_opaque(conf.get(), const_cast<Context*>(context));
  rd_kafka_conf_set_log_cb(conf.get(), &OnLog);
  return conf;
}

absl::StatusOr<Handle> Make(rd_kafka_type_t type, Conf conf) {
  char why[256];
  Handle handle(rd_kafka_new(type, conf.get(), why, sizeof(why)));
  if (handle == nullptr) {
    return Error(absl::StatusCode::kResourceExhausted, "KAFKA_CLIENT",
                 absl::StrCat("A Kafka client could not be started: ", why, "."),
                 absl::StrCat("Kafka 客户端无法启动：", why, "。"));
  }
  conf.release();  // the handle's now
  return handle;
}

}  // namespace

absl::StatusOr<Handle> NewProducer(const Context* context, const ProducerCallbacks& callbacks) {
  auto conf = MakeConf(context, {&Transport(), &Producer()});
  if (!conf.ok()) return conf.status();
  rd_kafka_conf_set_dr_msg_cb(conf->get(), callbacks.on_delivery);
  rd_kafka_conf_set_error_cb(conf->get(), callbacks.on_error);
  return Make(RD_KAFKA_PRODUCER, *std::move(conf));
}

absl::StatusOr<Handle> NewReader(const Context* context, ReadKind kind) {
  // A client has one request for records under way with each broker: a partition that is added meanwhile waits for it.
  static const Settings kBriefly = {{"fetch.wait.max.ms", "1"}};
  static const Settings kEnd = {{"enable.partition.eof", "true"}}, kNone;
  const Settings& own = kind == ReadKind::kTellEnd ? kEnd : kind == ReadKind::kCatchUp ? kBriefly : kNone;
  auto conf = MakeConf(context, {&Transport(), &Reader(), &own});
  if (!conf.ok()) return conf.status();
  return Make(RD_KAFKA_CONSUMER, *std::move(conf));
}

absl::StatusOr<Handle> NewGroupMember(const Context* context, const std::string& group,
                                      void (*on_rebalance)(rd_kafka_t*, rd_kafka_resp_err_t,
                                                           rd_kafka_topic_partition_list_t*, void* opaque)) {
  const Settings named = {{"group.id", group}};
  auto conf = MakeConf(context, {&Transport(), &GroupMember(), &named});
  if (!conf.ok()) return conf.status();
  rd_kafka_conf_set_rebalance_cb(conf->get(), on_rebalance);
  return Make(RD_KAFKA_CONSUMER, *std::move(conf));
}

absl::StatusOr<Handle> NewAdmin(const Context* context) {
  auto conf = MakeConf(context, {&Transport()});
  if (!conf.ok()) return conf.status();
  return Make(RD_KAFKA_PRODUCER, *std::move(conf));
}

absl::Status ToStatus(rd_kafka_resp_err_t error, absl::string_view doing, absl::string_view detail) {
  const std::string name = rd_kafka_err2name(error);
  const std::string more = detail.empty() ? "" : absl::StrCat(": ", detail);
  switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return absl::OkStatus();
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
      return Denied("KAFKA_DENIED",
                    absl::StrCat("Kafka does not allow this program ", doing, " (", name, more,
                                 "). Give its principal the right, or use another."),
                    absl::StrCat("Kafka 不允许本程序执行该操作（", name, "）。请授予权限或改用其他身份。"),
                    {{"error", name}});
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
      return Error(absl::StatusCode::kUnavailable, "KAFKA_UNAVAILABLE",
                   absl::StrCat("Kafka did not answer ", doing, " (", name, more,
                                "). Check that the brokers run and that the bootstrap address reaches them."),
                   absl::StrCat("Kafka 未响应（", name, "）。请检查 broker 是否运行以及 bootstrap 地址是否可达。"),
                   {{"error", name}});
    default:
      return Error(absl::StatusCode::kInternal, "KAFKA_ERROR",
                   absl::StrCat("Kafka refused ", doing, " (", name, more, ")."),
                   absl::StrCat("Kafka 拒绝了该操作（", name, "）。"), {{"error", name}});
  }
}

}  // namespace shoujie::kafka
