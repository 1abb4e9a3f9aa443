#include "tests/support/process/server.h"

#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace shoujie::e2e {

std::string Program(const std::string& name) { return std::string(SHOUJIE_BIN_DIR) + "/" + name; }

std::string SharedData() {
  const char* given = getenv("SHOUJIE_SHARED_DATA");
  const std::string path = given ? given : std::string(SHOUJIE_SOURCE_DIR) + "/../shared/data";
  return std::filesystem::is_directory(path) ? path : "";
}

Server::Server(std::string data, std::vector<std::string> extra, std::vector<std::string> env,
               std::vector<std::string> under)
    : data_(std::move(data)) {
  std::vector<std::string> argv = std::move(under);
  for (const std::string& arg : {Program("shoujied"), std::string("--data"), data_}) argv.push_back(arg);
  if (std::find(extra.begin(), extra.end(), "--listen") == extra.end()) {
    argv.insert(argv.end(), {"--listen", "127.0.0.1:0"});
  }
  for (auto& arg : extra) argv.push_back(std::move(arg));
  process_ = std::make_unique<Process>(std::move(argv), std::move(env));
  const std::string line = process_->WaitForLine("ready grpc=", absl::Seconds(120));
  absl::string_view rest = line;
  if (absl::ConsumePrefix(&rest, "ready grpc=")) address_ = std::string(rest);
}

std::string Server::token() const { return std::string(absl::StripAsciiWhitespace(ReadFile(token_file()))); }

int Server::Stop(absl::Duration timeout) {
  process_->Signal(SIGTERM);
  return process_->Wait(timeout);
}

void Server::Kill() {
  process_->Signal(SIGKILL);
  process_->Wait(absl::Seconds(30));
}

Ran Server::Cli(std::vector<std::string> args, absl::Duration timeout) const {
  std::vector<std::string> argv = {Program("shoujie"), "--server", address_, "--token-file", token_file()};
  for (auto& arg : args) argv.push_back(std::move(arg));
  return Run(std::move(argv), {"NO_COLOR=1"}, timeout);
}

}  // namespace shoujie::e2e
