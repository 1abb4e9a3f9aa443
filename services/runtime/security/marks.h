// How index terms and payload marks are made from their keys: the same in every KeyRing.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/runtime/security/crypto.h"

namespace shoujie {

inline constexpr size_t kMarkBytes = 16;
// One key of payload marks serves the command ids of this long. Longer than a command id is accepted (R:
// limits::kCommandIdPast), so that at most two windows are ever in use at once.
inline constexpr absl::Duration kPayloadWindow = absl::Hours(8 * 24);

inline int64_t PayloadWindowOf(absl::Time at) {
  return absl::ToInt64Seconds(absl::Floor(at - absl::UnixEpoch(), kPayloadWindow)) /
         absl::ToInt64Seconds(kPayloadWindow);
}

inline std::string IndexMark(absl::string_view index_key, absl::string_view space, absl::string_view value) {
  std::string data;
  crypto::AppendPart(&data, space);
  crypto::AppendPart(&data, value);
  return crypto::HmacSha256(index_key, data).substr(0, kMarkBytes);
}

inline std::string PayloadMark(absl::string_view window_key, absl::string_view payload) {
  return crypto::HmacSha256(window_key, payload).substr(0, kMarkBytes);
}

}  // namespace shoujie
