#include "services/runtime/rpc/shared_answers.h"

#include "google/protobuf/descriptor.h"
#include "services/runtime/rpc/caller.h"
#include "services/runtime/rpc/redact.h"

namespace shoujie::rpc {

absl::Status WriteFor(bool personal, google::protobuf::Message* answer, grpc::ByteBuffer* out) {
  if (!personal) RedactAnswer(answer);
  out->Clear();
  return Write(*answer, out) ? absl::OkStatus() : absl::InternalError("response");
}

// Made under the lock: whoever wants the same at the same moment waits for it instead of making it as well.
absl::Status SharedAnswers::Bytes(const std::shared_ptr<const SharedAnswer>& answer,
                                  const google::protobuf::Message& prototype, bool personal, grpc::ByteBuffer* out) {
  const google::protobuf::Descriptor* const type = prototype.GetDescriptor();
  absl::MutexLock lock(&mutex_);
  for (const Entry& entry : entries_) {
    if (entry.answer != answer || entry.type != type || entry.personal != personal) continue;
    *out = entry.bytes;  // shares its slices
    return absl::OkStatus();
  }
  const std::unique_ptr<google::protobuf::Message> message(prototype.New());
  if (absl::Status status = answer->Fill(message.get()); !status.ok()) return status;
  if (absl::Status status = WriteFor(personal, message.get(), out); !status.ok()) return status;
  Entry& entry = entries_.emplace_front();
  entry.answer = answer;
  entry.type = type;
  entry.personal = personal;
  entry.bytes = *out;
  if (entries_.size() > most_) entries_.pop_back();
  return absl::OkStatus();
}

size_t SharedAnswers::kept() const {
  absl::MutexLock lock(&mutex_);
  return entries_.size();
}

}  // namespace shoujie::rpc
