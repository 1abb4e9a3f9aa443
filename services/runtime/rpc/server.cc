#include "services/runtime/rpc/server.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpc/support/log.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/impl/codegen/rpc_service_method.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"
#include "grpcpp/impl/codegen/service_type.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "services/runtime/rpc/call.h"
#include "services/runtime/rpc/listener.h"
#include "services/runtime/rpc/pool.h"
#include "services/runtime/rpc/shared_answers.h"
#include "services/runtime/rpc/stream_call.h"

namespace shoujie::rpc {
namespace {

void (*transport_log)(bool error, const char* text) = nullptr;

// What generated code with WithRawCallbackMethod_* would be, made from the bound methods of one service.
class DynamicService : public grpc::Service {
 public:
  DynamicService(const CallEnvironment& environment, const StreamEnvironment& streams)
      : environment_(environment), streams_(streams) {}
  void Add(const Method& method) {
    if (method.kind == Method::Kind::kStream) return AddStream(method);
    AddMethod(
        new grpc::internal::RpcServiceMethod(method.path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
    MarkMethodRawCallback(count_++, new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
                                        [this, &method](grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
                                          return ServerCall::Start(environment_, method, context, request, response);
                                        }));
  }

 private:
  void AddStream(const Method& method) {
    AddMethod(new grpc::internal::RpcServiceMethod(method.path.c_str(), grpc::internal::RpcMethod::SERVER_STREAMING,
                                                   nullptr));
    MarkMethodRawCallback(count_++,
                          new grpc::internal::CallbackServerStreamingHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
                              [this, &method](grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
                                return StreamCall::Start(streams_, method, context, request);
                              }));
  }

  const CallEnvironment& environment_;
  const StreamEnvironment& streams_;
  int count_ = 0;
};

// For clients to hear that the connection ends, before it is cut.
constexpr absl::Duration kGoodbye = absl::Milliseconds(100);

void SetLimits(grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(static_cast<int>(limits::kTransportBytesMax));
  builder->SetMaxSendMessageSize(static_cast<int>(limits::kTransportBytesMax));
  // Above our own limit, so that a call a little over it gets our typed error.
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, static_cast<int>(4 * limits::kMetadataBytesMax));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits::kStreamsPerConnectionMax);
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 3);
}

}  // namespace

// Members in the order that destruction needs: the server goes first, then what its calls use.
struct RpcServer::Impl {
  Impl(Backend& b, ServerOptions o)
      : options(std::move(o)),
        queries(options.query_threads, options.queries_max),
        environment{b, options, queries, nodes, in_flight, commands},
        open_streams(options.streams_max),
        stream_pool(limits::kStreamThreads, options.streams_max),
        streams{b, options, stream_pool, open_streams, shared_answers} {
    for (const MountedService& service : options.mounted) {
      if (service.of_nodes && !nodes) nodes = std::make_unique<Pool>(options.query_threads, options.queries_max);
    }
  }

  ServerOptions options;
  std::vector<std::unique_ptr<Method>> methods;
  Pool queries;
  std::unique_ptr<Pool> nodes;
  InFlight in_flight;
  CommandIndex commands;
  CallEnvironment environment;
  OpenStreams open_streams;
  SharedAnswers shared_answers;
  Pool stream_pool;  // each open stream has at most one step in its queue
  StreamEnvironment streams;
  std::map<std::string, std::unique_ptr<DynamicService>> services;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<Listener> listener;
  int port = 0;
  std::string address;
  bool down = false;
};

void SetTransportLog(void (*sink)(bool error, const char* text)) {
  transport_log = sink;
  gpr_set_log_function(
      [](gpr_log_func_args* line) { transport_log(line->severity == GPR_LOG_SEVERITY_ERROR, line->message); });
}

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(Backend& backend, ServerOptions options) {
  static const bool plugins = [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  (void)plugins;
  auto impl = std::make_unique<Impl>(backend, std::move(options));
  auto methods = BindMethods(backend.modules(), impl->options.mounted);
  if (!methods.ok()) return methods.status();
  impl->methods = *std::move(methods);
  for (const auto& method : impl->methods) {
    auto& service = impl->services[method->descriptor->service()->full_name()];
    if (service == nullptr) service = std::make_unique<DynamicService>(impl->environment, impl->streams);
    service->Add(*method);
    if (method->kind == Method::Kind::kCommand) impl->commands.emplace(method->path.substr(1), method.get());
  }

  grpc::ServerBuilder builder;
  SetLimits(&builder);
  auto listener = Listener::Bind(impl->options.listen);
  if (!listener.ok()) return listener.status();
  impl->listener = *std::move(listener);
  impl->acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, grpc::InsecureServerCredentials());
  for (const auto& [name, service] : impl->services) builder.RegisterService(service.get());
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr) return absl::InternalError("gRPC refuses the server");
  impl->port = impl->listener->port();
  const auto colon = impl->options.listen.rfind(':');
  impl->address = absl::StrCat(impl->options.listen.substr(0, colon), ":", impl->port);
  impl->listener->Start([acceptor = impl->acceptor.get()](int fd) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.fd = fd;
    acceptor->HandleNewConnection(&connection);
  });
  auto server = std::unique_ptr<RpcServer>(new RpcServer(std::move(impl)));
  server->SetServing(false);
  return server;
}

RpcServer::RpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RpcServer::~RpcServer() { Shutdown(absl::ZeroDuration()); }

int RpcServer::port() const { return impl_->port; }
const std::string& RpcServer::address() const { return impl_->address; }

void RpcServer::SetServing(bool serving) {
  auto* health = impl_->server->GetHealthCheckService();
  for (const auto& [name, service] : impl_->services) health->SetServingStatus(name, serving);
  health->SetServingStatus(serving);
}

void RpcServer::Shutdown(absl::Duration grace) {
  if (impl_->down) return;
  impl_->down = true;
  impl_->in_flight.closing = true;
  impl_->open_streams.EndAll();
  impl_->listener->Stop();
  for (const absl::Time until = absl::Now() + grace; impl_->in_flight.calls > 0 && absl::Now() < until;) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  // What is left is idle connections and calls that are late. Cancelled calls answer at once (ServerCall::OnCancel), so
  // this ends soon whatever the backend does.
  impl_->server->Shutdown(absl::ToChronoTime(absl::Now() + std::min(grace, kGoodbye)));
  impl_->server->Wait();
}

}  // namespace shoujie::rpc
