// A compacted topic of one partition: everything that stands in it, in order, told to one callback, and writing to it.
// Positions are offsets; what compaction took away leaves holes. A row that is written is known when it is read back;
// the broker's report of it says where it landed. Rows whose key nobody else writes are never lost to compaction. For
// keys and owners; not for journals, which nothing is ever taken from.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/runtime/kafka/cluster.h"

namespace shoujie::kafka {

struct CompactedRow {
  uint64_t position = 0;
  absl::Time append_time;
  std::string key;
  std::optional<std::string> value;  // nothing: the key was thrown away
};

inline constexpr uint64_t kFromEnd = UINT64_MAX;

class Compacted {
 public:
  struct Options {
    const Cluster* cluster = nullptr;  // outlives it
    std::string topic;
    uint64_t from = 0;  // the first position that is told; kFromEnd: none, for whoever only writes
    // All three are called by one thread, never at once. `on_rows`: in order, none twice; `end`: the position after
    // them.
    std::function<void(std::vector<CompactedRow> rows, uint64_t end)> on_rows;
    // What became of the row that `Append` was given this tag for: where it landed, or nothing if nobody knows. It may
    // come before or after the row itself.
    std::function<void(uint64_t tag, std::optional<uint64_t> position)> on_report;
    std::function<void(Compacted& topic)> on_turn;  // several times a second, and after `Wake`
  };
  // Connects in the background. Errors: those of a client that cannot be started.
  static absl::StatusOr<std::unique_ptr<Compacted>> Start(Options options);
  virtual ~Compacted() = default;  // waits for a callback under way

  // Only from inside `on_turn`. After the first bad report the client that writes is given up with all it was given,
  // and the next call starts another.
  virtual void Append(std::string key, std::optional<std::string> value, uint64_t tag) = 0;
  virtual void Wake() = 0;
  // Waits until everything up to the present end was told. What a leader that was just elected does not know yet may
  // come later. Not from inside the callbacks. Errors: UNAVAILABLE, JOURNAL_SHORT (the topic ends before `from`).
  virtual absl::Status AwaitEnd(absl::Duration timeout) = 0;
};

}  // namespace shoujie::kafka
