#include "services/runtime/rpc/stream_call.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/rpc/parse.h"
#include "services/runtime/rpc/redact.h"
#include "services/runtime/rpc/status.h"

namespace shoujie::rpc {
namespace {

absl::Status StreamsFull(size_t most) {
  return Error(absl::StatusCode::kResourceExhausted, "STREAMS_FULL",
               absl::StrCat("The server has as many streams open as it allows (", most,
                            "). Close those that nobody reads, or ask another node."),
               absl::StrCat("服务器上打开的订阅已达上限（", most, "）。请关闭无人使用的订阅，或改问其他节点。"),
               {{"streamsMax", absl::StrCat(most)}});
}

absl::Status Renew() {
  return Error(absl::StatusCode::kUnavailable, "STREAM_RENEW",
               "Streams end after a while, so that rights are looked at again. Go on with the last token that you got.",
               "为重新核对权限，订阅会定期结束。请使用最近一次收到的标记继续。");
}

absl::Status Stuck() {
  return Error(
      absl::StatusCode::kAborted, "STREAM_STUCK",
      "The caller took nothing for too long, and the stream was ended. Go on with the last token that you got.",
      "订阅方长时间未接收数据，订阅已结束。请使用最近一次收到的标记继续。");
}

}  // namespace

absl::Status OpenStreams::Add(const std::shared_ptr<StreamCall>& call) {
  absl::MutexLock lock(&mutex_);
  if (closed_) return ServerStopping();
  if (open_.size() >= most_) return StreamsFull(most_);
  open_.emplace(call.get(), call);
  return absl::OkStatus();
}

void OpenStreams::Remove(StreamCall* call) {
  absl::MutexLock lock(&mutex_);
  open_.erase(call);
}

void OpenStreams::EndAll() {
  std::vector<std::shared_ptr<StreamCall>> all;
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    for (const auto& [call, weak] : open_) {
      if (auto held = weak.lock()) all.push_back(std::move(held));
    }
  }
  for (const auto& call : all) call->End(ServerStopping());
}

