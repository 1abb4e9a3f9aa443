// One server-streaming call: pulls answers from its `AnswerStream` on the threads of streams, as fast as the caller
// takes them, and never has more than one on the way. An answer that others get too goes out as the bytes that were
// made for the first of them (rpc/shared_answers.h). Ends exactly once: by the stream's end or error, the caller's
// cancellation or deadline, the server's stop, its age (whoever goes on comes again with his token, and is
// authenticated anew), or because the caller took nothing for too long. Internal to rpc/: includes gRPC.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "services/runtime/answer_stream.h"
#include "services/runtime/rpc/caller.h"
#include "services/runtime/rpc/pool.h"
#include "services/runtime/rpc/server.h"
#include "services/runtime/rpc/shared_answers.h"
#include "services/runtime/rpc/surface.h"

namespace shoujie::rpc {

class StreamCall;

// The streams that are open in one server, at most as many as allowed. Thread-safe.
class OpenStreams {
 public:
  explicit OpenStreams(size_t most) : most_(most) {}
  absl::Status Add(const std::shared_ptr<StreamCall>& call);  // STREAMS_FULL, SERVER_STOPPING
  void Remove(StreamCall* call);
  // Ends all with SERVER_STOPPING and takes no more.
  void EndAll();
  size_t size() const;

 private:
  const size_t most_;
  mutable absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<StreamCall*, std::weak_ptr<StreamCall>> open_ ABSL_GUARDED_BY(mutex_);
};

struct StreamEnvironment {
  Backend& backend;
  const ServerOptions& options;
  Pool& pool;
  OpenStreams& open;
  SharedAnswers& shared;
};

class StreamCall : public grpc::ServerWriteReactor<grpc::ByteBuffer>, public std::enable_shared_from_this<StreamCall> {
 public:
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(const StreamEnvironment& environment, const Method& method,
                                                           grpc::CallbackServerContext* context,
                                                           const grpc::ByteBuffer* request);

  StreamCall(const StreamEnvironment& environment, const Method& method, grpc::CallbackServerContext* context);
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  // From any thread; the first one says how the call ends.
  void End(const absl::Status& why);

 private:
  absl::Status Admit(const grpc::ByteBuffer& bytes);
  void Wake();
  void Queue();
  void Step();
  absl::StatusOr<AnswerStream::Step> Pull();
  void Finish();

  const StreamEnvironment& environment_;
  const Method& method_;
  grpc::CallbackServerContext* const context_;
  const absl::Time started_;
  Principal principal_;
  size_t request_bytes_ = 0;
  std::unique_ptr<google::protobuf::Message> request_, answer_;
  std::unique_ptr<AnswerStream> stream_;  // once opened; of whoever turns
  grpc::ByteBuffer out_;
  bool more_ = true;  // after the answer on the way something may be left; of whoever turns
  absl::Mutex mutex_;
  // Somebody has the turn: a step is queued or under way, an answer is being sent, or the call is over. Whoever has it
  // alone touches the stream and the reactor.
  bool turning_ ABSL_GUARDED_BY(mutex_) = true;
  bool news_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Time> sending_since_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<StreamCall> self_;  // until gRPC is done with it
};

}  // namespace shoujie::rpc
