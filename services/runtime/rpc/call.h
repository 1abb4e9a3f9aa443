// One call, from its bytes to its one answer. Internal to rpc/: includes gRPC.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "grpcpp/alarm.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "services/runtime/node/backend.h"
#include "services/runtime/rpc/pool.h"
#include "services/runtime/rpc/server.h"
#include "services/runtime/rpc/surface.h"
#include "shoujie/common/v1/batch.pb.h"

namespace shoujie::rpc {

// The calls that are under way, and whether new ones are still taken. gRPC itself cannot say when the last answer is
// out: its shutdown also waits for idle connections whose clients do not look.
struct InFlight {
  std::atomic<int64_t> calls{0};
  std::atomic<int64_t> unary{0}, batches{0};  // that were admitted and have no answer yet
  std::atomic<int64_t> unsent{0};             // admitted and answered: the answer is not out yet
  std::atomic<bool> closing{false};
};

// Methods that are commands, by "package.Service/Method": what a batch may hold.
using CommandIndex = absl::flat_hash_map<std::string, const Method*>;

// What all calls of a server share.
struct CallEnvironment {
  Backend& backend;
  const ServerOptions& options;
  Pool& queries;
  std::unique_ptr<Pool>& nodes;  // null: this server has no service of nodes
  InFlight& in_flight;
  const CommandIndex& commands;
};

// Answers exactly once: whichever comes first of the backend, the deadline and the caller's cancellation. Lives until
// gRPC is done with it and the backend has let go of its callback, so a backend that answers late or never does no
// harm.
class ServerCall : public grpc::ServerUnaryReactor, public std::enable_shared_from_this<ServerCall> {
 public:
  static grpc::ServerUnaryReactor* Start(const CallEnvironment& environment, const Method& method,
                                         grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response);

  ServerCall(const CallEnvironment& environment, const Method& method, grpc::CallbackServerContext* context,
             grpc::ByteBuffer* response);
  void OnDone() override;
  void OnCancel() override;

 private:
  void Run(const grpc::ByteBuffer& bytes);
  absl::Status Admit(const grpc::ByteBuffer& bytes, std::unique_ptr<google::protobuf::Message>* request,
                     std::string* payload);
  void Dispatch(std::unique_ptr<google::protobuf::Message> request, std::string payload);
  void RunTraced(std::unique_ptr<google::protobuf::Message> request, std::string payload);
  void RunOnPool(std::unique_ptr<google::protobuf::Message> request);
  void RunBatch(const common::v1::ExecuteBatchRequest& batch);
  // Where the call can be passed on to after this refusal; empty: nowhere.
  std::string OwnerFor(const absl::Status& refusal) const;
  void Forward(const std::string& address);
  void Forwarded(absl::StatusOr<std::string> answer);
  absl::Duration Remaining() const { return started_ + remaining_ - absl::Now(); }
  ClientCommand CommandOf(std::unique_ptr<google::protobuf::Message> request, std::string payload) const;
  void Answer(const absl::Status& status);
  void Answer(const google::protobuf::Message& answer);
  void AnswerState(std::unique_ptr<google::protobuf::Message> state);
  void Finish(const absl::Status& status, const google::protobuf::Message* answer);
  void FinishWire(const absl::Status& outcome);
  void ArmDeadline();
  bool GiveBackRoom();  // whether it had any

  const CallEnvironment& environment_;
  const Method& method_;
  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer kept_;  // the request, where it may have to be passed on
  grpc::ByteBuffer* const response_;
  const absl::Time started_;
  absl::Duration remaining_;  // at the start
  Principal principal_;
  size_t request_bytes_ = 0;
  std::string traceparent_;
  bool hop_ = false;  // passed on by another node: never once more
  int forwards_ = 0;
  bool slow_ = false;                         // may take its time: on a thread of the queries
  std::optional<grpc::Alarm> again_;          // where nobody owned just now
  std::atomic<std::atomic<int64_t>*> admitted_{nullptr};  // where it counts until it is answered
  bool unsent_ = false;                                   // from its answer until gRPC is done with it
  std::atomic<bool> answered_{false};
  std::optional<grpc::Alarm> deadline_;  // only where gRPC keeps none
  std::shared_ptr<ServerCall> self_;
};

}  // namespace shoujie::rpc
