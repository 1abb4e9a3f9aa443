#include "services/runtime/rpc/client.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/impl/codegen/client_unary_call.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/support/channel_arguments.h"
#include "grpcpp/support/sync_stream.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/rpc/status.h"

namespace shoujie::rpc {
namespace {

grpc::ByteBuffer ToBuffer(const google::protobuf::Message& message) {
  grpc::ByteBuffer out;
  bool own = false;
  (void)grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::MessageLite>(message, &out, &own);
  return out;
}

absl::Status FromBuffer(grpc::ByteBuffer* buffer, google::protobuf::Message* message) {
  if (grpc::GenericDeserialize<grpc::ProtoBufferReader, google::protobuf::MessageLite>(buffer, message).ok()) {
    return absl::OkStatus();
  }
  return absl::InternalError(absl::StrCat("the server's answer is no ", message->GetDescriptor()->full_name()));
}

absl::StatusOr<std::string> ResponseBytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return absl::InternalError("response bytes");
  for (const auto& part : slices) bytes.append(reinterpret_cast<const char*>(part.begin()), part.size());
  return bytes;
}

// `listens`: for streams, where nothing may come for a while and a server that is gone must be noticed all the same.
std::shared_ptr<grpc::Channel> Connect(const std::string& target, bool listens = false) {
  grpc::ChannelArguments arguments;
  if (listens) {
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 15'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  }
  arguments.SetMaxReceiveMessageSize(static_cast<int>(limits::kTransportBytesMax));
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, static_cast<int>(4 * limits::kMetadataBytesMax));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // Each client has its own connection: tests and load programs count on it.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Never through a proxy of the environment: the server is ours.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

absl::Status ToAbsl(const grpc::Status& status) {
  return FromWire(static_cast<int>(status.error_code()), status.error_message(), status.error_details());
}

// Of an asynchronous call: one that this client gave up is as one to a server that cannot be reached.
absl::Status AsyncOutcome(const grpc::Status& status) {
  const bool given_up = status.error_code() == grpc::StatusCode::CANCELLED && status.error_details().empty();
  return given_up ? FromWire(static_cast<int>(grpc::StatusCode::UNAVAILABLE), status.error_message(), "")
                  : ToAbsl(status);
}

}  // namespace

struct Client::Impl {
  ClientOptions options;
  std::shared_ptr<grpc::Channel> channel;
  absl::Mutex mutex;
  int in_flight ABSL_GUARDED_BY(mutex) = 0;

  // Before every call: gRPC ends the program over a header that is not printable.
  absl::Status Prepare(grpc::ClientContext* context) const {
    context->set_deadline(absl::ToChronoTime(absl::Now() + options.timeout));
    return Authorize(context);
  }
  absl::Status Authorize(grpc::ClientContext* context) const {
    if (!std::all_of(options.token.begin(), options.token.end(), absl::ascii_isprint)) {
      return Invalid("TOKEN_MALFORMED",
                     "The token holds characters that no token has. Check the file or variable that it comes from.",
                     "令牌中含有非法字符。请检查令牌文件或环境变量。");
    }
    context->set_wait_for_ready(options.wait_for_ready);
    if (!options.token.empty()) context->AddMetadata("authorization", absl::StrCat("Bearer ", options.token));
    return absl::OkStatus();
  }
  absl::Status Call(const std::string& method, const grpc::ByteBuffer& request, grpc::ByteBuffer* response) {
    const std::string path = absl::StrCat("/", method);
    std::shared_ptr<grpc::Channel> to = channel;
    for (int followed = 0;; ++followed) {
      grpc::ClientContext context;
      if (absl::Status prepared = Prepare(&context); !prepared.ok()) return prepared;
      absl::Status status = ToAbsl(grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
          to.get(), grpc::internal::RpcMethod(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC), &context, request,
          response));
      const std::string owner = followed < options.owners_followed ? OwnerIn(status) : "";
      if (owner.empty()) return status;
      absl::MutexLock lock(&mutex);
      auto& known = owners[owner];
      if (known == nullptr) known = Connect(owner);
      to = known;
    }
  }
  std::map<std::string, std::shared_ptr<grpc::Channel>> owners ABSL_GUARDED_BY(mutex);  // nodes that were named
  std::set<grpc::ClientContext*> unanswered ABSL_GUARDED_BY(mutex);                     // of asynchronous calls
};

// One call. The context holds a reference to the channel, and whoever drops the last one waits for gRPC's callback
// threads to end: were that such a thread itself, it would wait for itself and memory would be freed under it. So the
// client is told last, once the context is gone, and drops its own reference after that, on the thread that destroys
// it.
struct Client::AsyncCall {
  explicit AsyncCall(Impl* impl) : in_flight(impl) {}

  struct Counted {
    explicit Counted(Impl* i) : impl(i) {
      absl::MutexLock lock(&impl->mutex);
      ++impl->in_flight;
    }
    ~Counted() {
      absl::MutexLock lock(&impl->mutex);
      --impl->in_flight;
    }
    Impl* const impl;
  };
  void Begin() {
    absl::MutexLock lock(&in_flight.impl->mutex);
    in_flight.impl->unanswered.insert(&context);
  }
  void End() {
    absl::MutexLock lock(&in_flight.impl->mutex);
    in_flight.impl->unanswered.erase(&context);
  }

