#include "services/runtime/store/memory_store.h"

#include <utility>

namespace shoujie {
namespace {

using Rows = MemoryStore::Rows;
using Visit = std::function<bool(absl::string_view, absl::string_view)>;

class VersionReader : public StoreReader {
 public:
  // `version->readers` already counts this reader.
  explicit VersionReader(std::shared_ptr<MemoryStore::Version> version) : version_(std::move(version)) {}
  ~VersionReader() override { version_->readers.fetch_sub(1, std::memory_order_release); }

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override {
    const auto it = version_->rows.find(key);
    if (it == version_->rows.end()) return std::optional<std::string>();
    return std::optional<std::string>(it->second);
  }

  absl::Status Scan(absl::string_view from, absl::string_view to, const Visit& visit) const override {
    const Rows& rows = version_->rows;
    for (auto it = rows.lower_bound(from); it != rows.end() && (to.empty() || it->first < to); ++it) {
      if (!visit(it->first, it->second)) break;
    }
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<MemoryStore::Version> version_;
};

}  // namespace

std::unique_ptr<StoreReader> MemoryStore::Reader() const {
  absl::MutexLock lock(&mutex_);
  version_->readers.fetch_add(1, std::memory_order_relaxed);
  return std::make_unique<VersionReader>(version_);
}

absl::StatusOr<std::optional<std::string>> MemoryStore::Get(absl::string_view key) const { return Reader()->Get(key); }

absl::Status MemoryStore::Scan(absl::string_view from, absl::string_view to, const Visit& visit) const {
  return Reader()->Scan(from, to, visit);
}

void MemoryStore::Write(std::vector<Row> rows, std::function<void()> done) {
  {
    absl::MutexLock lock(&mutex_);
    if (version_->readers.load(std::memory_order_acquire) > 0) version_ = std::make_shared<Version>(version_->rows);
    Rows& now = version_->rows;
    for (Row& row : rows) {
      if (row.value) {
        now[std::move(row.key)] = *std::move(row.value);
      } else {
        now.erase(row.key);
      }
    }
  }
  if (done) done();
}

std::unique_ptr<StoreReader> MemoryStore::Snapshot() const { return Reader(); }

Rows MemoryStore::rows() const {
  absl::MutexLock lock(&mutex_);
  return version_->rows;
}

}  // namespace shoujie
