// What every KeyRing says of keys that it should have and cannot give.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/security/master_key.h"

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

inline absl::Status KeysDamaged(absl::string_view what) {
  return Error(absl::StatusCode::kDataLoss, "KEYS_DAMAGED",
               absl::StrCat("The key store is damaged (", what,
                            "). Restore it, with the data it belongs to, from a checkpoint."),
               absl::StrCat("密钥库已损坏（", what, "）。请用检查点将其与配套数据一并恢复。"), {{"row", what}});
}

inline absl::Status MasterKeyWrong(const std::string& file) {
  return Refused(
      "MASTER_KEY_WRONG",
      absl::StrCat("The master key is not the one that the key store was made with. Give that one, by ",
                   kMasterKeyVariable, " or ", file, "."),
      absl::StrCat("主密钥与创建密钥库时的不同。请通过 ", kMasterKeyVariable, " 或 ", file, " 提供原主密钥。"),
      {{"file", file}});
}

}  // namespace shoujie
