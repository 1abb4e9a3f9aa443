// What every KeyRing says of a key that it should have.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"

namespace shoujie {

inline absl::Status KeysMissing(uint64_t id, uint64_t last) {
  return Error(
      absl::StatusCode::kDataLoss, "KEYS_MISSING",
      absl::StrCat("The key store has no key ", id, " (its last is ", last,
                   "). Personal data under it cannot be opened; restore the key store that belongs to this data."),
      absl::StrCat("密钥库中没有密钥 ", id, "（最后一个为 ", last,
                   "）。相关个人数据无法打开，请恢复与数据配套的密钥库。"),
      {{"key", absl::StrCat(id)}, {"last", absl::StrCat(last)}});
}

}  // namespace shoujie
