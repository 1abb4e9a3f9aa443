#include "services/runtime/store/rocks_rows.h"

namespace shoujie {

std::string RocksRows::KeyOf(absl::string_view key) const {
  std::string full;
  full.reserve(prefix_.size() + key.size());
  full.append(prefix_);
  full.append(key.data(), key.size());
  return full;
}

// Never empty: a prefix begins with the name of a service.
std::string RocksRows::End() const {
  std::string end = prefix_;
  while (static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
  end.back() = static_cast<char>(end.back() + 1);
  return end;
}

absl::StatusOr<std::optional<std::string>> RocksRows::Get(absl::string_view key) const {
  return database_->Get(KeyOf(key), snapshot_.get());
}

absl::Status RocksRows::Scan(absl::string_view from, absl::string_view to,
                             const std::function<bool(absl::string_view, absl::string_view)>& visit) const {
  const auto rows = database_->Scan(KeyOf(from), to.empty() ? End() : KeyOf(to), snapshot_.get());
  for (; rows->Valid(); rows->Next()) {
    if (!visit(rows->key().substr(prefix_.size()), rows->value())) return absl::OkStatus();
  }
  return rows->status();
}

absl::StatusOr<bool> RocksRows::Empty() const {
  const auto rows = database_->Scan(prefix_, End(), snapshot_.get());
  if (rows->Valid()) return false;
  if (absl::Status status = rows->status(); !status.ok()) return status;
  return true;
}

}  // namespace shoujie
