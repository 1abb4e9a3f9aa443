#include "services/runtime/rocks/disk.h"

#include <sys/statvfs.h>

#include <filesystem>
#include <utility>

namespace shoujie::rocks {

std::string MakeFolders(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  return error ? error.message() : "";
}

void RemoveFolder(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

DiskGuard::DiskGuard(std::string path, uint64_t free_bytes_min, const Clock* clock)
    : path_(std::move(path)), free_bytes_min_(free_bytes_min), clock_(clock), asked_at_ms_(INT64_MIN / 2) {}

bool DiskGuard::Low() {
  const int64_t now = absl::ToInt64Milliseconds(clock_->Boot());
  int64_t before = asked_at_ms_.load(std::memory_order_relaxed);
  if (now - before >= 1000 && asked_at_ms_.compare_exchange_strong(before, now, std::memory_order_relaxed)) {
    struct statvfs info;
    // Not to know is not to be low: a write that fails ends the process anyway.
    low_ =
        ::statvfs(path_.c_str(), &info) == 0 && static_cast<uint64_t>(info.f_bavail) * info.f_frsize < free_bytes_min_;
  }
  return low_;
}

}  // namespace shoujie::rocks
