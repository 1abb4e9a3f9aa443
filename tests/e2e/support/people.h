// Who acts in an end-to-end test: principals with real tokens, over RPC and over the command line. Tokens are made by
// the operator when a principal first acts, and outlive the server: `Reconnect` after a restart. One thread; the
// clients themselves are thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/runtime/rpc/client.h"
#include "shoujie/common/v1/common.pb.h"
#include "tests/support/process/process.h"
#include "tests/support/process/server.h"

namespace shoujie::e2e {

// "operator" is the first start's principal with all rights.
inline constexpr char kOperator[] = "operator";

class People {
 public:
  explicit People(const Server* server) : server_(server) {}
  void Reconnect(const Server* server);

  // agents/… get the right `agent`, adapters/… `facts` and `orders`, anything else `read`.
  rpc::Client& As(const std::string& principal);
  const std::string& Token(const std::string& principal);
  // Runs `shoujie ARGS…` as the principal.
  Ran Cli(const std::string& principal, std::vector<std::string> args);

 private:
  const Server* server_;
  TempDir files_;
  std::map<std::string, std::string> tokens_;
  std::map<std::string, std::unique_ptr<rpc::Client>> clients_;
};

// A UUIDv7 of that instant.
std::string NewRequestId(absl::Time at = absl::Now());
google::protobuf::Timestamp Stamp(absl::Time at);
absl::Time Instant(const google::protobuf::Timestamp& at);

// `method` without "shoujie.": "router.v1.TicketService/SignHandoff". A request id is made if there is none.
template <typename Request>
absl::StatusOr<common::v1::CommandReply> Do(rpc::Client& client, const std::string& method, Request request) {
  if (request.request_id().empty()) request.set_request_id(NewRequestId());
  return rpc::Call<common::v1::CommandReply>(client, "shoujie." + method, request);
}
template <typename State>
absl::StatusOr<State> Get(rpc::Client& client, const std::string& method, const std::string& name,
                          common::v1::GetRequest request = {}) {
  request.set_name(name);
  return rpc::Call<State>(client, "shoujie." + method, request);
}
// All pages.
absl::StatusOr<std::vector<common::v1::HistoryEntry>> History(rpc::Client& client, const std::string& method,
                                                              common::v1::ListHistoryRequest request);

// Asks until it holds: what reactions and adoption do comes a moment after the answer.
template <typename Holds>
bool Eventually(const Holds& holds, absl::Duration limit = absl::Seconds(20)) {
  for (const absl::Time until = absl::Now() + limit; absl::Now() < until; absl::SleepFor(absl::Milliseconds(10))) {
    if (holds()) return true;
  }
  return holds();
}

}  // namespace shoujie::e2e
