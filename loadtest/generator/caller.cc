#include "loadtest/generator/caller.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/channel_arguments.h"
#include "services/runtime/base/limits.h"

namespace shoujie::load {

struct Caller::Channel {
  explicit Channel(std::shared_ptr<grpc::Channel> c) : channel(std::move(c)), stub(channel) {}
  std::shared_ptr<grpc::Channel> channel;
  grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer> stub;
};

struct Caller::Pending {
  grpc::ClientContext context;
  grpc::ByteBuffer request, response;
  Done done;  // one of the two
  Answered answered;
};

Caller::Caller(const std::string& target, std::string token, int channels)
    : token_(token.empty() ? "" : absl::StrCat("Bearer ", token)) {
  for (int i = 0; i < channels; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(static_cast<int>(limits::kTransportBytesMax));
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // each channel is a connection
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    channels_.push_back(
        std::make_unique<Channel>(grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments)));
  }
  for (auto& one : channels_) one->channel->WaitForConnected(absl::ToChronoTime(absl::Now() + absl::Seconds(30)));
}

Caller::~Caller() = default;

void Caller::Call(const char* method, const std::string& bytes, Done done) {
  auto* pending = new Pending;
  pending->done = std::move(done);
  Start(pending, method, bytes);
}

void Caller::CallForAnswer(const char* method, const std::string& bytes, Answered done) {
  auto* pending = new Pending;
  pending->answered = std::move(done);
  Start(pending, method, bytes);
}

void Caller::Start(Pending* pending, const char* method, const std::string& bytes) {
  pending->context.set_deadline(absl::ToChronoTime(absl::Now() + timeout_));
  if (!token_.empty()) pending->context.AddMetadata("authorization", token_);
  const grpc::Slice slice(bytes);
  pending->request = grpc::ByteBuffer(&slice, 1);
  Channel& channel = *channels_[next_.fetch_add(1, std::memory_order_relaxed) % channels_.size()];
  channel.stub.UnaryCall(&pending->context, method, {}, &pending->request, &pending->response,
                         [pending](grpc::Status status) {
                           const int code = static_cast<int>(status.error_code());
                           std::string response;
                           if (pending->answered && code == 0) {
                             std::vector<grpc::Slice> slices;
                             (void)pending->response.Dump(&slices);
                             for (const auto& part : slices) {
                               response.append(reinterpret_cast<const char*>(part.begin()), part.size());
                             }
                           }
                           const Done done = std::move(pending->done);
                           const Answered answered = std::move(pending->answered);
                           delete pending;
                           if (done) return done(code);
                           answered(code, response);
                         });
}

}  // namespace shoujie::load
