#include "services/runtime/shard/recent_ids.h"

#include "services/runtime/base/limits.h"
#include "services/runtime/shard/rows.h"

namespace shoujie {
namespace {

absl::uint128 Value(absl::string_view id) {
  return absl::MakeUint128(rows::ReadBig64(id), rows::ReadBig64(id.substr(8)));
}

}  // namespace

absl::StatusOr<bool> RecentIds::MayHold(absl::string_view id, int64_t recorded_at_ms) {
  if (!known_) {
    // A UUIDv7 begins with 48 bits of milliseconds.
    const uint64_t next_ms = (static_cast<uint64_t>(recorded_at_ms) + 1) << 16;
    floor_ = absl::MakeUint128(next_ms, 0) - 1;
    std::string from;
    rows::AppendBig64(&from, next_ms);
    const std::string first = rows::DedupKey(from), end = rows::PrefixEnd(rows::DedupKey(""));
    absl::Status status = view_->Scan(first, end, [&](absl::string_view key, absl::string_view) {
      if (key.size() == 17) Insert(Value(key.substr(1)));
      return true;
    });
    if (!status.ok()) return status;
    known_ = true;
  }
  const absl::uint128 value = Value(id);
  return value <= floor_ || ids_.contains(value);
}

void RecentIds::Add(absl::string_view id) {
  if (known_ && id.size() == 16) Insert(Value(id));
}

void RecentIds::Insert(absl::uint128 id) {
  if (id <= floor_) return;
  ids_.insert(id);
  if (ids_.size() <= limits::kRecentIdsMax) return;
  floor_ = *ids_.begin();
  ids_.erase(ids_.begin());
}

void RecentIds::Forget() {
  known_ = false;
  ids_.clear();
}

}  // namespace shoujie
