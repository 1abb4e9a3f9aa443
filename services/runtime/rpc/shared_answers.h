// The bytes of answers that many callers get (`SharedAnswer`): redacted and written once for all callers of one form,
// which is their method's message and whether they may see personal fields, and handed out by reference. The newest
// are kept, a bounded number; who comes after that has them made again. Not for answers to one caller: `WriteFor`.
// Thread-safe. Internal to rpc/: includes gRPC.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"
#include "services/runtime/answer_stream.h"
#include "services/runtime/base/limits.h"

namespace shoujie::rpc {

// The answer as bytes for a caller who may (or may not) see personal fields; where he may not, they are gone from
// `answer` as well. Whatever `out` held is let go.
absl::Status WriteFor(bool personal, google::protobuf::Message* answer, grpc::ByteBuffer* out);

class SharedAnswers {
 public:
  explicit SharedAnswers(size_t most = limits::kSharedAnswersMax) : most_(most) {}
  // What `WriteFor` makes of the answer; `prototype`: the message of the caller's method. The bytes in `out` are those
  // of all who came with the same.
  absl::Status Bytes(const std::shared_ptr<const SharedAnswer>& answer, const google::protobuf::Message& prototype,
                     bool personal, grpc::ByteBuffer* out);
  size_t kept() const;

 private:
  struct Entry {
    std::shared_ptr<const SharedAnswer> answer;  // held, so that its address is no other's
    const google::protobuf::Descriptor* type = nullptr;
    bool personal = false;
    grpc::ByteBuffer bytes;
  };

  const size_t most_;
  mutable absl::Mutex mutex_;
  std::deque<Entry> entries_ ABSL_GUARDED_BY(mutex_);  // the newest first
};

}  // namespace shoujie::rpc
