#include "tests/fault/centre.h"

#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "loadtest/generator/world.h"
#include "nlohmann/json.hpp"
#include "services/runtime/rpc/client.h"
#include "tests/fault/answers.h"

namespace shoujie::fault {

namespace fs = std::filesystem;

absl::StatusOr<Centre> MakeCentre(const std::string& data, int customers, const std::vector<std::string>& flags) {
  Centre centre;
  centre.data = data;
  e2e::Server server(data, flags);
  if (server.address().empty()) return absl::UnavailableError("shoujied did not start: " + server.process().err());
  auto matters = load::MakeMatters(server.address(), TokenOf(data), customers);
  if (!matters.ok()) return matters.status();
  centre.matters = *std::move(matters);
  rpc::Client client({.target = server.address(), .token = TokenOf(data)});
  auto streams = ListStreams(client);
  if (!streams.ok()) return streams.status();
  auto histories = ReadHistories(client, *streams);
  if (!histories.ok()) return histories.status();
  centre.histories = *std::move(histories);
  if (server.Stop() != 0) return absl::InternalError("shoujied did not stop: " + server.process().err());
  return centre;
}

std::string TokenOf(const std::string& data) {
  return std::string(absl::StripAsciiWhitespace(e2e::ReadFile(data + "/operator.token")));
}

void CopyTree(const std::string& from, const std::string& to) {
  RemoveTree(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

void RemoveTree(const std::string& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

Memory MemoryOf(int pid) {
  Memory memory;
  for (absl::string_view line : absl::StrSplit(e2e::ReadFile(absl::StrCat("/proc/", pid, "/status")), '\n')) {
    double* const value = absl::ConsumePrefix(&line, "VmHWM:")   ? &memory.peak_mb
                          : absl::ConsumePrefix(&line, "VmRSS:") ? &memory.now_mb
                                                                 : nullptr;
    if (value == nullptr) continue;
    uint64_t kb = 0;
    if (absl::SimpleAtoi(absl::StripSuffix(absl::StripAsciiWhitespace(line), " kB"), &kb)) {
      *value = static_cast<double>(kb) / 1024;
    }
  }
  return memory;
}

Verification::Verification(const std::string& data)
    : process_({e2e::Program("shoujie"), "verify", "all", "--data", data, "-o", "json"}) {}

int Verification::Wait() {
  const int code = process_.Wait(absl::Minutes(5));
  const auto json = nlohmann::json::parse(process_.out(), nullptr, false);
  if (json.is_object()) {
    records_ = json.value("records", 0);
    if (json.contains("findings")) {
      for (const auto& finding : json["findings"]) {
        if (what_.size() < 600) absl::StrAppend(&what_, what_.empty() ? "" : "; ", finding.dump());
      }
    }
  }
  if (code != 0 && what_.empty()) what_ = process_.err().substr(0, 600);
  return code;
}

}  // namespace shoujie::fault
