// Floors that need a process of their own, as the real server has one. Started by shoujie-load.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "loadtest/floors/batch.h"
#include "loadtest/floors/echo.h"
#include "loadtest/floors/ingest.h"
#include "loadtest/floors/stream_echo.h"

namespace {

// Answers calls until SIGTERM. The exit status.
template <typename Server, typename... Arguments>
int Serve(const Arguments&... arguments) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const Server server(arguments...);
  if (server.address().empty()) return 1;
  std::printf("ready grpc=%s\n", server.address().c_str());
  std::fflush(stdout);
  int number = 0;
  sigwait(&signals, &number);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as the server does
  CLI::App app("Floors of the measurements: the least that any server or store of this kind must do.");
  app.require_subcommand(1);
  std::vector<std::string> replies;
  auto* echo = app.add_subcommand("echo", "gRPC server that answers at once; until SIGTERM");
  echo->add_option("--reply", replies, "/package.Service/Method=BYTES")->required();
  std::string watch, command;
  size_t reply_bytes = 0;
  auto* stream =
      app.add_subcommand("stream-echo", "gRPC server that hands a command's bytes to all who watch; until SIGTERM");
  stream->add_option("--watch", watch, "/package.Service/Method")->required();
  stream->add_option("--command", command, "/package.Service/Method")->required();
  stream->add_option("--reply-bytes", reply_bytes);
  std::string data;
  auto* open =
      app.add_subcommand("open", "opens the databases of a stopped data directory and prints the milliseconds");
  open->add_option("data", data)->required();
  std::string scratch;
  size_t threads = 1;
  auto* ingest = app.add_subcommand("ingest",
                                    "writes the rows of a stopped data directory's stores to sorted files and "
                                    "has a fresh database take them over; prints rows and seconds");
  ingest->add_option("data", data)->required();
  ingest->add_option("scratch", scratch, "a directory that does not exist yet")->required();
  ingest->add_option("--threads", threads)->check(CLI::Range(1, 64));
  CLI11_PARSE(app, argc, argv);

  if (ingest->parsed()) {
    const auto result = shoujie::load::IngestFloor(data, scratch, threads);
    if (!result.ok()) {
      std::fprintf(stderr, "%s\n", std::string(result.status().message()).c_str());
      return 1;
    }
    std::printf("ingested rows=%llu bytes=%llu seconds=%.6f cpu=%.6f\n", static_cast<unsigned long long>(result->rows),
                static_cast<unsigned long long>(result->bytes), result->seconds, result->cpu_seconds);
    std::fflush(stdout);
    return 0;
  }

  if (open->parsed()) {
    const auto ms = shoujie::load::OpenBare(data);
    if (!ms.ok()) {
      std::fprintf(stderr, "%s\n", std::string(ms.status().message()).c_str());
      return 1;
    }
    std::printf("opened ms=%.3f\n", *ms);
    std::fflush(stdout);
    return 0;
  }
  if (stream->parsed()) return Serve<shoujie::load::StreamEcho>(watch, command, reply_bytes);
  std::map<std::string, size_t> sizes;
  for (const std::string& reply : replies) {
    const size_t equals = reply.rfind('=');
    sizes[reply.substr(0, equals)] = std::stoul(reply.substr(equals + 1));
  }
  return Serve<shoujie::load::EchoServer>(sizes);
}
