// A server-streaming call as the RPC surface sees it: one answer after the other, pulled as fast as the caller takes
// them. Whoever makes the answers keeps no queue for a caller: he keeps the place that the caller has come to, and says
// so (with an error that tells where to go on) to one who falls too far behind. Callers who stand at one place can be
// given one answer, which is made and written once for all of them. Not for answers of bounded size: those are queries.
#pragma once

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace shoujie {

// An answer that many callers get. Says the same for ever, needs nothing of whoever made it, and is safe from any
// thread.
class SharedAnswer {
 public:
  virtual ~SharedAnswer() = default;
  // Into an empty message of the caller's method. Nothing is left out: what a caller may not see is the surface's
  // affair.
  virtual absl::Status Fill(google::protobuf::Message* answer) const = 0;
};

class AnswerStream {
 public:
  enum class Step {
    kAnswer,  // `answer` was filled
    kLater,   // there is nothing at present
    kEnd,     // there will never be anything
  };
  // What `Take` says beside its step.
  struct Given {
    std::shared_ptr<const SharedAnswer> shared;  // the answer, if others get it too: `answer` was left empty
    bool more = true;                            // false: nothing is left at present, as if kLater had come next
  };
  virtual ~AnswerStream() = default;
  // The next answer, into an empty message. An error ends the call. Never called twice at once; may read local rows.
  // After kLater it is called again once the `wake` that was given at the opening was called, which has to come at
  // least every few seconds: by it the surface also notices callers who take nothing any more.
  virtual absl::StatusOr<Step> Next(google::protobuf::Message* answer) = 0;
  // The same, into an untouched `given`: for streams that have answers for many. Others need only `Next`.
  virtual absl::StatusOr<Step> Take(google::protobuf::Message* answer, Given* /*given*/) { return Next(answer); }
};

// Safe from any thread and for ever, also after the stream is gone.
using WakeStream = std::function<void()>;

}  // namespace shoujie
