#include "services/runtime/shard/overlay.h"

namespace shoujie {

absl::StatusOr<std::optional<std::string>> Overlay::Get(absl::string_view key) const {
  auto it = rows_.find(std::string(key));
  if (it != rows_.end()) return it->second.value;
  return store_->Get(key);
}

absl::Status Overlay::Scan(absl::string_view from, absl::string_view to,
                           const std::function<bool(absl::string_view, absl::string_view)>& visit) const {
  auto it = rows_.lower_bound(std::string(from));
  const auto end = to.empty() ? rows_.end() : rows_.lower_bound(std::string(to));
  bool more = true;
  // Visits the overlay's own rows that lie before `key` (all of them if `key` is null).
  auto overlay_before = [&](const absl::string_view* key) {
    while (more && it != end && (key == nullptr || it->first < *key)) {
      if (it->second.value) more = visit(it->first, *it->second.value);
      ++it;
    }
  };
  absl::Status status = store_->Scan(from, to, [&](absl::string_view key, absl::string_view value) {
    overlay_before(&key);
    if (!more) return false;
    if (it != end && it->first == key) {
      if (it->second.value) more = visit(it->first, *it->second.value);
      ++it;
    } else {
      more = visit(key, value);
    }
    return more;
  });
  if (!status.ok()) return status;
  overlay_before(nullptr);
  return absl::OkStatus();
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
