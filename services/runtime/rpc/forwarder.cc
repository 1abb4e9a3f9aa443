#include "services/runtime/rpc/forwarder.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace shoujie::rpc {

std::shared_ptr<Client> Forwarder::ClientOf(const std::string& address) {
  absl::MutexLock lock(&mutex_);
  auto& client = clients_[address];
  if (client == nullptr) {
    client = std::make_shared<Client>(ClientOptions{.target = address, .token = node_token_, .owners_followed = 0});
  }
  return client;
}

void Forwarder::Forward(const std::string& address, const std::string& method, std::string request,
                        const Principal& principal, const std::string& traceparent, absl::Duration timeout, Done done) {
  CallOptions options{.timeout = timeout,
                      .metadata = {{kHopPrincipal, principal.id}, {kHopRights, absl::StrCat(principal.rights)}}};
  if (!traceparent.empty()) options.metadata.emplace_back("traceparent", traceparent);
  ClientOf(address)->CallBytesAsync(method, request, options, std::move(done));
}

void Forwarder::Call(const std::string& address, const std::string& method, std::string request, absl::Duration timeout,
                     Done done) {
  ClientOf(address)->CallBytesAsync(absl::StrCat("shoujie.node.v1.NodeService/", method), request, {.timeout = timeout},
                                    std::move(done));
}

void Forwarder::GiveUp(const std::string& address) {
  std::shared_ptr<Client> client;
  {
    absl::MutexLock lock(&mutex_);
    const auto it = clients_.find(address);
    if (it == clients_.end()) return;
    client = it->second;
  }
  client->CancelAsync();
}

}  // namespace shoujie::rpc
