#include "tests/e2e/support/stage.h"

#include <algorithm>
#include <map>
#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shoujie/directory/v1/commands.pb.h"
#include "shoujie/ops/v1/service.pb.h"
#include "tests/e2e/support/desk.h"

namespace shoujie::e2e {

// "shoujie.router.v1.SignHandoffRequest" is what "router.v1.TicketService/SignHandoff" takes.
absl::StatusOr<common::v1::CommandReply> ServerStage::Do(const std::string& who,
                                                         const google::protobuf::Message& request) {
  static const auto* services =
      new std::map<std::string, std::string>{{"router", kTickets}, {"interaction", kContacts}, {"profile", kCustomers}};
  std::string method = request.GetDescriptor()->name();
  method.resize(method.size() - std::string("Request").size());
  std::unique_ptr<google::protobuf::Message> copy(request.New());
  copy->CopyFrom(request);
  copy->GetReflection()->SetString(copy.get(), copy->GetDescriptor()->FindFieldByName("request_id"), NewRequestId());
  return rpc::Call<common::v1::CommandReply>(
      people_.As(who), absl::StrCat("shoujie.", services->at(flows::ServiceOf(request)), method), *copy);
}

absl::StatusOr<uint64_t> ServerStage::Publish(const directory::v1::Directory& content) {
  rpc::Client& client = people_.As(kOperator);
  auto before = Get<directory::v1::Directory>(client, absl::StrCat(kDirectory, "GetDirectory"), "directories/main");
  if (!before.ok()) return before.status();
  directory::v1::PublishVersionRequest publish;
  *publish.mutable_content() = content;
  publish.set_etag(before->etag());
  auto reply = e2e::Do(client, absl::StrCat(kDirectory, "PublishVersion"), publish);
  if (!reply.ok()) return reply.status();
  uint64_t version = 0;
  if (!absl::SimpleAtoi(reply->etag(), &version)) return absl::InternalError("no version");
  const bool adopted = Eventually(
      [&] {
        auto shards = rpc::Call<ops::v1::ListShardsResponse>(client, "shoujie.ops.v1.OpsService/ListShards",
                                                             ops::v1::ListShardsRequest());
        return shards.ok() && std::all_of(shards->shards().begin(), shards->shards().end(), [&](const auto& shard) {
                 return shard.service() == "directory" || shard.adopted_version() >= version;
               });
      },
      absl::Minutes(1));
  if (!adopted) return absl::DeadlineExceededError("not every shard has adopted it");
  return version;
}

absl::StatusOr<router::v1::Ticket> ServerStage::Ticket(const common::v1::GetRequest& request) {
  return Get<router::v1::Ticket>(people_.As(kOperator), absl::StrCat(kTickets, "GetTicket"), request.name(), request);
}

absl::StatusOr<std::vector<common::v1::HistoryEntry>> ServerStage::History(const std::string& ticket) {
  common::v1::ListHistoryRequest request;
  request.set_name(ticket);
  return e2e::History(people_.As(kOperator), absl::StrCat(kTickets, "ListTicketHistory"), request);
}

absl::StatusOr<router::v1::ExplainClocksResponse> ServerStage::Explain(const std::string& ticket, uint64_t as_version) {
  router::v1::ExplainClocksRequest request;
  request.set_name(ticket);
  request.set_as_version(as_version);
  return rpc::Call<router::v1::ExplainClocksResponse>(people_.As("agents/1005"),
                                                      absl::StrCat("shoujie.", kTickets, "ExplainClocks"), request);
}

}  // namespace shoujie::e2e
