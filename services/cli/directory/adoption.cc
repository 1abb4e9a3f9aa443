#include "services/cli/directory/adoption.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "services/cli/render.h"
#include "services/cli/text.h"
#include "services/runtime/base/error.h"

namespace shoujie::cli {
namespace {

using ops::v1::ListAdoptionRequest;
using ops::v1::ListAdoptionResponse;

constexpr absl::Duration kAskEvery = absl::Milliseconds(200);
constexpr size_t kNamedMax = 10;  // shards that have not adopted it

// Asks a node that serves the service; false: none answered for it.
bool AskElsewhere(Session& session, const std::string& service, uint64_t version, ListAdoptionResponse* all) {
  ops::v1::ListOwnersRequest request;
  request.set_service(service);
  ops::v1::ListOwnersResponse owners;
  if (!session.Call(OpsMethod("ListOwners"), request, &owners).ok()) return false;
  std::set<std::string> addresses;
  for (const auto& owner : owners.owners()) {
    if (!owner.address().empty()) addresses.insert(owner.address());
  }
  ListAdoptionRequest there;
  there.set_version(version);
  for (const std::string& address : addresses) {
    ListAdoptionResponse answer;
    if (!session.CallAt(address, OpsMethod("ListAdoption"), there, &answer).ok()) continue;
    bool found = false;
    for (auto& shard : *answer.mutable_shards()) {
      if (shard.service() != service) continue;
      found = true;
      *all->add_shards() = std::move(shard);
    }
    if (found) return true;
  }
  return false;
}

size_t Adopted(const ListAdoptionResponse& adoption) {
  return static_cast<size_t>(std::count_if(adoption.shards().begin(), adoption.shards().end(),
                                           [](const auto& shard) { return shard.adopted(); }));
}

// "router/17 (4), router/18 (4), …": who has not adopted it, with what they have.
std::string Missing(const ListAdoptionResponse& adoption) {
  std::string names;
  size_t missing = 0;
  for (const auto& shard : adoption.shards()) {
    if (shard.adopted() || ++missing > kNamedMax) continue;
    absl::StrAppend(&names, names.empty() ? "" : ", ", shard.service(), "/", shard.partition(), " (",
                    shard.adopted_version(), ")");
  }
  if (missing > kNamedMax) absl::StrAppend(&names, ", …");
  for (const auto& service : adoption.elsewhere()) absl::StrAppend(&names, names.empty() ? "" : ", ", service, " (?)");
  return names;
}

void ShowTable(const ListAdoptionResponse& adoption, Session& session) {
  struct Sum {
    size_t shards = 0, adopted = 0;
    uint64_t oldest = UINT64_MAX;
  };
  std::map<std::string, Sum> services;
  for (const auto& shard : adoption.shards()) {
    Sum& sum = services[shard.service()];
    ++sum.shards;
    sum.adopted += shard.adopted();
    sum.oldest = std::min(sum.oldest, shard.adopted_version());
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [service, sum] : services) {
    rows.push_back({service, absl::StrCat(sum.shards), absl::StrCat(sum.adopted), absl::StrCat(sum.oldest)});
  }
  session.out() << Table({"SERVICE", "SHARDS", "ADOPTED", "OLDEST VERSION"}, rows, session.bold());
}

void Show(const ListAdoptionResponse& adoption, Session& session) {
  switch (session.format()) {
    case Format::kJson:
      session.out() << ToJson(adoption).dump(2) << "\n";
      return;
    case Format::kJsonl:
      for (const auto& shard : adoption.shards()) session.out() << ToJson(shard).dump() << "\n";
      return;
    case Format::kName:
      for (const auto& shard : adoption.shards()) {
        if (!shard.adopted()) session.out() << shard.name() << "\n";
      }
      return;
    case Format::kWide: {
      std::vector<std::vector<std::string>> rows;
      for (const auto& shard : adoption.shards()) {
        rows.push_back({shard.name(), absl::StrCat(shard.adopted_version()), shard.adopted() ? "yes" : "no"});
      }
      session.out() << Table({"SHARD", "VERSION", "ADOPTED"}, rows, session.bold());
      break;
    }
    default:
      ShowTable(adoption, session);
  }
  const std::string version = absl::StrCat(adoption.version());
  if (adoption.everywhere()) {
    session.Note(absl::StrCat("version ", version, " is adopted everywhere"),
                 absl::StrCat("版本 ", version, " 已全部采用"));
  } else {
    session.Note(absl::StrCat("version ", version, " is not adopted yet by ", Missing(adoption)),
                 absl::StrCat("尚未采用版本 ", version, " 的分片：", Missing(adoption)));
  }
}

int Run(uint64_t version, const WaitOptions& options, Session& session) {
  if (options.wait) {
    if (version == 0) {
      auto now = FetchAdoption(session, 0);
      if (!now.ok()) return session.Fail(now.status());
      version = now->newest();
    }
    if (int code = AwaitAdoption(session, version, options); code != kOk) return code;
  }
  auto adoption = FetchAdoption(session, version);
  if (!adoption.ok()) return session.Fail(adoption.status());
  Show(*adoption, session);
  return kOk;
}

}  // namespace

void AddWaitFlags(CLI::App* app, WaitOptions* options) {
  app->add_flag("--wait", options->wait, "returns only when every shard of every node has adopted it");
  app->add_option("--wait-timeout", options->timeout, "how long to wait for that")->capture_default_str();
}

absl::StatusOr<ListAdoptionResponse> FetchAdoption(Session& session, uint64_t version) {
  ListAdoptionRequest request;
  request.set_version(version);
  ListAdoptionResponse adoption;
  if (auto status = session.Call(OpsMethod("ListAdoption"), request, &adoption); !status.ok()) return status;
  if (adoption.elsewhere().empty()) return adoption;
  const std::vector<std::string> elsewhere(adoption.elsewhere().begin(), adoption.elsewhere().end());
  adoption.clear_elsewhere();
  for (const std::string& service : elsewhere) {
    if (!AskElsewhere(session, service, adoption.version(), &adoption)) adoption.add_elsewhere(service);
  }
  adoption.set_everywhere(adoption.elsewhere().empty() && !adoption.shards().empty() &&
                          Adopted(adoption) == static_cast<size_t>(adoption.shards_size()));
  return adoption;
}

int AwaitAdoption(Session& session, uint64_t version, const WaitOptions& options) {
  auto timeout = ParseDuration(options.timeout);
  if (!timeout.ok())
    return session.FailUsage(absl::StrCat("--wait-timeout: ", std::string(timeout.status().message())));
  const absl::Time until = absl::Now() + *timeout;
  const bool progress = isatty(STDERR_FILENO) != 0;
  while (true) {
    auto adoption = FetchAdoption(session, version);
    if (!adoption.ok()) return session.Fail(adoption.status());
    if (progress) {
      session.err() << "\r\x1b[K" << Adopted(*adoption) << "/" << adoption->shards_size()
                    << (adoption->everywhere() ? "\n" : "") << std::flush;
    }
    if (adoption->everywhere()) {
      session.Note(absl::StrCat("version ", version, " is adopted by all ", adoption->shards_size(), " shards"),
                   absl::StrCat("版本 ", version, " 已被全部 ", adoption->shards_size(), " 个分片采用"));
      return kOk;
    }
    if (absl::Now() >= until) {
      if (progress) session.err() << "\n";
      return session.Fail(Error(absl::StatusCode::kUnavailable, "ADOPTION_TIMEOUT",
                                "Some shards have not adopted the version in time; they do as soon as they can. Look "
                                "at them (shard list), and "
                                "ask again: directory adoption --wait.",
                                "部分分片未能及时采用该版本，恢复后会自动采用。请查看分片状态（shard list），再用 "
                                "directory adoption --wait 确认。",
                                {{"version", absl::StrCat(version)}, {"missing", Missing(*adoption)}}));
    }
    absl::SleepFor(kAskEvery);
  }
}

void AddDirectoryAdoption(Registry* registry) {
  registry->Add(
      {.noun = "directory",
       .verb = "adoption",
       .help = "which version the shards of each service have adopted, and whether one is in force everywhere",
       .examples = {"shoujie directory adoption", "shoujie directory adoption --version 12 --wait",
                    "shoujie directory adoption -o wide"},
       .setup = [](CLI::App& app) -> Action {
         struct Options {
           uint64_t version = 0;
           WaitOptions wait;
         };
         auto options = std::make_shared<Options>();
         app.add_option("--version", options->version, "the version to ask about; without it the newest");
         AddWaitFlags(&app, &options->wait);
         return [options](Session& session) { return Run(options->version, options->wait, session); };
       }});
}

}  // namespace shoujie::cli
