#include "services/runtime/rpc/call.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "services/runtime/base/error.h"
#include "services/runtime/rpc/parse.h"
#include "services/runtime/rpc/redact.h"
#include "services/runtime/rpc/status.h"

namespace shoujie::rpc {
namespace {

absl::string_view View(grpc::string_ref text) { return {text.data(), text.size()}; }

// W3C trace context: nothing but its fixed form is passed on, since it gets into records.
bool IsTraceparent(absl::string_view text) {
  return text.size() == 55 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
         });
}

absl::Status CheckMetadata(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
  size_t bytes = 0;
  for (const auto& [key, value] : metadata) bytes += key.size() + value.size();
  if (bytes <= limits::kMetadataBytesMax) return absl::OkStatus();
  return Invalid(
      "METADATA_TOO_LARGE",
      absl::StrCat("The call's metadata have ", bytes, " bytes; at most ", limits::kMetadataBytesMax,
                   " are allowed. Send less metadata."),
      absl::StrCat("调用的元数据有 ", bytes, " 字节，最多允许 ", limits::kMetadataBytesMax, " 字节。请减少元数据。"),
      {{"bytesMax", absl::StrCat(limits::kMetadataBytesMax)}});
}

absl::StatusOr<Principal> Authenticate(const Authenticator& authenticate,
                                       const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
  const auto entry = metadata.find("authorization");
  absl::string_view token = entry == metadata.end() ? "" : View(entry->second);
  if (!absl::ConsumePrefix(&token, "Bearer ")) token = "";
  auto principal = authenticate(token);
  if (principal.ok() || absl::IsUnauthenticated(principal.status())) return principal;
  return absl::UnauthenticatedError("");  // rpc/status.h has the words
}

// Folds a history, which may be long: on the threads that read connections it would keep others waiting.
bool AsksForThePast(const common::v1::GetRequest& request) {
  return request.has_as_of() || request.has_as_of_recorded() || request.as_of_version() != 0;
}

// False if the response could not be written: never the case for messages below 2 GiB.
bool Write(const google::protobuf::Message& message, grpc::ByteBuffer* out) {
  bool own = false;
  return grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::MessageLite>(message, out, &own).ok();
}

}  // namespace

grpc::ServerUnaryReactor* ServerCall::Start(const CallEnvironment& environment, const Method& method,
                                            grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                            grpc::ByteBuffer* response) {
  auto call = std::make_shared<ServerCall>(environment, method, context, response);
  call->self_ = call;
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
  environment_.in_flight.calls.fetch_sub(1);
  self_.reset();
}

void ServerCall::OnCancel() { Answer(absl::CancelledError()); }

void ServerCall::Run(const grpc::ByteBuffer& bytes) {
  std::unique_ptr<google::protobuf::Message> request;
  std::string payload;
  if (auto status = Admit(bytes, &request, &payload); !status.ok()) return Answer(status);
  if (remaining_ > absl::Hours(1000)) {
    // The caller set no deadline; callers that did are cancelled by gRPC.
    remaining_ = limits::kDeadlineDefault;
    if (method_.kind != Method::Kind::kCommand) ArmDeadline();
  }
  Dispatch(std::move(request), std::move(payload));
}

absl::Status ServerCall::Admit(const grpc::ByteBuffer& bytes, std::unique_ptr<google::protobuf::Message>* request,
                               std::string* payload) {
  request_bytes_ = bytes.Length();
  if (environment_.in_flight.closing.load()) {
    return Error(absl::StatusCode::kUnavailable, "SERVER_STOPPING",
                 "The server is stopping; nothing was done. Repeat the call with the same request id once it is back.",
                 "服务器正在停止，未做任何更改。请待其恢复后用相同的 request_id 重发。");
  }
  const auto& metadata = context_->client_metadata();
  if (auto status = CheckMetadata(metadata); !status.ok()) return status;
  auto principal = Authenticate(environment_.options.authenticate, metadata);
  if (!principal.ok()) return principal.status();
  principal_ = *std::move(principal);
  if (auto status = method_.CheckAccess(principal_); !status.ok()) return status;
  if (auto status = CheckRequestSize(request_bytes_); !status.ok()) return status;

  std::vector<grpc::Slice> slices;
  if (!bytes.Dump(&slices).ok()) return absl::InternalError("request bytes");
  payload->reserve(request_bytes_);
  for (const auto& slice : slices) payload->append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  *request = method_.NewRequest();
  if (auto status = ParseRequest(*payload, request->get()); !status.ok()) return status;

  const auto trace = metadata.find("traceparent");
  if (trace != metadata.end() && IsTraceparent(View(trace->second))) traceparent_ = std::string(View(trace->second));
  return absl::OkStatus();
}

void ServerCall::Dispatch(std::unique_ptr<google::protobuf::Message> request, std::string payload) {
  auto self = shared_from_this();
  auto& backend = environment_.backend;
  switch (method_.kind) {
    case Method::Kind::kCommand:
      return backend.Execute(*method_.module,
                             ClientCommand{.request = std::move(request),
                                           .payload = std::move(payload),
                                           .principal = principal_,
                                           .deadline = backend.clock().Boot() + remaining_,
                                           .traceparent = traceparent_},
                             [self](absl::StatusOr<common::v1::CommandReply> reply) {
                               reply.ok() ? self->Answer(*reply) : self->Answer(reply.status());
                             });
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
  }
}

void ServerCall::RunOnPool(std::unique_ptr<google::protobuf::Message> request) {
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
        method.kind == Method::Kind::kQuery
            ? self->environment_.backend.Run(*method.module, *method.query, *request, response.get(), self->principal_)
            : method.handler(*request, response.get(), self->principal_);
    if (!status.ok()) return self->Answer(status);
    if (!MaySeePersonal(self->principal_)) RedactAnswer(response.get());
    self->Answer(*response);
  };
  if (environment_.queries.TryRun(std::move(work))) return;
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

void ServerCall::Answer(const absl::Status& status) { Finish(status, nullptr); }
void ServerCall::Answer(const google::protobuf::Message& answer) { Finish(absl::OkStatus(), &answer); }

void ServerCall::Finish(const absl::Status& status, const google::protobuf::Message* answer) {
  if (answered_.exchange(true)) return;
  absl::Status outcome = status;
  if (answer != nullptr && !Write(*answer, response_)) outcome = absl::InternalError("response");
  if (environment_.options.observe) {
    environment_.options.observe({.method = absl::string_view(method_.path).substr(1),
                                  .code = outcome.code(),
                                  .reason = ReasonOf(outcome),
                                  .principal = principal_.id,
                                  .took = absl::Now() - started_,
                                  .request_bytes = request_bytes_});
  }
  const auto wire = ToWire(outcome);
  grpc::ServerUnaryReactor::Finish(
      wire.code == 0 ? grpc::Status::OK
                     : grpc::Status(static_cast<grpc::StatusCode>(wire.code), wire.message, wire.details));
}

}  // namespace shoujie::rpc
