#include "services/runtime/store/layer.h"

#include <utility>

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
  auto it = rows_.lower_bound(from);
  const auto end = to.empty() ? rows_.end() : rows_.lower_bound(to);
  bool more = true;
  // Its own rows before `key`; all that are left if null.
  const auto own_before = [&](const absl::string_view* key) {
    for (; more && it != end && (key == nullptr || it->first < *key); ++it) {
      if (it->second) more = visit(it->first, *it->second);
    }
  };
  if (below_ != nullptr) {
    const absl::Status status = below_->Scan(from, to, [&](absl::string_view key, absl::string_view value) {
      own_before(&key);
      if (!more) return false;
      if (it == end || it->first != key) return more = visit(key, value);
      if (it->second) more = visit(key, *it->second);
      ++it;
      return more;
    });
    if (!status.ok()) return status;
  }
  own_before(nullptr);
  return absl::OkStatus();
}

}  // namespace shoujie
