#include "services/runtime/shard/overlay.h"

#include "services/runtime/store/merge_scan.h"

namespace shoujie {

absl::StatusOr<std::optional<std::string>> Overlay::Get(absl::string_view key) const {
  auto it = rows_.find(std::string(key));
  if (it != rows_.end()) return it->second.value;
  return store_->Get(key);
}

absl::Status Overlay::Scan(absl::string_view from, absl::string_view to,
                           const std::function<bool(absl::string_view, absl::string_view)>& visit) const {
  return MergeScan(
      rows_, from, to, [](const Entry& entry) { return entry.value ? &*entry.value : nullptr; },
      [&](const auto& lower) { return store_->Scan(from, to, lower); }, visit);
}

void Overlay::Put(uint64_t revision, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    rows_.insert_or_assign(row.key, Entry{row.value, revision});
    order_.emplace_back(revision, row.key);
  }
}

void Overlay::Written(uint64_t revision) {
  while (!order_.empty() && order_.front().first <= revision) {
    auto it = rows_.find(order_.front().second);
    if (it != rows_.end() && it->second.revision <= revision) rows_.erase(it);
    order_.pop_front();
  }
}

void Overlay::Clear() {
  rows_.clear();
  order_.clear();
}

}  // namespace shoujie
