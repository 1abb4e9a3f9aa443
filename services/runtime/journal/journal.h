// The journal of one (service, partition): a totally ordered log of records that its owner appends and everybody reads.
//
// The interface promises little, so that one writer protocol (shard/writer.h) and one reader rule
// (journal/reader_rule.h) fit every implementation: a report may be lost, late or wrong, a record may land twice or
// after its writer was destroyed, and a later record may land without an earlier one. What counts is decided by the
// reader rule alone. Contract: tests/contract/.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace shoujie {

struct JournalId {
  std::string service;
  uint32_t partition = 0;

  friend bool operator==(const JournalId& a, const JournalId& b) {
    return a.service == b.service && a.partition == b.partition;
  }
  friend bool operator<(const JournalId& a, const JournalId& b) {
    return a.service != b.service ? a.service < b.service : a.partition < b.partition;
  }
};

struct StoredRecord {
  uint64_t position = 0;   // from 0, increasing; not necessarily contiguous for a reader
  absl::Time append_time;  // by the log's clock: only differences mean anything
  std::string bytes;       // a serialized journal.v1.Record
};

// A record is at most so large: every journal takes that, and whoever makes records refuses what is larger before it is
// sent (a log that refuses a record ends its writer's term).
inline constexpr size_t kRecordBytesMax = 4 << 20;

// The one rule about errors of reading, for everybody who reads a journal and goes on later: UNAVAILABLE is "not now",
// and he asks again; any other error is damage and final.
inline bool NotNow(const absl::Status& status) { return absl::IsUnavailable(status); }

// What the log said of one record. Anything but `ok` with the position that was expected is a doubt: the record may be
// in the log or not, once or twice, now or later.
struct Report {
  uint64_t sequence = 0;  // of the record among those sent by this writer, from 0
  bool ok = false;
  int64_t position = -1;  // only meaningful if ok; -1 = landed, place unknown
  absl::Status why;       // for logs, if not ok
};

// Appends for one owner between a claim and a doubt. Destroying it gives up: what is in flight may still land.
class JournalWriter {
 public:
  virtual ~JournalWriter() = default;
  // Sends records in this order. Never blocks; reports come later, by the callback given to `NewWriter`.
  virtual void Send(std::vector<std::string> records) = 0;
};

class Journal {
 public:
  virtual ~Journal() = default;

  // `on_report` may be called from any thread, also before `Send` returns and (late) until the writer is destroyed;
  // never after.
  virtual std::unique_ptr<JournalWriter> NewWriter(std::function<void(const Report&)> on_report) = 0;

  // Appends to `out` up to `records_max` records from `position` on, as far as they are readable now. Nothing appended
  // and OK means: nothing more is known to be there at the moment (which decides nothing). UNAVAILABLE: there is more, and
  // it cannot be read now (`NotNow`); watchers are called when it is worth while to try again. Thread-safe.
  virtual absl::Status Read(uint64_t position, size_t records_max, std::vector<StoredRecord>* out) = 0;

  // `on_append` is called, from any thread, after more became readable. Replaces nothing: all watchers are called. The
  // returned handle ends the watch when destroyed; after that no call is under way or comes.
  virtual std::shared_ptr<void> Watch(std::function<void()> on_append) = 0;

  // The position behind the last record that is known to be in the log, whether or not it can be read yet. A hint for
  // how far a reader is behind, never proof of an end; 0: not known. Never blocks.
  virtual uint64_t EndHint() const { return 0; }

  // True if nobody but this process can write or read the log (an embedded journal under its lock): then no lease is
  // needed to answer without a record, and no former owner's lease is waited for.
  virtual bool exclusive() const = 0;
};

}  // namespace shoujie
