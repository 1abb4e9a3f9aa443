#include "services/runtime/cluster/node_service.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/security/crypto.h"

namespace shoujie::cluster {
namespace {

template <typename Request, typename Response>
rpc::Handler Bind(Cluster* cluster, absl::Status (Cluster::*act)(const Request&, Response*)) {
  return
      [cluster, act](const google::protobuf::Message& request, google::protobuf::Message* response, const Principal&) {
        return (cluster->*act)(static_cast<const Request&>(request), static_cast<Response*>(response));
      };
}

}  // namespace

rpc::MountedService MakeNodeService(Cluster* cluster) {
  return {
      .descriptor = node::v1::AskRequest::descriptor()->file()->FindServiceByName("NodeService"),
      .handlers = {{"Ask", Bind<node::v1::AskRequest, node::v1::AskResponse>(cluster, &Cluster::Ask)},
                   {"HandOver",
                    Bind<node::v1::HandOverRequest, node::v1::HandOverResponse>(cluster, &Cluster::HandOver)},
                   {"ReadRow", Bind<node::v1::ReadRowRequest, node::v1::ReadRowResponse>(cluster, &Cluster::ReadRow)},
                   {"DeliverLetter", Bind<node::v1::DeliverLetterRequest, node::v1::DeliverLetterResponse>(
                                         cluster, &Cluster::DeliverLetter)}},
      .of_nodes = true};
}

std::string NodeToken(absl::string_view slot_key) {
  return absl::StrCat("node_", absl::BytesToHexString(crypto::HmacSha256(slot_key, "shoujie: node to node, 1")));
}

}  // namespace shoujie::cluster
