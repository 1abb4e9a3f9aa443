#include "services/runtime/rpc/call.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "services/runtime/base/error.h"
#include "services/runtime/rpc/caller.h"
#include "services/runtime/rpc/forwarder.h"
#include "services/runtime/rpc/parse.h"
#include "services/runtime/rpc/redact.h"
#include "services/runtime/rpc/status.h"

namespace shoujie::rpc {
namespace {

// Folds a history, which may be long: on the threads that read connections it would keep others waiting.
bool AsksForThePast(const common::v1::GetRequest& request) {
  return request.has_as_of() || request.has_as_of_recorded() || request.as_of_version() != 0;
}

// Made once: under overload it is the answer that is given most.
const absl::Status& Busy() {
  static const absl::Status* const busy = new absl::Status(
      Error(absl::StatusCode::kResourceExhausted, "SERVER_BUSY",
            "The server has as many calls under way as it can answer in good time; nothing was done. Wait a little, "
            "longer after each refusal, and repeat the same request.",
            "服务器正在处理的调用已达上限，本次未做任何更改。请稍候再重发同一请求，每次被拒后适当延长等待时间。"));
  return *busy;
}

}  // namespace

grpc::ServerUnaryReactor* ServerCall::Start(const CallEnvironment& environment, const Method& method,
                                            grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                            grpc::ByteBuffer* response) {
  auto call = std::make_shared<ServerCall>(environment, method, context, response);
  call->self_ = call;
  if (environment.options.forwarder != nullptr) call->kept_ = *request;
  call->Run(*request);
  return call.get();
}

ServerCall::ServerCall(const CallEnvironment& environment, const Method& method, grpc::CallbackServerContext* context,
                       grpc::ByteBuffer* response)
    : environment_(environment), method_(method), context_(context), response_(response), started_(absl::Now()) {
  environment.in_flight.calls.fetch_add(1);
  const auto deadline = context->deadline();
  remaining_ = deadline == std::chrono::system_clock::time_point::max() ? absl::InfiniteDuration()
                                                                        : absl::FromChrono(deadline) - started_;
}

void ServerCall::OnDone() {
  if (deadline_.has_value()) deadline_->Cancel();
  if (unsent_) environment_.in_flight.unsent.fetch_sub(1);
  environment_.in_flight.calls.fetch_sub(1);
  self_.reset();
}

void ServerCall::OnCancel() { Answer(absl::CancelledError()); }

void ServerCall::Run(const grpc::ByteBuffer& bytes) {
  std::unique_ptr<google::protobuf::Message> request;
  std::string payload;
  if (auto status = Admit(bytes, &request, &payload); !status.ok()) return Finish(status, nullptr);
  if (remaining_ > absl::Hours(1000)) {
    // The caller set no deadline; callers that did are cancelled by gRPC.
    remaining_ = limits::kDeadlineDefault;
    if (method_.kind != Method::Kind::kCommand && method_.kind != Method::Kind::kBatch) ArmDeadline();
  }
  Dispatch(std::move(request), std::move(payload));
}

absl::Status ServerCall::Admit(const grpc::ByteBuffer& bytes, std::unique_ptr<google::protobuf::Message>* request,
                               std::string* payload) {
  request_bytes_ = bytes.Length();
  if (environment_.in_flight.closing.load()) return ServerStopping();
  // Queries have a bounded queue of their own: what is slow must not take the room of what is quick. Operators' acts
  // are few, and most needed when everything else is too much.
  const bool batch = method_.kind == Method::Kind::kBatch;
  if (batch || method_.kind == Method::Kind::kCommand || method_.kind == Method::Kind::kTracedQuery ||
      method_.kind == Method::Kind::kGet) {
    auto& admitted = batch ? environment_.in_flight.batches : environment_.in_flight.unary;
    const size_t most = batch ? environment_.options.batches_max : environment_.options.calls_max;
    if (environment_.in_flight.unsent.load() >= static_cast<int64_t>(limits::kAnswersUnsentMax)) return Busy();
    if (admitted.fetch_add(1) >= static_cast<int64_t>(most)) {
      admitted.fetch_sub(1);
      return Busy();
    }
    admitted_ = &admitted;
  }
  auto caller = CallerOf(environment_.options, *context_);
  if (!caller.ok()) return caller.status();
  principal_ = std::move(caller->principal);
  traceparent_ = std::move(caller->traceparent);
  hop_ = caller->hop;
  if (auto status = method_.CheckAccess(principal_); !status.ok()) return status;
  if (method_.kind != Method::Kind::kBatch) {  // whose commands are checked one by one
    if (auto status = CheckRequestSize(request_bytes_); !status.ok()) return status;
  }

  *payload = BytesOf(bytes);
  *request = method_.NewRequest();
  return ParseRequest(*payload, request->get());
}

void ServerCall::Dispatch(std::unique_ptr<google::protobuf::Message> request, std::string payload) {
  auto self = shared_from_this();
  auto& backend = environment_.backend;
  switch (method_.kind) {
    case Method::Kind::kCommand:
      return backend.Execute(*method_.module, CommandOf(std::move(request), std::move(payload)),
                             [self](absl::StatusOr<common::v1::CommandReply> reply) {
                               reply.ok() ? self->Answer(*reply) : self->Answer(reply.status());
                             });
    case Method::Kind::kTracedQuery:
      return RunTraced(std::move(request), std::move(payload));
    case Method::Kind::kBatch:
      return RunBatch(static_cast<const common::v1::ExecuteBatchRequest&>(*request));
    case Method::Kind::kGet:
      if (AsksForThePast(static_cast<const common::v1::GetRequest&>(*request))) return RunOnPool(std::move(request));
      return backend.Get(*method_.module, static_cast<const common::v1::GetRequest&>(*request),
                         [self](absl::StatusOr<std::unique_ptr<google::protobuf::Message>> state) {
                           state.ok() ? self->AnswerState(*std::move(state)) : self->Answer(state.status());
                         });
    case Method::Kind::kHistory:
    case Method::Kind::kQuery:
    case Method::Kind::kMounted:
      return RunOnPool(std::move(request));
    case Method::Kind::kStream:
      return Answer(absl::InternalError("a stream is no unary call"));  // rpc/stream_call.h
  }
}

// Who asks leaves his trace first: without a record that counts there is no answer. A repeat finds its record, and is
// answered as things stand then.
void ServerCall::RunTraced(std::unique_ptr<google::protobuf::Message> request, std::string payload) {
  std::shared_ptr<google::protobuf::Message> asked(request->New());
  asked->CopyFrom(*request);
  environment_.backend.Execute(*method_.module, CommandOf(std::move(request), std::move(payload)),
                               [self = shared_from_this(), asked](absl::StatusOr<common::v1::CommandReply> reply) {
                                 if (!reply.ok()) return self->Answer(reply.status());
                                 std::unique_ptr<google::protobuf::Message> again(asked->New());
                                 again->CopyFrom(*asked);
                                 self->RunOnPool(std::move(again));
                               });
}

ClientCommand ServerCall::CommandOf(std::unique_ptr<google::protobuf::Message> request, std::string payload) const {
  return {.request = std::move(request),
          .payload = std::move(payload),
          .principal = principal_,
          .deadline = environment_.backend.clock().Boot() + remaining_,
          .traceparent = traceparent_};
}

void ServerCall::RunBatch(const common::v1::ExecuteBatchRequest& batch) {
  const auto count = static_cast<size_t>(batch.commands_size());
  if (count == 0 || count > limits::kBatchCallCommandsMax) {
    return Answer(Invalid(
        "BATCH_SIZE_INVALID",
        absl::StrCat("A batch holds 1 to ", limits::kBatchCallCommandsMax, " commands; this one has ", count,
                     ". Split it."),
        absl::StrCat("一个批次含 1 至 ", limits::kBatchCallCommandsMax, " 条命令，本批次有 ", count, " 条。请拆分。"),
        {{"commandsMax", absl::StrCat(limits::kBatchCallCommandsMax)}}));
  }
  struct Outcomes {
    std::shared_ptr<ServerCall> call;
    common::v1::ExecuteBatchResponse response;  // each outcome is written by its own command alone
    std::atomic<size_t> open;
    void Settle(int n, absl::StatusOr<common::v1::CommandReply> reply) {
      auto* outcome = response.mutable_outcomes(n);
      if (reply.ok()) {
        *outcome->mutable_reply() = *std::move(reply);
      } else {
        outcome->set_code(static_cast<int>(reply.status().code()));
        *outcome->mutable_error() = CallersDetail(reply.status());
      }
      if (open.fetch_sub(1, std::memory_order_acq_rel) == 1) call->Answer(response);
    }
  };
  auto outcomes = std::make_shared<Outcomes>();
  outcomes->call = shared_from_this();
  outcomes->open = count;
  for (size_t n = 0; n < count; ++n) outcomes->response.add_outcomes();
  for (int n = 0; n < static_cast<int>(count); ++n) {
    const auto& command = batch.commands(n);
    const auto found = environment_.commands.find(command.method());
    if (found == environment_.commands.end()) {
      outcomes->Settle(n,
                       Invalid("BATCH_METHOD_UNKNOWN",
                               "There is no command of this name here. Put commands only into a batch, each named like "
                               "shoujie.router.v1.TicketService/AddNote.",
                               "没有该名称的命令。批次中请只放命令，名称形如 "
                               "shoujie.router.v1.TicketService/AddNote。"));
      continue;
    }
    const Method& method = *found->second;
    absl::Status status = method.CheckAccess(principal_);
    if (status.ok()) status = CheckRequestSize(command.request().size());
    auto request = method.NewRequest();
    if (status.ok()) status = ParseRequest(command.request(), request.get());
    if (!status.ok()) {
      outcomes->Settle(n, status);
      continue;
    }
    environment_.backend.Execute(
        *method.module, CommandOf(std::move(request), command.request()),
        [outcomes, n, &method, bytes = environment_.options.forwarder ? command.request() : ""](
            absl::StatusOr<common::v1::CommandReply> reply) {
          const ServerCall& call = *outcomes->call;
          const std::string owner = call.OwnerFor(reply.status());
          if (owner.empty()) return outcomes->Settle(n, std::move(reply));
          call.environment_.options.forwarder->Forward(
              owner, method.path.substr(1), bytes, call.principal_, call.traceparent_, call.Remaining(),
              [outcomes, n](absl::StatusOr<std::string> answer) {
                common::v1::CommandReply passed;
                if (!answer.ok()) return outcomes->Settle(n, answer.status());
                passed.ParseFromString(*answer) ? outcomes->Settle(n, std::move(passed))
                                                : outcomes->Settle(n, absl::InternalError(""));
              });
        });
  }
}

void ServerCall::RunOnPool(std::unique_ptr<google::protobuf::Message> request) {
  slow_ = true;
  if (method_.kind == Method::Kind::kGet) GiveBackRoom();  // a look into the past is a query
  auto work = [self = shared_from_this(), request = std::shared_ptr<google::protobuf::Message>(std::move(request))] {
    if (self->answered_) return;  // cancelled or late while it waited
    const auto& method = self->method_;
    if (method.kind == Method::Kind::kGet) {
      return self->environment_.backend.Get(*method.module, static_cast<const common::v1::GetRequest&>(*request),
                                            [self](absl::StatusOr<std::unique_ptr<google::protobuf::Message>> state) {
                                              state.ok() ? self->AnswerState(*std::move(state))
                                                         : self->Answer(state.status());
                                            });
    }
    if (method.kind == Method::Kind::kHistory) {
      return self->environment_.backend.ListHistory(*method.module,
                                                    static_cast<const common::v1::ListHistoryRequest&>(*request),
                                                    [self](absl::StatusOr<common::v1::ListHistoryResponse> history) {
                                                      if (!history.ok()) return self->Answer(history.status());
                                                      if (!MaySeePersonal(self->principal_)) RedactAnswer(&*history);
                                                      self->Answer(*history);
                                                    });
    }
    auto response = method.NewResponse();
    const auto status =
        method.query != nullptr
            ? self->environment_.backend.Run(*method.module, *method.query, *request, response.get(), self->principal_)
            : method.handler(*request, response.get(), self->principal_);
    if (!status.ok()) return self->Answer(status);
    if (!MaySeePersonal(self->principal_)) RedactAnswer(response.get());
    self->Answer(*response);
  };
  Pool& pool = method_.of_nodes ? *environment_.nodes : environment_.queries;
  if (pool.TryRun(std::move(work))) return;
  Answer(Error(absl::StatusCode::kResourceExhausted, "QUERIES_FULL",
               "Too many queries wait already. Wait a little and ask again.", "等待的查询过多。请稍候重试。"));
}

void ServerCall::AnswerState(std::unique_ptr<google::protobuf::Message> state) {
  if (state == nullptr || state->GetDescriptor() != method_.descriptor->output_type()) {
    // The name was that of another kind of resource of the same service.
    return Answer(NotFound("NOT_FOUND",
                           absl::StrCat("There is no ", method_.descriptor->output_type()->name(),
                                        " of this name. Check the name and its collection."),
                           "没有该名称的资源。请核对名称及其类别。"));
  }
  if (!MaySeePersonal(principal_)) RedactAnswer(state.get());
  Answer(*state);
}

void ServerCall::ArmDeadline() {
  deadline_.emplace().Set(absl::ToChronoTime(started_ + remaining_), [weak = weak_from_this()](bool due) {
    if (auto call = weak.lock(); due && call != nullptr) call->Answer(absl::DeadlineExceededError(""));
  });
}

void ServerCall::Answer(const absl::Status& status) {
  if (const std::string owner = OwnerFor(status); !owner.empty()) return Forward(owner);
  Finish(status, nullptr);
}
void ServerCall::Answer(const google::protobuf::Message& answer) { Finish(absl::OkStatus(), &answer); }

void ServerCall::Finish(const absl::Status& status, const google::protobuf::Message* answer) {
  if (answered_.exchange(true)) return;
  absl::Status outcome = status;
  if (answer != nullptr && !Write(*answer, response_)) outcome = absl::InternalError("response");
  FinishWire(outcome);
}

bool ServerCall::GiveBackRoom() {
  auto* admitted = admitted_.exchange(nullptr);
  if (admitted == nullptr) return false;
  admitted->fetch_sub(1);
  return true;
}

void ServerCall::FinishWire(const absl::Status& outcome) {
  // Before the answer is out, not when gRPC says so: a client that asks again at once would else be refused in its own
  // former place, whenever the thread that says so is late.
  if (GiveBackRoom()) {
    environment_.in_flight.unsent.fetch_add(1);
    unsent_ = true;
  }
  if (environment_.options.observe) {
    environment_.options.observe({.method = absl::string_view(method_.path).substr(1),
                                  .code = outcome.code(),
                                  .reason = ReasonOf(outcome),
                                  .principal = principal_.id,
                                  .took = absl::Now() - started_,
                                  .request_bytes = request_bytes_});
  }
  static const WireStatus* const busy = new WireStatus(ToWire(Busy()));
  const WireStatus wire = outcome == Busy() ? *busy : ToWire(outcome);
  grpc::ServerUnaryReactor::Finish(
      wire.code == 0 ? grpc::Status::OK
                     : grpc::Status(static_cast<grpc::StatusCode>(wire.code), wire.message, wire.details));
}

}  // namespace shoujie::rpc
