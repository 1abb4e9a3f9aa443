// The rows of one shard: its projection of its journal. A store is always exactly a prefix of its journal, because the
// rows of a record go in together with the row that says how far the store is (architecture §2). Values are opaque
// here; which rows exist is said in shard/rows.h. Not a general database: no reads of one's own unfinished writes, see
// shard/overlay.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace shoujie {

struct Row {
  std::string key;
  std::optional<std::string> value;  // nothing: the row is deleted
};

// Reads of one instant. Thread-safe.
class StoreReader {
 public:
  virtual ~StoreReader() = default;
  // The row's value, or nothing. An error is damage (DATA_LOSS): the caller must not take it for "nothing".
  virtual absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const = 0;
  // Rows with from <= key < to in key order, until `visit` answers false. `to` empty = no upper end within the shard.
  virtual absl::Status Scan(absl::string_view from, absl::string_view to,
                            const std::function<bool(absl::string_view key, absl::string_view value)>& visit) const = 0;
};

class Store : public StoreReader {
 public:
  // Writes the rows atomically, after all groups given before. `done` is called from any thread once they can be read;
  // after a crash the store holds all groups up to some point and nothing of later ones. A failed write ends the
  // process.
  virtual void Write(std::vector<Row> rows, std::function<void()> done) = 0;
  // Somebody waits for what was written so far: it shall be readable as soon as possible.
  virtual void Hurry() {}
  // A consistent view that later writes do not change.
  virtual std::unique_ptr<StoreReader> Snapshot() const = 0;
};

}  // namespace shoujie
