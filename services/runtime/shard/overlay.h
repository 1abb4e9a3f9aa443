// What a shard knows beyond its store: rows of records that are in flight or known to count and not yet written. Reads
// see the overlay first, so the next command is decided on what the one before left, long before it is durable. Owned
// by the shard's thread; not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "services/runtime/store/store.h"

namespace shoujie {

class Overlay : public StoreReader {
 public:
  explicit Overlay(const Store* store) : store_(store) {}

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override;
  absl::Status Scan(absl::string_view from, absl::string_view to,
                    const std::function<bool(absl::string_view, absl::string_view)>& visit) const override;

  // Lays the rows of the record `revision` on top; revisions come in order.
  void Put(uint64_t revision, const std::vector<Row>& rows);
  // The store has written everything up to `revision`: those rows are no longer needed here.
  void Written(uint64_t revision);
  // Forgets everything: after a doubt, once the store has written all that counts.
  void Clear();
  size_t size() const { return rows_.size(); }

 private:
  struct Entry {
    std::optional<std::string> value;
    uint64_t revision;
  };
  const Store* store_;
  absl::btree_map<std::string, Entry> rows_;
  std::deque<std::pair<uint64_t, std::string>> order_;  // (revision, key) as laid
};

}  // namespace shoujie
