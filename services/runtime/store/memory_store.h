// A Store in memory for unit tests and the simulator: written at once, `done` is called before `Write` returns.
// Thread-safe.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/runtime/store/store.h"

namespace shoujie {

class MemoryStore : public Store {
 public:
  using Rows = std::map<std::string, std::string, std::less<>>;

  // Rows of one or more instants: copied before a write while anybody reads them.
  struct Version {
    explicit Version(Rows r) : rows(std::move(r)) {}
    Rows rows;
    std::atomic<int> readers{0};
  };

  MemoryStore() : MemoryStore(Rows()) {}
  explicit MemoryStore(Rows rows) : version_(std::make_shared<Version>(std::move(rows))) {}

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override;
  absl::Status Scan(absl::string_view from, absl::string_view to,
                    const std::function<bool(absl::string_view, absl::string_view)>& visit) const override;
  void Write(std::vector<Row> rows, std::function<void()> done) override;
  std::unique_ptr<StoreReader> Snapshot() const override;

  // All rows as they are: to compare with a rebuild, and to start again from (what a crash left).
  Rows rows() const;

 private:
  std::unique_ptr<StoreReader> Reader() const;

  mutable absl::Mutex mutex_;
  std::shared_ptr<Version> version_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shoujie
