#include "loadtest/floors/echo.h"

#include <list>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/impl/codegen/rpc_service_method.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"
#include "grpcpp/impl/codegen/service_type.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/byte_buffer.h"
#include "services/runtime/base/limits.h"

namespace shoujie::load {
namespace {

// As runtime/rpc/server.cc registers its methods.
class EchoService : public grpc::Service {
 public:
  void Add(const std::string& path, size_t reply_bytes) {
    paths_.push_back(path);
    AddMethod(
        new grpc::internal::RpcServiceMethod(paths_.back().c_str(), grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
    auto answer = [reply = std::string(reply_bytes, 'x')](grpc::CallbackServerContext* context, const grpc::ByteBuffer*,
                                                          grpc::ByteBuffer* response) {
      const grpc::Slice slice(reply);
      *response = grpc::ByteBuffer(&slice, 1);
      auto* reactor = context->DefaultReactor();
      reactor->Finish(grpc::Status::OK);
      return reactor;
    };
    MarkMethodRawCallback(
        count_++, new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(std::move(answer)));
  }

 private:
  std::list<std::string> paths_;
  int count_ = 0;
};

}  // namespace

struct EchoServer::Impl {
  std::map<std::string, EchoService> services;
  std::unique_ptr<grpc::Server> server;
  std::string address;
};

EchoServer::EchoServer(const std::map<std::string, size_t>& replies) : impl_(std::make_unique<Impl>()) {
  for (const auto& [path, bytes] : replies) impl_->services[path.substr(0, path.rfind('/'))].Add(path, bytes);
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(static_cast<int>(limits::kTransportBytesMax));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits::kStreamsPerConnectionMax);
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  for (auto& [name, service] : impl_->services) builder.RegisterService(&service);
  impl_->server = builder.BuildAndStart();
  if (impl_->server != nullptr && port > 0) impl_->address = absl::StrCat("127.0.0.1:", port);
}

EchoServer::~EchoServer() {
  if (impl_->server != nullptr) impl_->server->Shutdown();
}

const std::string& EchoServer::address() const { return impl_->address; }

}  // namespace shoujie::load
