// The rows of one shard in a database that several share: those under its prefix, now or as of a snapshot. Thread-safe;
// must end before the database.
#pragma once

#include <memory>
#include <string>

#include "services/runtime/rocks/database.h"
#include "services/runtime/store/store.h"

namespace shoujie {

class RocksRows : public StoreReader {
 public:
  RocksRows(const rocks::Database* database, std::string prefix, std::unique_ptr<rocks::Snapshot> snapshot = nullptr)
      : database_(database), prefix_(std::move(prefix)), snapshot_(std::move(snapshot)) {}

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override;
  absl::Status Scan(absl::string_view from, absl::string_view to,
                    const std::function<bool(absl::string_view, absl::string_view)>& visit) const override;
  absl::StatusOr<bool> Empty() const;

  const std::string& prefix() const { return prefix_; }
  std::string KeyOf(absl::string_view key) const;  // in the database
  std::string End() const;                         // the smallest key above all of the shard's

 private:
  const rocks::Database* const database_;
  const std::string prefix_;
  const std::unique_ptr<rocks::Snapshot> snapshot_;
};

}  // namespace shoujie
