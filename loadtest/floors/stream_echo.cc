#include "loadtest/floors/stream_echo.h"

#include <chrono>
#include <deque>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/impl/codegen/rpc_service_method.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"
#include "grpcpp/impl/codegen/service_type.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "services/runtime/base/limits.h"

namespace shoujie::load {
namespace {

class Watcher;

// Everybody who watches.
class Room {
 public:
  void Enter(Watcher* watcher) {
    absl::MutexLock lock(&mutex_);
    all_.insert(watcher);
  }
  void Leave(Watcher* watcher) {
    absl::MutexLock lock(&mutex_);
    all_.erase(watcher);
  }
  void Tell(const grpc::ByteBuffer& bytes);

 private:
  absl::Mutex mutex_;
  std::unordered_set<Watcher*> all_ ABSL_GUARDED_BY(mutex_);
};

// Deletes itself when its call is over.
class Watcher : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit Watcher(Room* room) : room_(*room) {
    const grpc::Slice nothing("", 0);
    Send(grpc::ByteBuffer(&nothing, 1));
    room_.Enter(this);
  }
  void Send(const grpc::ByteBuffer& bytes) {
    {
      absl::MutexLock lock(&mutex_);
      if (over_) return;
      queue_.push_back(bytes);  // shares the bytes
      if (queue_.size() > 1) return;
    }
    Write();
  }
  void OnWriteDone(bool ok) override {
    bool over, more;
    {
      absl::MutexLock lock(&mutex_);
      queue_.pop_front();
      over = over_ = over_ || !ok;
      more = !queue_.empty();
    }
    if (over) {
      Finish(grpc::Status::OK);
    } else if (more) {
      Write();
    }
  }
  // What is on its way comes back as failed, and that is the end; else this is.
  void OnCancel() override {
    {
      absl::MutexLock lock(&mutex_);
      if (std::exchange(over_, true) || !queue_.empty()) return;
    }
    Finish(grpc::Status::OK);
  }
  void OnDone() override {
    room_.Leave(this);
    delete this;
  }

 private:
  // By whoever put the first one into the queue, or took the one before out.
  void Write() {
    const grpc::ByteBuffer* next;
    {
      absl::MutexLock lock(&mutex_);
      next = &queue_.front();  // stays where it is while others are put behind it
    }
    StartWrite(next);
  }

  Room& room_;
  absl::Mutex mutex_;
  std::deque<grpc::ByteBuffer> queue_ ABSL_GUARDED_BY(mutex_);
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
};

void Room::Tell(const grpc::ByteBuffer& bytes) {
  absl::MutexLock lock(&mutex_);
  for (Watcher* watcher : all_) watcher->Send(bytes);
}

// Answers, and tells everybody once the answer has gone out. gRPC keeps what is finished within a handler until the
// handler is over: who tells there tells first and answers last. Deletes itself.
class Command : public grpc::ServerUnaryReactor {
 public:
  Command(Room* room, const grpc::ByteBuffer& bytes) : room_(*room), bytes_(bytes) { Finish(grpc::Status::OK); }
  void OnDone() override {
    room_.Tell(bytes_);
    delete this;
  }

 private:
  Room& room_;
  const grpc::ByteBuffer bytes_;  // shared with the request, which may be gone
};

// As runtime/rpc/server.cc registers its methods.
class StreamEchoService : public grpc::Service {
 public:
  StreamEchoService(std::string watch_path, std::string command_path, size_t reply_bytes)
      : watch_path_(std::move(watch_path)), command_path_(std::move(command_path)) {
    AddMethod(new grpc::internal::RpcServiceMethod(watch_path_.c_str(), grpc::internal::RpcMethod::SERVER_STREAMING,
                                                   nullptr));
    MarkMethodRawCallback(
        0, new grpc::internal::CallbackServerStreamingHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
               [this](grpc::CallbackServerContext*, const grpc::ByteBuffer*) { return new Watcher(&room_); }));
    AddMethod(
        new grpc::internal::RpcServiceMethod(command_path_.c_str(), grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
    auto answer = [this, reply = std::string(reply_bytes, 'x')](
                      grpc::CallbackServerContext*, const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
      const grpc::Slice slice(reply);
      *response = grpc::ByteBuffer(&slice, 1);
      return new Command(&room_, *request);
    };
    MarkMethodRawCallback(
        1, new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(std::move(answer)));
  }

 private:
  const std::string watch_path_, command_path_;
  Room room_;
};

}  // namespace

struct StreamEcho::Impl {
  std::unique_ptr<StreamEchoService> service;
  std::unique_ptr<grpc::Server> server;
  std::string address;
};

StreamEcho::StreamEcho(const std::string& watch_path, const std::string& command_path, size_t reply_bytes)
    : impl_(std::make_unique<Impl>()) {
  impl_->service = std::make_unique<StreamEchoService>(watch_path, command_path, reply_bytes);
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(static_cast<int>(limits::kTransportBytesMax));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits::kStreamsPerConnectionMax);
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(impl_->service.get());
  impl_->server = builder.BuildAndStart();
  if (impl_->server != nullptr && port > 0) impl_->address = absl::StrCat("127.0.0.1:", port);
}

StreamEcho::~StreamEcho() {
  if (impl_->server != nullptr) impl_->server->Shutdown(std::chrono::system_clock::now());
}

const std::string& StreamEcho::address() const { return impl_->address; }

}  // namespace shoujie::load
