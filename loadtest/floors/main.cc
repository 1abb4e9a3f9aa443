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

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as the server does
  CLI::App app("Floors of the measurements: the least that any server or store of this kind must do.");
  app.require_subcommand(1);
  std::vector<std::string> replies;
  auto* echo = app.add_subcommand("echo", "gRPC server that answers at once; until SIGTERM");
  echo->add_option("--reply", replies, "/package.Service/Method=BYTES")->required();
  std::string data;
  auto* open =
      app.add_subcommand("open", "opens the databases of a stopped data directory and prints the milliseconds");
  open->add_option("data", data)->required();
  CLI11_PARSE(app, argc, argv);

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
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::map<std::string, size_t> sizes;
  for (const std::string& reply : replies) {
    const size_t equals = reply.rfind('=');
    sizes[reply.substr(0, equals)] = std::stoul(reply.substr(equals + 1));
  }
  shoujie::load::EchoServer server(sizes);
  if (server.address().empty()) return 1;
  std::printf("ready grpc=%s\n", server.address().c_str());
  std::fflush(stdout);
  int number = 0;
  sigwait(&signals, &number);
  return 0;
}
