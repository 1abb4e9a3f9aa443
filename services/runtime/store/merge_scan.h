// A scan of rows that lie on top of others: of equal keys the upper row counts, and a deletion there hides the lower.
// For sorted maps in memory (Overlay, Layer); databases merge by themselves.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace shoujie {

// Visits [from, to) (`to` empty: to the end) in order until `visit` says false. `value(upper entry)` points to its
// value, null for a deletion; `scan(visit)` visits the lower rows of the same range, like StoreReader::Scan.
template <typename Map, typename Value, typename Scan, typename Visit>
absl::Status MergeScan(const Map& upper, absl::string_view from, absl::string_view to, const Value& value,
                       const Scan& scan, const Visit& visit) {
  auto it = upper.lower_bound(from);
  const auto end = to.empty() ? upper.end() : upper.lower_bound(to);
  bool more = true;
  const auto visit_upper = [&] {
    if (const std::string* own = value(it->second)) more = visit(it->first, *own);
    ++it;
  };
  absl::Status status = scan([&](absl::string_view key, absl::string_view lower) {
    while (more && it != end && it->first < key) visit_upper();
    if (!more) return false;
    it != end && it->first == key ? visit_upper() : void(more = visit(key, lower));
    return more;
  });
  while (status.ok() && more && it != end) visit_upper();
  return status;
}

}  // namespace shoujie
