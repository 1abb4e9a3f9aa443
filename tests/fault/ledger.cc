#include "tests/fault/ledger.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/runtime/base/error.h"

namespace shoujie::fault {

bool LeavesOpen(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kResourceExhausted:
      // Without a reason it comes from the transport, which knows nothing of the command.
      return ReasonOf(status).empty();
    default:
      return !status.ok();
  }
}

size_t Ledger::Sent(const std::string& request_id, const std::string& method,
                    std::shared_ptr<const google::protobuf::Message> request, const std::string& stream) {
  Entry entry;
  entry.id = absl::StrReplaceAll(request_id, {{"-", ""}});
  entry.method = method;
  entry.request = std::move(request);
  entry.stream = stream;
  absl::MutexLock lock(&mutex_);
  entry.sent = ++moment_;
  entries_.push_back(std::move(entry));
  return entries_.size() - 1;
}

void Ledger::Answered(size_t number, const absl::StatusOr<common::v1::CommandReply>& reply) {
  absl::MutexLock lock(&mutex_);
  Entry& entry = entries_[number];
  if (!reply.ok()) {
    if (LeavesOpen(reply.status())) return;
    const std::string reason = ReasonOf(reply.status());
    if (entry.fate == Fate::kAcked) {
      contradictions_.push_back(absl::StrCat(entry.method, " ", entry.id, " was acknowledged and is now ", reason));
    } else {
      entry.fate = Fate::kRefused;
      entry.refusal = reason;
    }
    return;
  }
  const std::string bytes = reply->SerializeAsString();
  if (entry.fate == Fate::kAcked) {
    if (entry.reply != bytes) {
      contradictions_.push_back(absl::StrCat(entry.method, " ", entry.id, " was answered {", entry.version, "}, now {",
                                             reply->ShortDebugString(), "}"));
    }
    return;
  }
  entry.fate = Fate::kAcked;
  entry.stream = reply->name();
  entry.reply = bytes;
  if (!absl::SimpleAtoi(reply->etag(), &entry.version)) {
    contradictions_.push_back(absl::StrCat(entry.method, " ", entry.id, " was answered without a version"));
  }
  entry.told = ++moment_;
}

size_t Ledger::Asked(const std::string& stream) {
  absl::MutexLock lock(&mutex_);
  readings_.push_back({.stream = stream, .asked = ++moment_});
  return readings_.size() - 1;
}

void Ledger::Shown(size_t number, uint64_t version) {
  absl::MutexLock lock(&mutex_);
  readings_[number].version = version;
  readings_[number].told = ++moment_;
}

std::vector<Entry> Ledger::entries() const {
  absl::MutexLock lock(&mutex_);
  return entries_;
}

std::vector<size_t> Ledger::unanswered() const {
  absl::MutexLock lock(&mutex_);
  std::vector<size_t> open;
  for (size_t n = 0; n < entries_.size(); ++n) {
    if (entries_[n].fate == Fate::kUnanswered) open.push_back(n);
  }
  return open;
}

std::vector<Reading> Ledger::readings() const {
  absl::MutexLock lock(&mutex_);
  return readings_;
}

std::vector<std::string> Ledger::contradictions() const {
  absl::MutexLock lock(&mutex_);
  return contradictions_;
}

Ledger::Counts Ledger::counts() const {
  absl::MutexLock lock(&mutex_);
  Counts counts;
  for (const Entry& entry : entries_) {
    ++(entry.fate == Fate::kAcked ? counts.acked : entry.fate == Fate::kRefused ? counts.refused : counts.unanswered);
  }
  return counts;
}

}  // namespace shoujie::fault
