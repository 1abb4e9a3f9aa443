// Small files that only their owner may read: master key, tokens. Written whole or not at all. Not for data.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace shoujie {

// The file's content, or nothing if there is none. Refused (FILE_EXPOSED) if others than the owner may read or write
// it.
absl::StatusOr<std::optional<std::string>> ReadPrivateFile(const std::string& path);
// The same for a file that holds no secret: its mode does not matter.
absl::StatusOr<std::optional<std::string>> ReadSmallFile(const std::string& path);
// Replaces the file by one with mode 0600: a temporary file, fsync, rename, fsync of the directory. Errors:
// FILE_UNWRITABLE.
absl::Status WritePrivateFile(const std::string& path, absl::string_view content);

}  // namespace shoujie
