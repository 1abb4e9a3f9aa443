// A server-streaming call as the RPC surface sees it: one answer after the other, pulled as fast as the caller takes
// them. Whoever makes the answers keeps no queue for a caller: he keeps the place that the caller has come to, and says
// so (with an error that tells where to go on) to one who falls too far behind. Not for answers of bounded size: those
// are queries.
#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace shoujie {

class AnswerStream {
 public:
  enum class Step {
    kAnswer,  // `answer` was filled
    kLater,   // there is nothing at present
    kEnd,     // there will never be anything
  };
  virtual ~AnswerStream() = default;
  // The next answer, into an empty message. An error ends the call. Never called twice at once; may read local rows.
  // After kLater it is called again once the `wake` that was given at the opening was called, which has to come at
  // least every few seconds: by it the surface also notices callers who take nothing any more.
  virtual absl::StatusOr<Step> Next(google::protobuf::Message* answer) = 0;
};

// Safe from any thread and for ever, also after the stream is gone.
using WakeStream = std::function<void()>;

}  // namespace shoujie
