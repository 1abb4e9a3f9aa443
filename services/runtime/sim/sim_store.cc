#include "services/runtime/sim/sim_store.h"

#include <utility>

#include "services/runtime/shard/rows.h"

namespace shoujie::sim {
namespace {

void Lay(const std::vector<Row>& rows, SimStore::Rows* on) {
  for (const Row& row : rows) {
    if (row.value) {
      (*on)[row.key] = *row.value;
    } else {
      on->erase(row.key);
    }
  }
}

absl::Status ScanRows(const SimStore::Rows& rows, absl::string_view from, absl::string_view to,
                      const std::function<bool(absl::string_view, absl::string_view)>& visit) {
  const auto end = to.empty() ? rows.end() : rows.lower_bound(std::string(to));
  for (auto it = rows.lower_bound(std::string(from)); it != end; ++it) {
    if (!visit(it->first, it->second)) break;
  }
  return absl::OkStatus();
}

std::optional<std::string> GetRow(const SimStore::Rows& rows, absl::string_view key) {
  auto it = rows.find(std::string(key));
  if (it == rows.end()) return std::nullopt;
  return it->second;
}

class CopiedRows : public StoreReader {
 public:
  explicit CopiedRows(SimStore::Rows rows) : rows_(std::move(rows)) {}
  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override { return GetRow(rows_, key); }
  absl::Status Scan(absl::string_view from, absl::string_view to,
                    const std::function<bool(absl::string_view, absl::string_view)>& visit) const override {
    return ScanRows(rows_, from, to, visit);
  }

 private:
  SimStore::Rows rows_;
};

}  // namespace

absl::StatusOr<std::optional<std::string>> SimStore::Get(absl::string_view key) const { return GetRow(visible_, key); }

absl::Status SimStore::Scan(absl::string_view from, absl::string_view to,
                            const std::function<bool(absl::string_view, absl::string_view)>& visit) const {
  return ScanRows(visible_, from, to, visit);
}

void SimStore::Write(std::vector<Row> rows, std::function<void()> done) {
  if (split_place_ && rows.back().key == rows::PlaceKey()) {
    std::vector<Row> place = {std::move(rows.back())};
    rows.pop_back();
    waiting_.push_back({std::move(rows), [] {}});
    rows = std::move(place);
  }
  waiting_.push_back({std::move(rows), std::move(done)});
}

std::unique_ptr<StoreReader> SimStore::Snapshot() const { return std::make_unique<CopiedRows>(visible_); }

bool SimStore::Apply(size_t groups) {
  bool any = false;
  for (; groups > 0 && !waiting_.empty(); --groups, any = true) {
    Group group = std::move(waiting_.front());
    waiting_.pop_front();
    Lay(group.rows, &visible_);
    unsynced_.push_back(std::move(group.rows));
    group.done();
  }
  return any;
}

void SimStore::Sync() {
  for (const auto& rows : unsynced_) Lay(rows, &durable_);
  unsynced_.clear();
}

SimStore::Rows SimStore::Crash(Random& random) {
  for (Group& group : waiting_) unsynced_.push_back(std::move(group.rows));
  waiting_.clear();
  const uint64_t kept = random.Below(unsynced_.size() + 1);
  for (uint64_t i = 0; i < kept; ++i) Lay(unsynced_[i], &durable_);
  return durable_;
}

}  // namespace shoujie::sim
