// The key that everything in the embedded key store is wrapped under. It comes from the environment
// (SHOUJIE_MASTER_KEY, 64 hexadecimal digits), else from a file that is made at the first start. Who loses it loses all
// personal data; who keeps it beside the data protects copies of the databases only. Other places (a KMS) would come in
// here.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace shoujie {

inline constexpr char kMasterKeyVariable[] = "SHOUJIE_MASTER_KEY";

// 32 bytes. A file that is missing is made only if `may_create`; processes that make it at once get the same key.
// Errors: MASTER_KEY_MISSING, MASTER_KEY_INVALID, and those of private_file.h.
absl::StatusOr<std::string> LoadMasterKey(const std::string& file, bool may_create);

}  // namespace shoujie
