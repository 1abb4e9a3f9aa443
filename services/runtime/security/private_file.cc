#include "services/runtime/security/private_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"

namespace shoujie {
namespace {

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { Close(); }
  int fd() const { return fd_; }
  bool Close() {
    const bool ok = fd_ < 0 || ::close(fd_) == 0;
    fd_ = -1;
    return ok;
  }

 private:
  int fd_;
};

absl::Status Failed(absl::string_view reason, absl::string_view verb_en, absl::string_view verb_zh,
                    const std::string& path, int error) {
  return Refused(reason,
                 absl::StrCat(path, " cannot be ", verb_en, ": ", std::strerror(error),
                              ". Check path, owner, permissions and free space."),
                 absl::StrCat("文件 ", path, " 无法", verb_zh, "，请检查路径、属主、权限和可用空间。"),
                 {{"path", path}});
}

bool WriteAll(int fd, absl::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

bool SyncFolderOf(const std::string& path) {
  const File folder(::open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder.fd() >= 0 && ::fsync(folder.fd()) == 0;
}

absl::Status Unwritable(const std::string& path, int error) {
  return Failed("FILE_UNWRITABLE", "written", "写入", path, error);
}

absl::StatusOr<std::optional<std::string>> Read(const std::string& path, bool secret) {
  const auto failed = [&] { return Failed("FILE_UNREADABLE", "read", "读取", path, errno); };
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd() < 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return failed();
  }
  struct stat info;
  if (::fstat(file.fd(), &info) != 0) return failed();
  if (secret && (info.st_mode & 077) != 0) {
    return Refused(
        "FILE_EXPOSED",
        absl::StrCat(path, " can be read or written by others than its owner. Run: chmod 600 ", path,
                     "; and replace what it holds if others may have seen it."),
        absl::StrCat("文件 ", path, " 可被其他用户读写。请执行 chmod 600 ", path, "；如可能已泄露，请更换其中的内容。"),
        {{"path", path}});
  }
  std::string content;
  char buffer[4096];
  for (;;) {
    const ssize_t got = ::read(file.fd(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed();
    if (got == 0) return std::optional<std::string>(std::move(content));
    content.append(buffer, static_cast<size_t>(got));
  }
}

}  // namespace

absl::StatusOr<std::optional<std::string>> ReadPrivateFile(const std::string& path) { return Read(path, true); }
absl::StatusOr<std::optional<std::string>> ReadSmallFile(const std::string& path) { return Read(path, false); }

absl::Status WritePrivateFile(const std::string& path, absl::string_view content) {
  const std::string temporary = path + ".new";
  const auto failed = [&] {
    const int error = errno;
    ::unlink(temporary.c_str());
    return Unwritable(path, error);
  };
  ::unlink(temporary.c_str());  // of a start that was cut short; its mode may be another
  File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.fd() < 0) return failed();
  if (!WriteAll(file.fd(), content) || ::fsync(file.fd()) != 0 || !file.Close()) return failed();
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed();
  if (!SyncFolderOf(path)) return failed();
  return absl::OkStatus();
}

absl::StatusOr<bool> CreatePrivateFile(const std::string& path, absl::string_view content) {
  // A name of its own, since others may be at it as well, and a link, since a rename would replace what they made.
  std::string temporary = path + ".XXXXXX";
  File file(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
  if (file.fd() < 0) return Unwritable(path, errno);
  const bool written = WriteAll(file.fd(), content) && ::fsync(file.fd()) == 0 && file.Close();
  const bool made = written && ::link(temporary.c_str(), path.c_str()) == 0;
  const int error = errno;
  ::unlink(temporary.c_str());
  if (written && !made && error == EEXIST) return false;
  if (!made) return Unwritable(path, error);
  if (!SyncFolderOf(path)) return Unwritable(path, errno);
  return true;
}

std::string PrivateFileMark(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return "";
  return absl::StrCat(info.st_dev, ":", info.st_ino, ":", info.st_size, ":", info.st_mtim.tv_sec, ".",
                      info.st_mtim.tv_nsec, ":", info.st_ctim.tv_sec, ".", info.st_ctim.tv_nsec);
}

absl::StatusOr<std::unique_ptr<PrivateFileLock>> PrivateFileLock::Take(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Unwritable(path, errno);
  std::unique_ptr<PrivateFileLock> lock(new PrivateFileLock(fd));
  while (::flock(fd, LOCK_EX) != 0) {
    if (errno != EINTR) return Unwritable(path, errno);
  }
  return lock;
}

PrivateFileLock::~PrivateFileLock() { ::close(fd_); }

}  // namespace shoujie