  const Counted in_flight;  // first member: destroyed last
  grpc::ClientContext context;
  grpc::ByteBuffer request, response;
  Answered done;
};

Client::Client(ClientOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  impl_->channel = Connect(impl_->options.target);
}

Client::~Client() {
  absl::MutexLock lock(&impl_->mutex);
  const auto idle = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(impl_->mutex) { return impl_->in_flight == 0; };
  impl_->mutex.Await(absl::Condition(&idle));
}

absl::Status Client::Stream(const google::protobuf::MethodDescriptor& method, const google::protobuf::Message& request,
                            google::protobuf::Message* answer, const std::function<bool()>& each,
                            absl::Duration timeout) {
  const std::string path = absl::StrCat("/", method.service()->full_name(), "/", method.name());
  std::string target = impl_->options.target;
  for (int followed = 0;; ++followed) {
    const std::shared_ptr<grpc::Channel> channel = Connect(target, /*listens=*/true);
    grpc::ClientContext context;
    if (absl::Status prepared = impl_->Authorize(&context); !prepared.ok()) return prepared;
    if (timeout < absl::InfiniteDuration()) context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    const std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> reader(
        grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(
            channel.get(), grpc::internal::RpcMethod(path.c_str(), grpc::internal::RpcMethod::SERVER_STREAMING),
            &context, ToBuffer(request)));
    grpc::ByteBuffer bytes;
    bool enough = false;
    absl::Status broken;
    while (!enough && broken.ok() && reader->Read(&bytes)) {
      answer->Clear();
      broken = FromBuffer(&bytes, answer);
      enough = broken.ok() && !each();
    }
    if (enough || !broken.ok()) {
      context.TryCancel();
      while (reader->Read(&bytes)) {
      }
      (void)reader->Finish();
      return broken;
    }
    absl::Status status = ToAbsl(reader->Finish());
    target = followed < impl_->options.owners_followed ? OwnerIn(status) : "";
    if (target.empty()) return status;
  }
}

void Client::CancelAsync() {
  absl::MutexLock lock(&impl_->mutex);
  for (grpc::ClientContext* context : impl_->unanswered) context->TryCancel();
}

const ClientOptions& Client::options() const { return impl_->options; }

absl::Status Client::Call(const std::string& method, const google::protobuf::Message& request,
                          google::protobuf::Message* response) {
  grpc::ByteBuffer out;
  if (auto status = impl_->Call(method, ToBuffer(request), &out); !status.ok()) return status;
  return FromBuffer(&out, response);
}

absl::Status Client::Call(const google::protobuf::MethodDescriptor& method, const google::protobuf::Message& request,
                          google::protobuf::Message* response) {
  return Call(absl::StrCat(method.service()->full_name(), "/", method.name()), request, response);
}

absl::StatusOr<std::string> Client::CallBytes(const std::string& method, const std::string& request) {
  const grpc::Slice slice(request);
  grpc::ByteBuffer out;
  if (auto status = impl_->Call(method, grpc::ByteBuffer(&slice, 1), &out); !status.ok()) return status;
  return ResponseBytes(out);
}

void Client::CallBytesAsync(const std::string& method, const std::string& request, const CallOptions& options,
                            std::function<void(absl::StatusOr<std::string>)> done) {
  auto call = std::make_shared<AsyncCall>(impl_.get());
  if (absl::Status prepared = impl_->Prepare(&call->context); !prepared.ok()) return done(prepared);
  call->context.set_deadline(absl::ToChronoTime(absl::Now() + options.timeout));
  for (const auto& [key, value] : options.metadata) call->context.AddMetadata(key, value);
  const grpc::Slice slice(request);
  call->request = grpc::ByteBuffer(&slice, 1);
  auto* const raw = call.get();
  raw->Begin();
  grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer>(impl_->channel)
      .UnaryCall(&raw->context, absl::StrCat("/", method), {}, &raw->request, &raw->response,
                 [call = std::move(call), done = std::move(done)](grpc::Status status) {
                   call->End();
                   const auto outcome = AsyncOutcome(status);
                   outcome.ok() ? done(ResponseBytes(call->response)) : done(outcome);
                 });
}

void Client::CallAsync(const std::string& method, const google::protobuf::Message& request,
                       google::protobuf::Message* response, Answered done) {
  auto call = std::make_shared<AsyncCall>(impl_.get());
  if (absl::Status prepared = impl_->Prepare(&call->context); !prepared.ok()) return done(prepared);
  call->request = ToBuffer(request);
  call->done = std::move(done);
  auto* const raw = call.get();
  raw->Begin();
  grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer>(impl_->channel)
      .UnaryCall(&raw->context, absl::StrCat("/", method), {}, &raw->request, &raw->response,
                 [call = std::move(call), response](grpc::Status status) {
                   call->End();
                   auto outcome = AsyncOutcome(status);
                   if (outcome.ok()) outcome = FromBuffer(&call->response, response);
                   call->done(std::move(outcome));
                 });
}

}  // namespace shoujie::rpc
