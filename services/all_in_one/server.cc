#include "services/all_in_one/server.h"

#include <signal.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "services/all_in_one/cluster_role.h"
#include "services/all_in_one/kafka_flags.h"
#include "services/all_in_one/modules.h"
#include "services/directory/service.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/features.h"
#include "services/runtime/base/request_id.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/data_directory/embedded_data.h"
#include "services/runtime/data_directory/kafka_data.h"
#include "services/runtime/node/node.h"
#include "services/runtime/ops/log.h"
#include "services/runtime/ops/metrics.h"
#include "services/runtime/ops/ops_service.h"
#include "services/runtime/rpc/server.h"
#include "services/runtime/security/tokens.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/ops/v1/service.pb.h"

namespace shoujie {
namespace {

constexpr char kVersion[] = "0.2.0";
constexpr int kExitRefused = 78;  // EX_CONFIG: the directory or the flags are not usable as they are

struct Flags {
  std::string program = "shoujied";
  std::vector<std::string> services;  // that are served; empty: all
  std::string data = "./data";
  std::string listen = "127.0.0.1:7400";
  std::string clock;
  std::string metrics;
  size_t threads = 1;
  std::string journal = "embedded";
  std::string secrets;  // directory of the master key and the tokens; empty: `data`
  KafkaFlags kafka;
  ClusterFlags cluster;
};

const std::string& SecretsOf(const Flags& flags) { return flags.secrets.empty() ? flags.data : flags.secrets; }

int Refuse(const Flags& flags, const absl::Status& status) {
  const common::v1::ErrorDetail detail = DetailOf(status);
  if (detail.reason().empty()) {
    std::fprintf(stderr, "%s: %s\n", flags.program.c_str(), std::string(status.message()).c_str());
  } else {
    std::fprintf(stderr, "%s: %s: %s\n%s\n", flags.program.c_str(), detail.reason().c_str(), detail.en().c_str(),
                 detail.zh().c_str());
  }
  return kExitRefused;
}

// What can be said against the flags without looking at anything else.
absl::Status CheckFlags(const Flags& flags) {
  const bool cluster = flags.journal == "kafka" && !flags.cluster.node.empty();
  if (!flags.cluster.node.empty() && !cluster) {
    return Refused("NODE_ALONE",
                   "The embedded journal belongs to one process: --node goes with --journal kafka. Leave it out.",
                   "嵌入式日志只属于一个进程：--node 须与 --journal kafka 同用。请去掉该选项。");
  }
  if (!flags.services.empty() && !cluster) {
    return Refused(
        "SERVICES_ALONE",
        "A process that serves some services only needs the others' nodes: start it with --journal kafka and "
        "a name (--node), or let it serve all.",
        "只提供部分服务的进程需要其他节点：请同时使用 --journal kafka 和 --node，或让它提供全部服务。");
  }
  std::vector<std::string> names;
  for (const ServiceModule& module : AllModules()) names.push_back(module.domain.name);
  for (const std::string& service : flags.services) {
    if (std::find(names.begin(), names.end(), service) != names.end()) continue;
    const std::string known = absl::StrJoin(names, ", ");
    return Invalid("SERVICE_UNKNOWN", absl::StrCat("There is no service ", service, ". Name some of: ", known, "."),
                   absl::StrCat("没有名为 ", service, " 的服务。请从以下服务中选择：", known, "。"),
                   {{"service", service}});
  }
  return absl::OkStatus();
}

// The journals that a process reads or writes: of what it serves, of what that reacts to, and the directory's.
std::vector<kafka::TopicSpec> JournalsFor(const std::vector<ServiceModule>& modules,
                                          const std::vector<std::string>& services) {
  std::vector<kafka::TopicSpec> topics = JournalTopics(modules);
  if (services.empty()) return topics;
  std::set<std::string> needed(services.begin(), services.end());
  needed.insert("directory");
  for (const ServiceModule& module : modules) {
    if (std::find(services.begin(), services.end(), module.domain.name) == services.end()) continue;
    for (const Reaction& reaction : module.domain.reactions) needed.insert(reaction.to_service);
  }
  topics.erase(std::remove_if(topics.begin(), topics.end(),
                              [&](const kafka::TopicSpec& topic) { return !needed.contains(topic.service); }),
               topics.end());
  return topics;
}

// The first start publishes the built-in sample as version 1, so that everything can be tried at once.
absl::Status PublishSample(Node& node, KeyRing& keys) {
  if (node.reference()->version() > 0) return absl::OkStatus();
  const ServiceModule& module = *node.module("directory");
  auto request = std::make_unique<directory::v1::PublishVersionRequest>();
  request->set_request_id(MakeRequestId(node.clock().Now(), keys.Random(10)));
  *request->mutable_content() = directory::SampleDirectory();
  ClientCommand command;
  command.payload = request->SerializeAsString();
  command.request = std::move(request);
  command.principal = {"system/directory",
                       static_cast<uint32_t>(Right::kSystem) | static_cast<uint32_t>(Right::kPublish)};
  command.deadline = absl::InfiniteDuration();
  absl::Notification done;
  absl::Status status;
  node.Execute(module, std::move(command), [&](absl::StatusOr<common::v1::CommandReply> reply) {
    status = reply.status();
    done.Notify();
  });
  done.WaitForNotification();
  return status;
}

// Signals are waited for by the main thread alone: blocked before there is any other, which would inherit the default
// action and let a SIGTERM that comes before the wait kill the process.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

absl::StatusOr<std::unique_ptr<NodeData>> OpenData(const Flags& flags, const std::vector<ServiceModule>& modules,
                                                   const Clock* clock) {
  if (flags.journal == "embedded") {
    auto data = EmbeddedData::Open(flags.data, clock, !flags.clock.empty());
    if (!data.ok()) return data.status();
    return *std::move(data);
  }
  KafkaData::Options options;
  options.path = flags.data;
  auto cluster = ClusterOf(flags.kafka);
  if (!cluster.ok()) return cluster.status();
  options.cluster = *std::move(cluster);
  options.cluster.client_id = flags.program;
  options.cluster.log = [](int severity, const std::string& line) {
    ops::Log(severity <= 4 ? ops::Level::kWarn : ops::Level::kInfo, "kafka", {{"text", line}});
  };
  options.journals = JournalsFor(modules, flags.services);
  if (!flags.secrets.empty()) options.master_key_file = flags.secrets + "/master.key";
  options.allow_unsafe_topics = flags.kafka.allow_unsafe_topics;
  options.scaled_clock = !flags.clock.empty();
  auto data = KafkaData::Open(std::move(options), clock);
  if (!data.ok()) return data.status();
  for (const kafka::TopicFinding& finding : (*data)->journals().weak()) {
    ops::LogWarn("unsafe topic", {{"topic", finding.topic}, {"setting", finding.setting}, {"found", finding.found}});
  }
  return *std::move(data);
}

// Opens the data and brings all shards to serve. What it made is gone again if it fails.
absl::Status Start(const Flags& flags, const Clock* clock, std::unique_ptr<NodeData>* data,
                   std::unique_ptr<ClusterRole>* role, std::unique_ptr<Node>* node) {
  node->reset();
  role->reset();
  data->reset();
  NodeEnv env;
  env.modules = AllModules();
  env.serves.insert(flags.services.begin(), flags.services.end());
  auto opened = OpenData(flags, env.modules, clock);
  if (!opened.ok()) return opened.status();
  *data = *std::move(opened);
  NodeData* const kept = data->get();
  env.journal = [kept](const JournalId& id) { return kept->journal(id); };
  env.store = [kept](const JournalId& id) { return kept->store(id); };
  env.drop_store = [kept](const JournalId& id) { return kept->DropStore(id); };
  env.side_store = [kept](const JournalId& id) { return kept->MakeSide(id); };
  env.rebuilt = [](const RebuildSum& sum) {
    ops::LogInfo("stores rebuilt", {{"stores", sum.stores},
                                    {"failed", sum.failed},
                                    {"why", ReasonOf(sum.why)},
                                    {"records", sum.records},
                                    {"events", sum.events},
                                    {"ms", absl::ToInt64Milliseconds(sum.took)},
                                    {"threads", sum.threads}});
  };
  if (flags.journal == "kafka") {
    env.published = [kept](const std::string& feed, uint32_t partitions) { return kept->Published(feed, partitions); };
    env.relay_waits = [](const std::string& service, const absl::Status& why) {
      ops::Log(why.ok() ? ops::Level::kInfo : ops::Level::kWarn, why.ok() ? "relay runs" : "relay waits",
               {{"service", service}, {"reason", ReasonOf(why)}, {"why", std::string(why.message())}});
    };
  }
  env.keys = &kept->keys();
  env.clock = clock;
  env.disk_low = [kept] { return kept->DiskLow(); };
  env.checkpoint = [kept](const std::string& directory) { return kept->Checkpoint(directory); };
  env.threads = flags.threads;
  if (!flags.cluster.node.empty()) {
    auto kafka_cluster = ClusterOf(flags.kafka);
    if (!kafka_cluster.ok()) return kafka_cluster.status();
    auto made =
        ClusterRole::Make(flags.cluster, flags.listen, env.serves, kept->keys().slot_key(), *kafka_cluster, clock);
    if (!made.ok()) return made.status();
    *role = *std::move(made);
    env.name = flags.cluster.node;
    env.peers = (*role)->cluster.get();
  }
  *node = std::make_unique<Node>(std::move(env));
  if (absl::Status status = (*node)->Start(); !status.ok()) return status;
  if (absl::Status status = kept->StartKeys(); !status.ok()) return status;
  if (*role != nullptr) return absl::OkStatus();  // whoever owns the directory publishes
  if (absl::Status status = PublishSample(**node, kept->keys()); !status.ok()) return status;
  return (*node)->AwaitAdoption(absl::Seconds(60));
}

ops::v1::Rebuild RebuildOf(const Node& node) {
  const LiveRebuilds::Progress progress = node.rebuild();
  const auto name = [](const JournalId& id) { return absl::StrCat("shards/", id.service, "/", id.partition); };
  ops::v1::Rebuild rebuild;
  rebuild.set_running(progress.running);
  rebuild.set_stores(static_cast<uint32_t>(progress.stores));
  rebuild.set_done(static_cast<uint32_t>(progress.done.size()));
  if (progress.running) {
    rebuild.set_current(name(progress.current));
    rebuild.set_current_revision(progress.current_revision);
    rebuild.set_current_of(progress.current_of);
  }
  for (const LiveRebuilt& one : progress.done) {
    auto* row = rebuild.add_results();
    row->set_name(name(one.id));
    row->set_revision(one.revision);
    row->set_events(one.events);
    row->set_rows(one.rows);
    row->set_differing(one.differing);
    row->set_milliseconds(static_cast<uint64_t>(absl::ToInt64Milliseconds(one.took)));
    if (!one.status.ok()) row->set_failed(std::string(one.status.message()));
  }
  return rebuild;
}

// Until this node knows a directory: published by whoever owns it, which may be this one. False: a signal came.
bool AwaitFirstDirectory(Node& node, KeyRing& keys, const sigset_t& signals) {
  while (node.reference()->version() == 0) {
    const Shard* own = node.shard({"directory", 0});
    if (own != nullptr && own->phase() == Shard::Phase::kServing) {
      if (absl::Status status = PublishSample(node, keys); !status.ok()) {
        ops::LogWarn("directory", {{"reason", ReasonOf(status)}});
      }
    }
    const timespec pause = {.tv_sec = 0, .tv_nsec = 20'000'000};
    if (sigtimedwait(&signals, nullptr, &pause) > 0) return false;
  }
  return node.AwaitAdoption(absl::Seconds(60)).ok();
}

int Serve(const Flags& flags, const sigset_t& signals) {
  std::unique_ptr<Clock> clock = MakeSystemClock();
  std::optional<absl::Time> clock_start;
  if (!flags.clock.empty()) {
    auto scaled = MakeScaledClock(flags.clock);
    if (!scaled.ok()) return Refuse(flags, scaled.status());
    clock = *std::move(scaled);
    clock_start = clock->Now();
  }
  std::unique_ptr<NodeData> data;
  std::unique_ptr<ClusterRole> role;
  std::unique_ptr<Node> started;
  while (true) {
    const absl::Status status = Start(flags, clock.get(), &data, &role, &started);
    if (status.ok()) break;
    if (flags.journal == "embedded" || !absl::IsUnavailable(status)) return Refuse(flags, status);
    // The cluster may be starting as well. Whoever starts this process sees that it is not ready.
    ops::LogWarn("waiting for Kafka", {{"reason", ReasonOf(status)}, {"why", std::string(status.message())}});
    const timespec pause = {.tv_sec = 1, .tv_nsec = 0};
    if (sigtimedwait(&signals, nullptr, &pause) > 0) return 0;
  }
  Node& node = *started;
  auto tokens = TokenFile::Load(SecretsOf(flags), clock.get());
  if (!tokens.ok()) return Refuse(flags, tokens.status());

  ops::Metrics metrics;
  metrics.WatchShards(node);
  if (!flags.metrics.empty()) {
    if (absl::Status exposed = metrics.Expose(flags.metrics); !exposed.ok()) return Refuse(flags, exposed);
  }
  rpc::SetTransportLog([](bool error, const char* text) {
    ops::Log(error ? ops::Level::kWarn : ops::Level::kInfo, "grpc", {{"text", text}});
  });
  rpc::ServerOptions options;
  options.listen = flags.listen;
  options.authenticate = [&](absl::string_view token) { return (*tokens)->Verify(token); };
  options.observe = [&](const rpc::CallRecord& call) { metrics.Observe(call); };
  ops::OpsOptions operators = {
      .version = kVersion,
      .data_format = DataDirectory::kFormat,
      .clock_start = clock_start,
      .create_token = [&](const std::string& principal,
                          uint32_t rights) { return (*tokens)->Create(principal, rights); },
      .revoke_token = [&](const std::string& principal) { return (*tokens)->Revoke(principal); },
      .reference = [&node] { return node.reference(); },
      .start_rebuild = [&](const std::string& what, uint64_t rate) { return node.StartRebuild(what, rate); },
      .rebuild = [&] { return RebuildOf(node); }};
  if (role != nullptr) {
    role->AddTo(&options);
    role->AddTo(&operators);
  }
  options.mounted.push_back(ops::MakeOpsService(node, std::move(operators)));
  auto server = rpc::RpcServer::Start(node, std::move(options));
  if (!server.ok()) return Refuse(flags, server.status());
  if (role != nullptr) {  // other nodes reach this one from here on
    if (absl::Status joined = role->cluster->Start(&node); !joined.ok()) return Refuse(flags, joined);
    if (!AwaitFirstDirectory(node, data->keys(), signals)) {
      role->cluster->Stop();
      return 0;
    }
  }
  (*server)->SetServing(true);
  for (const auto& feature : node.reference()->directory().features()) {
    if (FindFeature(feature.name()) != nullptr) continue;
    ops::LogWarn("feature of a newer build", {{"feature", feature.name()}, {"do", "run a build that knows it"}});
  }
  for (const auto& shard : node.Shards()) {
    if (!shard.halted.empty()) {
      ops::LogError("shard halted",
                    {{"service", shard.service}, {"partition", shard.partition}, {"why", shard.halted}});
    }
  }
  std::printf("ready grpc=%s\n", (*server)->address().c_str());
  std::fflush(stdout);
  ops::LogInfo("serving", {{"address", (*server)->address()}, {"version", kVersion}, {"data", flags.data}});

  int signal_number = 0;
  sigwait(&signals, &signal_number);
  ops::LogInfo("stopping", {{"signal", signal_number}});
  (*server)->SetServing(false);
  if (role != nullptr) role->Drain();
  (*server)->Shutdown(absl::Seconds(5));
  server->reset();
  if (role != nullptr) role->cluster->Stop();
  node.Stop();
  data->Sync();
  ops::StopLog();
  return 0;
}

}  // namespace

int RunServer(int argc, char** argv, const std::string& service) {
  // Debian's abseil looks for lock cycles at every lock; tests do, and here it would cost each command a few µs.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  Flags flags;
  std::string about =
      "Shoujie: whoever receives a matter owns it to the end. All services in one process.\n"
      "  shoujied --data ./data --listen 127.0.0.1:7400\n"
      "  shoujied --journal kafka --kafka broker-1:9092,broker-2:9092 --data ./data\n"
      "  shoujied --journal kafka --kafka broker-1:9092 --node a --listen 10.0.0.1:7400 --secrets /etc/shoujie";
  if (!service.empty()) {
    flags.program = absl::StrCat("shoujie-", service);
    flags.services = {service};
    flags.journal = "kafka";
    about =
        absl::StrCat("Shoujie: the service ", service, " alone, on Apache Kafka, beside nodes of the others.\n  ",
                     flags.program, " --kafka broker-1:9092 --node a --listen 10.0.0.1:7400 --secrets /etc/shoujie");
  }
  CLI::App app(about);
  app.add_option("--data", flags.data, "directory of everything that is kept; made on the first start")
      ->envname("SHOUJIE_DATA")
      ->capture_default_str();
  app.add_option("--listen", flags.listen, "HOST:PORT to serve gRPC on; port 0 picks a free one")
      ->envname("SHOUJIE_LISTEN")
      ->capture_default_str();
  app.add_option("--clock", flags.clock,
                 "START[@REAL],xN: run the clock from START, which it read at the instant REAL (all nodes alike), N "
                 "times as fast (demonstrations, replays)");
  app.add_option("--metrics", flags.metrics, "HOST:PORT to serve Prometheus metrics on")->envname("SHOUJIE_METRICS");
  app.add_option("--threads", flags.threads, "threads that shards run on")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--journal", flags.journal, "where journals and keys are kept")
      ->check(CLI::IsMember({"embedded", "kafka"}).description(""))
      ->type_name("embedded|kafka")
      ->envname("SHOUJIE_JOURNAL")
      ->capture_default_str();
  if (service.empty()) {
    app.add_option("--services", flags.services,
                   "the services that this node serves, with commas between; without it all. Calls for others are "
                   "passed on to nodes that serve them")
        ->delimiter(',')
        ->envname("SHOUJIE_SERVICES");
  }
  AddKafkaFlags(&app, &flags.kafka, /*needed=*/false);
  AddClusterFlags(&app, &flags.cluster);
  app.add_option("--secrets", flags.secrets,
                 "directory of master.key and tokens, which all nodes share; without it they lie in --data")
      ->envname("SHOUJIE_SECRETS");
  app.add_flag("--allow-unsafe-topics", flags.kafka.allow_unsafe_topics,
               "use topics that could lose records when a broker fails");
  app.set_version_flag("--version", kVersion);
  CLI11_PARSE(app, argc, argv);
  if (absl::Status status = CheckFlags(flags); !status.ok()) return Refuse(flags, status);
  const sigset_t signals = BlockSignals();
  ops::StartLog(ops::Level::kInfo);
  const int code = Serve(flags, signals);
  ops::StopLog();
  return code;
}

}  // namespace shoujie
