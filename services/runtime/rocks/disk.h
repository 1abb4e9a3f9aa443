// How much room a file system has, asked at most once a second, and folders for files beside a database. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "services/runtime/clock/clock.h"

namespace shoujie::rocks {

// Empty if that went well, else why not.
std::string MakeFolders(const std::string& path);
// With everything in it; what cannot be removed stays.
void RemoveFolder(const std::string& path);

class DiskGuard {
 public:
  // Low below `free_bytes_min` bytes that this user may write to the file system of `path`. `clock` outlives it.
  DiskGuard(std::string path, uint64_t free_bytes_min, const Clock* clock);
  bool Low();

 private:
  const std::string path_;
  const uint64_t free_bytes_min_;
  const Clock* const clock_;
  std::atomic<int64_t> asked_at_ms_;
  std::atomic<bool> low_{false};
};

}  // namespace shoujie::rocks