size_t OpenStreams::size() const {
  absl::MutexLock lock(&mutex_);
  return open_.size();
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamCall::Start(const StreamEnvironment& environment,
                                                              const Method& method,
                                                              grpc::CallbackServerContext* context,
                                                              const grpc::ByteBuffer* request) {
  auto call = std::make_shared<StreamCall>(environment, method, context);
  call->self_ = call;
  absl::Status admitted = call->Admit(*request);
  if (admitted.ok()) admitted = environment.open.Add(call);
  if (admitted.ok()) {
    call->Queue();
  } else {
    {
      absl::MutexLock lock(&call->mutex_);
      if (!call->end_) call->end_ = admitted;
    }
    call->Finish();
  }
  return call.get();
}

StreamCall::StreamCall(const StreamEnvironment& environment, const Method& method, grpc::CallbackServerContext* context)
    : environment_(environment), method_(method), context_(context), started_(absl::Now()) {}

absl::Status StreamCall::Admit(const grpc::ByteBuffer& bytes) {
  request_bytes_ = bytes.Length();
  auto caller = CallerOf(environment_.options, *context_);
  if (!caller.ok()) return caller.status();
  principal_ = std::move(caller->principal);
  if (absl::Status status = method_.CheckAccess(principal_); !status.ok()) return status;
  if (absl::Status status = CheckRequestSize(request_bytes_); !status.ok()) return status;
  request_ = method_.NewRequest();
  answer_ = method_.NewResponse();
  return ParseRequest(BytesOf(bytes), request_.get());
}

// Runs in turn. If the threads of streams have too much to do, which their bound makes impossible, the call ends.
void StreamCall::Queue() {
  if (environment_.pool.TryRun([self = shared_from_this()] { self->Step(); })) return;
  {
    absl::MutexLock lock(&mutex_);
    if (!end_) end_ = StreamsFull(limits::kStreamsMax);
  }
  Finish();
}

void StreamCall::Wake() {
  {
    absl::MutexLock lock(&mutex_);
    news_ = true;
    if (sending_since_ && !end_ && absl::Now() - *sending_since_ > limits::kStreamStuckAfter) {
      end_ = Stuck();
      context_->TryCancel();  // the answer that is on the way comes back as failed
    }
    if (turning_) return;
    turning_ = true;
  }
  Queue();
}

absl::StatusOr<AnswerStream::Step> StreamCall::Pull() {
  if (absl::Now() - started_ > limits::kStreamAgeMax) return Renew();
  if (stream_ == nullptr) {
    auto opened = method_.open(environment_.backend, *request_, principal_, [weak = weak_from_this()] {
      if (auto call = weak.lock()) call->Wake();
    });
    if (!opened.ok()) return opened.status();
    stream_ = *std::move(opened);
  }
  answer_->Clear();
  AnswerStream::Given given;
  auto step = stream_->Take(answer_.get(), &given);
  if (!step.ok() || *step != AnswerStream::Step::kAnswer) return step;
  const bool personal = MaySeePersonal(principal_);
  const absl::Status written = given.shared == nullptr
                                   ? WriteFor(personal, answer_.get(), &out_)
                                   : environment_.shared.Bytes(given.shared, *method_.response, personal, &out_);
  if (!written.ok()) return written;
  more_ = given.more;
  return step;
}

void StreamCall::Step() {
  {
    absl::MutexLock lock(&mutex_);
    news_ = false;
  }
  auto step = Pull();
  {
    absl::MutexLock lock(&mutex_);
    if (!end_) {
      if (!step.ok()) {
        end_ = step.status();
      } else if (*step == AnswerStream::Step::kEnd) {
        end_ = absl::OkStatus();
      } else if (*step == AnswerStream::Step::kAnswer) {
        sending_since_ = absl::Now();
      } else if (!news_) {
        turning_ = false;
        return;
      }
    }
    if (end_) step = absl::CancelledError("");  // said by `end_`
  }
  if (!step.ok()) return Finish();
  if (*step == AnswerStream::Step::kAnswer) return StartWrite(&out_);
  Queue();  // something came while there was nothing
}

void StreamCall::OnWriteDone(bool ok) {
  out_.Clear();  // shared bytes go when the last of their callers has them
  bool over;
  {
    absl::MutexLock lock(&mutex_);
    sending_since_.reset();
    if (!ok && !end_) end_ = absl::CancelledError("");
    over = end_.has_value();
    if (!over && !more_ && !news_) {
      turning_ = false;  // as after kLater, without a turn to ask for it
      return;
    }
  }
  over ? Finish() : Queue();
}

void StreamCall::OnCancel() { End(absl::CancelledError("")); }

void StreamCall::End(const absl::Status& why) {
  {
    absl::MutexLock lock(&mutex_);
    if (end_) return;
    end_ = why;
    if (turning_) return;  // whoever has the turn sees it
    turning_ = true;
  }
  Finish();
}

// In turn, and for good.
void StreamCall::Finish() {
  absl::Status outcome;
  {
    absl::MutexLock lock(&mutex_);
    outcome = *end_;
  }
  if (environment_.options.observe) {
    environment_.options.observe({.method = absl::string_view(method_.path).substr(1),
                                  .code = outcome.code(),
                                  .reason = ReasonOf(outcome),
                                  .principal = principal_.id,
                                  .took = absl::Now() - started_,
                                  .request_bytes = request_bytes_,
                                  .stream = true});
  }
  const WireStatus wire = ToWire(outcome);
  grpc::ServerWriteReactor<grpc::ByteBuffer>::Finish(
      wire.code == 0 ? grpc::Status::OK
                     : grpc::Status(static_cast<grpc::StatusCode>(wire.code), wire.message, wire.details));
}

void StreamCall::OnDone() {
  environment_.open.Remove(this);
  self_.reset();
}

}  // namespace shoujie::rpc
