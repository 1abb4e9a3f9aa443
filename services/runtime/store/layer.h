// Rows in memory on top of a reader: they outrank what is below. Unlike the shard's overlay it knows no revisions. Not
// thread-safe.
#pragma once

#include <optional>
#include <string>

#include "absl/container/btree_map.h"
#include "services/runtime/store/store.h"

namespace shoujie {

class Layer : public StoreReader {
 public:
  using Rows = absl::btree_map<std::string, std::optional<std::string>, std::less<>>;

  // `below` may be null: nothing. A row that is deleted is remembered as such only where there may be one below.
  explicit Layer(const StoreReader* below) : below_(below) {}

  void Put(Row row);
  void Clear();
  // From now on it lies on this.
  void LayOn(const StoreReader* below) { below_ = below; }

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override;
  absl::Status Scan(absl::string_view from, absl::string_view to,
                    const std::function<bool(absl::string_view key, absl::string_view value)>& visit) const override;

  const Rows& rows() const { return rows_; }  // its own; nothing: deleted
  size_t bytes() const { return bytes_; }     // of memory, about

 private:
  const StoreReader* below_;
  Rows rows_;
  size_t bytes_ = 0;
};

}  // namespace shoujie
