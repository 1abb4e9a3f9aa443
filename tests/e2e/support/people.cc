#include "tests/e2e/support/people.h"

#include <sys/random.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/time_util.h"
#include "services/runtime/base/request_id.h"
#include "shoujie/ops/v1/service.pb.h"

namespace shoujie::e2e {

void People::Reconnect(const Server* server) {
  clients_.clear();
  server_ = server;
}

const std::string& People::Token(const std::string& principal) {
  auto [it, fresh] = tokens_.try_emplace(principal);
  if (!fresh) return it->second;
  if (principal == kOperator) {
    it->second = ReadFile(server_->token_file());
    absl::StripTrailingAsciiWhitespace(&it->second);
    return it->second;
  }
  ops::v1::CreateTokenRequest request;
  request.set_principal(principal);
  if (absl::StartsWith(principal, "agents/")) {
    request.add_rights("agent");
  } else if (absl::StartsWith(principal, "adapters/")) {
    request.add_rights("facts");
    request.add_rights("orders");
  } else {
    request.add_rights("read");
  }
  auto made = rpc::Call<ops::v1::CreateTokenResponse>(As(kOperator), "shoujie.ops.v1.OpsService/CreateToken", request);
  if (!made.ok()) {
    std::fprintf(stderr, "no token for %s: %s\n", principal.c_str(), made.status().ToString().c_str());
    std::abort();
  }
  return it->second = made->token();
}

rpc::Client& People::As(const std::string& principal) {
  const std::string token = Token(principal);
  auto& client = clients_[principal];
  if (client == nullptr) {
    client = std::make_unique<rpc::Client>(rpc::ClientOptions{.target = server_->address(), .token = token});
  }
  return *client;
}

Ran People::Cli(const std::string& principal, std::vector<std::string> args) {
  const std::string file = files_ / absl::StrReplaceAll(principal, {{"/", "-"}});
  std::ofstream(file) << Token(principal) << "\n";
  std::vector<std::string> argv = {Program("shoujie"), "--server", server_->address(), "--token-file", file};
  for (auto& arg : args) argv.push_back(std::move(arg));
  return Run(std::move(argv), {"NO_COLOR=1", "LANG=C.UTF-8", "LC_ALL=C.UTF-8"});
}

std::string NewRequestId(absl::Time at) {
  char random[10];
  if (getrandom(random, sizeof random, 0) != sizeof random) std::abort();
  return MakeRequestId(at, absl::string_view(random, sizeof random));
}

google::protobuf::Timestamp Stamp(absl::Time at) {
  return google::protobuf::util::TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(at));
}
absl::Time Instant(const google::protobuf::Timestamp& at) {
  return absl::FromUnixMillis(google::protobuf::util::TimeUtil::TimestampToMilliseconds(at));
}

absl::StatusOr<std::vector<common::v1::HistoryEntry>> History(rpc::Client& client, const std::string& method,
                                                              common::v1::ListHistoryRequest request) {
  std::vector<common::v1::HistoryEntry> all;
  do {
    auto page = rpc::Call<common::v1::ListHistoryResponse>(client, "shoujie." + method, request);
    if (!page.ok()) return page.status();
    for (auto& entry : *page->mutable_entries()) all.push_back(std::move(entry));
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return all;
}

}  // namespace shoujie::e2e
