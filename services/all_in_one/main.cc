// shoujied: every service in one process on the embedded journal. One binary, one data directory, no other server.
#include <signal.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "services/all_in_one/modules.h"
#include "services/directory/service.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/request_id.h"
#include "services/runtime/clock/clock.h"
#include "services/runtime/data_directory/embedded_data.h"
#include "services/runtime/node/node.h"
#include "services/runtime/ops/log.h"
#include "services/runtime/ops/metrics.h"
#include "services/runtime/ops/ops_service.h"
#include "services/runtime/rpc/server.h"
#include "services/runtime/security/tokens.h"
#include "shoujie/directory/v1/commands.pb.h"

namespace shoujie {
namespace {

constexpr char kVersion[] = "0.1.0";
constexpr int kExitRefused = 78;  // EX_CONFIG: the directory or the flags are not usable as they are

struct Flags {
  std::string data = "./data";
  std::string listen = "127.0.0.1:7400";
  std::string clock;
  std::string metrics;
  size_t threads = 1;
};

int Refuse(const absl::Status& status) {
  const common::v1::ErrorDetail detail = DetailOf(status);
  if (detail.reason().empty()) {
    std::fprintf(stderr, "shoujied: %s\n", std::string(status.message()).c_str());
  } else {
    std::fprintf(stderr, "shoujied: %s: %s\n%s\n", detail.reason().c_str(), detail.en().c_str(), detail.zh().c_str());
  }
  return kExitRefused;
}

// The first start publishes the built-in sample as version 1, so that everything can be tried at once.
absl::Status PublishSample(Node& node, EmbeddedKeys& keys) {
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

int Serve(const Flags& flags, const sigset_t& signals) {
  std::unique_ptr<Clock> clock = MakeSystemClock();
  std::optional<absl::Time> clock_start;
  if (!flags.clock.empty()) {
    auto scaled = MakeScaledClock(flags.clock);
    if (!scaled.ok()) return Refuse(scaled.status());
    clock = *std::move(scaled);
    clock_start = clock->Now();
  }
  auto data = EmbeddedData::Open(flags.data, clock.get(), !flags.clock.empty());
  if (!data.ok()) return Refuse(data.status());
  auto tokens = TokenFile::Load(flags.data, clock.get());
  if (!tokens.ok()) return Refuse(tokens.status());

  NodeEnv env;
  env.modules = AllModules();
  env.journal = [&](const JournalId& id) { return (*data)->journal(id); };
  env.store = [&](const JournalId& id) { return (*data)->store(id); };
  env.drop_store = [&](const JournalId& id) { return (*data)->DropStore(id); };
  env.keys = &(*data)->keys();
  env.clock = clock.get();
  env.disk_low = [&] { return (*data)->journals().DiskLow(); };
  env.checkpoint = [&](const std::string& directory) { return (*data)->Checkpoint(directory); };
  env.threads = flags.threads;
  Node node(std::move(env));
  absl::Status status = node.Start();
  if (status.ok()) (*data)->keys().Maintain();  // not before: see EmbeddedKeys::Open
  if (status.ok()) status = PublishSample(node, (*data)->keys());
  if (status.ok()) status = node.AwaitAdoption(absl::Seconds(60));
  if (!status.ok()) return Refuse(status);

  ops::Metrics metrics;
  metrics.WatchShards(node);
  if (!flags.metrics.empty()) {
    if (absl::Status exposed = metrics.Expose(flags.metrics); !exposed.ok()) return Refuse(exposed);
  }
  rpc::SetTransportLog([](bool error, const char* text) {
    ops::Log(error ? ops::Level::kWarn : ops::Level::kInfo, "grpc", {{"text", text}});
  });
  rpc::ServerOptions options;
  options.listen = flags.listen;
  options.authenticate = [&](absl::string_view token) { return (*tokens)->Verify(token); };
  options.observe = [&](const rpc::CallRecord& call) { metrics.Observe(call); };
  options.mounted.push_back(ops::MakeOpsService(
      node, {.version = kVersion,
             .data_format = DataDirectory::kFormat,
             .clock_start = clock_start,
             .create_token = [&](const std::string& principal,
                                 uint32_t rights) { return (*tokens)->Create(principal, rights); },
             .revoke_token = [&](const std::string& principal) { return (*tokens)->Revoke(principal); }}));
  auto server = rpc::RpcServer::Start(node, std::move(options));
  if (!server.ok()) return Refuse(server.status());
  (*server)->SetServing(true);
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
  (*server)->Shutdown(absl::Seconds(5));
  server->reset();
  node.Stop();
  (*data)->Sync();
  ops::StopLog();
  return 0;
}

}  // namespace
}  // namespace shoujie

int main(int argc, char** argv) {
  // Debian's abseil looks for lock cycles at every lock; tests do, and here it would cost each command a few µs.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  shoujie::Flags flags;
  CLI::App app(
      "Shoujie: whoever receives a matter owns it to the end. All services in one process, on the embedded journal.\n"
      "  shoujied --data ./data --listen 127.0.0.1:7400");
  app.add_option("--data", flags.data, "directory of everything that is kept; made on the first start")
      ->envname("SHOUJIE_DATA")
      ->capture_default_str();
  app.add_option("--listen", flags.listen, "HOST:PORT to serve gRPC on; port 0 picks a free one")
      ->envname("SHOUJIE_LISTEN")
      ->capture_default_str();
  app.add_option("--clock", flags.clock,
                 "START,xN: run the clock from START, N times as fast (demonstrations, replays)");
  app.add_option("--metrics", flags.metrics, "HOST:PORT to serve Prometheus metrics on")->envname("SHOUJIE_METRICS");
  app.add_option("--threads", flags.threads, "threads that shards run on")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.set_version_flag("--version", shoujie::kVersion);
  CLI11_PARSE(app, argc, argv);
  const sigset_t signals = shoujie::BlockSignals();
  shoujie::ops::StartLog(shoujie::ops::Level::kInfo);
  const int code = shoujie::Serve(flags, signals);
  shoujie::ops::StopLog();
  return code;
}
