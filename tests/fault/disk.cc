#include "tests/fault/disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"

namespace shoujie::fault {

std::string Disk::Mount(const std::string& path) {
  std::filesystem::create_directories(path);
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("fault", path.c_str(), "tmpfs", 0, absl::StrCat("size=", bytes_).c_str()) != 0) {
    return absl::StrCat("a file system of its own needs the right to mount: ", std::strerror(errno));
  }
  path_ = path;
  return "";
}

Disk::~Disk() {
  if (!path_.empty()) umount2(path_.c_str(), MNT_DETACH);
}

bool Disk::SetReadOnly(bool read_only) {
  return mount("fault", path_.c_str(), "tmpfs", MS_REMOUNT | (read_only ? MS_RDONLY : 0),
               absl::StrCat("size=", bytes_).c_str()) == 0;
}

uint64_t Disk::Free() const {
  struct statvfs info;
  return statvfs(path_.c_str(), &info) == 0 ? info.f_bavail * info.f_frsize : 0;
}

void Disk::FillUpTo(uint64_t left) const {
  const int fd = open(ballast().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string block(1 << 20, 'x');
  while (fd >= 0 && Free() > left) {
    const uint64_t bytes = std::min<uint64_t>(block.size(), Free() - left);
    if (write(fd, block.data(), bytes) <= 0) break;
  }
  close(fd);
}

void Disk::Clear() const { unlink(ballast().c_str()); }

}  // namespace shoujie::fault
