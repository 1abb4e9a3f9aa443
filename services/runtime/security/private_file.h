// Small files that only their owner may read: master key, tokens. Written whole or not at all; several processes may
// share them. Not for data.
#pragma once

#include <memory>
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
// The same if there is none; else false, and it stays as it is. Of processes that do this at once one makes the file.
absl::StatusOr<bool> CreatePrivateFile(const std::string& path, absl::string_view content);
// What becomes another one whenever the file is written; "" if it is not there or cannot be looked at.
std::string PrivateFileMark(const std::string& path);

// Held by one process at a time, and by one thread: `path` is a file for this alone and stays. Taking it waits. Not to
// be held for longer than a file is read and written. Errors: FILE_UNWRITABLE.
class PrivateFileLock {
 public:
  static absl::StatusOr<std::unique_ptr<PrivateFileLock>> Take(const std::string& path);
  PrivateFileLock(const PrivateFileLock&) = delete;
  ~PrivateFileLock();

 private:
  explicit PrivateFileLock(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace shoujie
