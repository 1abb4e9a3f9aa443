// What clients know: each command that they sent, each state that they asked for, and what they were told. The record
// that a fault must not contradict; kept in the test's own process, which no fault reaches. Its moments are numbers
// given under one lock: what has the smaller number happened first. Thread-safe; entries and readings keep their
// numbers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/message.h"
#include "shoujie/common/v1/common.pb.h"

namespace shoujie::fault {

enum class Fate {
  kUnanswered,  // no answer, or one that leaves it open: all or nothing
  kAcked,
  kRefused,  // a typed error that says that nothing happened
};

struct Entry {
  std::string id;  // 32 hexadecimal digits, as histories show it
  std::string method;
  std::shared_ptr<const google::protobuf::Message> request;  // to be repeated as it was
  std::string stream;                                        // of what is created: only once it is answered
  Fate fate = Fate::kUnanswered;
  uint64_t version = 0;  // acked: of the stream after it
  std::string reply;     // acked: the answer's bytes
  std::string refusal;   // refused: its reason
  uint64_t sent = 0;     // the moment before it was sent first
  uint64_t told = 0;     // acked: the moment after its first answer
};

struct Reading {
  std::string stream;
  uint64_t version = 0;          // that was shown; 0: there was no such stream
  uint64_t asked = 0, told = 0;  // moments; told 0: no answer
};

// Whether this answer leaves open whether the command took effect.
bool LeavesOpen(const absl::Status& status);

class Ledger {
 public:
  // Before it is sent. The entry's number.
  size_t Sent(const std::string& request_id, const std::string& method,
              std::shared_ptr<const google::protobuf::Message> request, const std::string& stream);
  // May come several times, for repeats: an open fate is settled, a settled one stays. Another answer to a command that
  // was answered before is kept as a contradiction (I9).
  void Answered(size_t number, const absl::StatusOr<common::v1::CommandReply>& reply);
  // Before the state of a stream is asked for, and after it was shown. The reading's number.
  size_t Asked(const std::string& stream);
  void Shown(size_t number, uint64_t version);

  std::vector<Entry> entries() const;
  std::vector<Reading> readings() const;
  std::vector<size_t> unanswered() const;
  std::vector<std::string> contradictions() const;
  struct Counts {
    uint64_t acked = 0, refused = 0, unanswered = 0;
  };
  Counts counts() const;

 private:
  mutable absl::Mutex mutex_;
  std::vector<Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::vector<Reading> readings_ ABSL_GUARDED_BY(mutex_);
  uint64_t moment_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> contradictions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shoujie::fault
