#include "services/runtime/store/layer.h"

#include <utility>

#include "services/runtime/store/merge_scan.h"

namespace shoujie {
namespace {

constexpr size_t kRowBytes = 80;  // of the tree and the two strings

size_t BytesOf(const std::string& key, const std::optional<std::string>& value) {
  return kRowBytes + key.size() + (value ? value->size() : 0);
}

}  // namespace

void Layer::Put(Row row) {
  const size_t bytes = BytesOf(row.key, row.value);
  if (!row.value && below_ == nullptr) {
    if (const auto it = rows_.find(row.key); it != rows_.end()) {
      bytes_ -= BytesOf(it->first, it->second);
      rows_.erase(it);
    }
    return;
  }
  const auto [it, added] = rows_.try_emplace(std::move(row.key));
  if (!added) bytes_ -= BytesOf(it->first, it->second);
  it->second = std::move(row.value);
  bytes_ += bytes;
}

void Layer::Clear() {
  rows_.clear();
  bytes_ = 0;
}

absl::StatusOr<std::optional<std::string>> Layer::Get(absl::string_view key) const {
  const auto it = rows_.find(key);
  if (it != rows_.end()) return it->second;
  return below_ == nullptr ? std::optional<std::string>() : below_->Get(key);
}

absl::Status Layer::Scan(absl::string_view from, absl::string_view to,
                         const std::function<bool(absl::string_view, absl::string_view)>& visit) const {
  return MergeScan(
      rows_, from, to, [](const std::optional<std::string>& value) { return value ? &*value : nullptr; },
      [&](const auto& lower) { return below_ == nullptr ? absl::OkStatus() : below_->Scan(from, to, lower); }, visit);
}

}  // namespace shoujie
