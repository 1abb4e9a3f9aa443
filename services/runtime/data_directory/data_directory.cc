#include "services/runtime/data_directory/data_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/runtime/base/error.h"
#include "services/runtime/rocks/disk.h"
#include "services/runtime/security/private_file.h"

namespace shoujie {
namespace {

constexpr const char* kFolders[] = {"journal", "store", "keys", "lists"};
constexpr absl::string_view kFoldersElsewhere[] = {"journal", "keys"};  // if the journals are

absl::Status Unavailable(const std::string& path, int error) {
  if (error == EROFS) {
    return Refused("DATA_READ_ONLY",
                   absl::StrCat(path, " lies on a read-only file system. Mount it writable or use another --data."),
                   absl::StrCat("数据目录 ", path, " 位于只读文件系统。请以可写方式挂载，或用 --data 指定其他目录。"),
                   {{"path", path}});
  }
  return Refused("DATA_UNAVAILABLE",
                 absl::StrCat("The data directory ", path, " cannot be used: ", std::strerror(error),
                              ". Its parent must exist and the server's user must own it; or use another --data."),
                 absl::StrCat("数据目录 ", path, " 无法使用（", std::strerror(error),
                              "）。其上级目录须存在且属于运行用户，或用 --data 指定其他目录。"),
                 {{"path", path}});
}

absl::Status Locked(const std::string& path, const std::string& holder) {
  return Refused("DATA_LOCKED",
                 absl::StrCat("The data directory ", path, " is in use by another server (process ", holder,
                              "). Stop that one first, or use another --data."),
                 absl::StrCat("数据目录 ", path, " 正被另一个服务进程（", holder,
                              "）使用。请先停止该进程，或用 --data 指定其他目录。"),
                 {{"path", path}, {"process", holder}});
}

absl::Status Foreign(const std::string& path) {
  return Refused(
      "DATA_FOREIGN",
      absl::StrCat(path,
                   " is neither empty nor a data directory of Shoujie. Give an empty or new directory by --data."),
      absl::StrCat(path, " 既非空目录，也不是首接的数据目录。请用 --data 指定空目录或新目录。"), {{"path", path}});
}

absl::Status ClockMismatch(const std::string& path, bool made_scaled) {
  return made_scaled
             ? Refused("CLOCK_MISMATCH",
                       absl::StrCat(path,
                                    " was made with a scaled clock (--clock) and holds its times. Start with --clock, "
                                    "or use another --data."),
                       absl::StrCat(path,
                                    " 由缩放时钟（--clock）创建，其中的时间不是真实时间。请带 --clock 启动，或用 "
                                    "--data 指定其他目录。"),
                       {{"path", path}, {"madeWith", "scaled"}})
             : Refused(
                   "CLOCK_MISMATCH",
                   absl::StrCat(path,
                                " was made with the real clock; a scaled one would falsify it. Start without --clock, "
                                "or use another --data."),
                   absl::StrCat(
                       path, " 由真实时钟创建，使用缩放时钟会破坏其时间。请去掉 --clock，或用 --data 指定其他目录。"),
                   {{"path", path}, {"madeWith", "real"}});
}

bool SyncFolder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool ok = ::fsync(fd) == 0;
  ::close(fd);
  return ok;
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// Makes one folder, durable in its parent. False: errno says why.
bool MakeFolder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0) {
    if (errno != EEXIST) return false;
    struct stat info;
    if (::stat(path.c_str(), &info) != 0) return false;
    if (!S_ISDIR(info.st_mode)) {
      errno = ENOTDIR;
      return false;
    }
    return true;
  }
  return SyncFolder(ParentOf(path));
}

// Whether there is nothing in it that a first start, cut short, would not have left.
bool IsFresh(const std::string& path) {
  DIR* const folder = ::opendir(path.c_str());
  if (folder == nullptr) return false;
  bool fresh = true;
  while (const dirent* entry = ::readdir(folder)) {
    const absl::string_view name = entry->d_name;
    bool known = name == "." || name == ".." || name == "LOCK" || name == "FORMAT.new" || name == "lost+found";
    for (const char* ours : kFolders) known = known || name == ours;
    fresh = fresh && known;
  }
  ::closedir(folder);
  return fresh;
}

std::string ReadHolder(int fd) {
  char text[32];
  const ssize_t got = ::pread(fd, text, sizeof text - 1, 0);
  std::string holder(text, got > 0 ? static_cast<size_t>(got) : 0);
  const size_t end = holder.find('\n');
  return end == std::string::npos || end == 0 ? "unknown" : holder.substr(0, end);
}

constexpr absl::string_view kJournals = "journals ";

std::string FormatText(bool scaled_clock, const std::string& journals) {
  std::string text =
      absl::StrCat("shoujie ", DataDirectory::kFormat, "\nclock ", scaled_clock ? "scaled" : "real", "\n");
  if (!journals.empty()) absl::StrAppend(&text, kJournals, journals, "\n");
  return text;
}

std::string JournalsIn(const std::vector<std::string>& lines) {
  return lines.size() > 2 && absl::StartsWith(lines[2], kJournals) ? lines[2].substr(kJournals.size()) : "";
}

absl::Status JournalsMismatch(const std::string& path, const std::string& made, const std::string& given) {
  const auto name = [](const std::string& journals) { return journals.empty() ? "its own" : journals; };
  return Refused("JOURNAL_FOREIGN",
                 absl::StrCat(path, " was made with other journals (", name(made), ") than those given (", name(given),
                              "). Give those, or use another --data."),
                 absl::StrCat(path, " 由另一套日志（", made.empty() ? "目录内" : made, "）创建，与所指定的（",
                              given.empty() ? "目录内" : given, "）不符。请指定原日志，或用 --data 指定其他目录。"),
                 {{"path", path}, {"madeWith", made}, {"given", given}});
}

absl::Status CheckFormat(const std::string& path, absl::string_view content, bool scaled_clock,
                         const std::string& journals) {
  const std::vector<std::string> lines = absl::StrSplit(content, '\n');
  int format = 0;
  if (!absl::StartsWith(lines[0], "shoujie ") || !absl::SimpleAtoi(lines[0].substr(8), &format) || format < 1) {
    return Foreign(path);
  }
  if (format > DataDirectory::kFormat) {
    return Refused(
        "DATA_NEWER",
        absl::StrCat(path, " has format ", format, "; this version knows formats up to ", DataDirectory::kFormat,
                     ". Run the version that wrote it, or a newer one. Nothing was changed."),
        absl::StrCat(path, " 的格式为 ", format, "，本版本最高支持 ", DataDirectory::kFormat,
                     "。请使用写入它的版本或更新版本；数据未被改动。"),
        {{"path", path}, {"format", absl::StrCat(format)}});
  }
  const bool made_scaled = lines.size() > 1 && lines[1] == "clock scaled";
  if (made_scaled != scaled_clock) return ClockMismatch(path, made_scaled);
  if (JournalsIn(lines) != journals) return JournalsMismatch(path, JournalsIn(lines), journals);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<DataDirectory>> DataDirectory::Open(const std::string& given, bool scaled_clock,
                                                                   const std::string& journals) {
  std::string path = given;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (!MakeFolder(path)) return Unavailable(path, errno);

  // Asked before anything of ours is put there.
  auto format = ReadSmallFile(path + "/FORMAT");
  if (!format.ok()) return format.status();
  if (!format->has_value() && !IsFresh(path)) return Foreign(path);

  const int fd = ::open((path + "/LOCK").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Unavailable(path, errno);
  const auto fail = [fd](absl::Status status) {
    ::close(fd);
    return status;
  };
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return fail(errno == EWOULDBLOCK ? Locked(path, ReadHolder(fd)) : Unavailable(path, errno));
  }
  // Another server may have made the directory since.
  format = ReadSmallFile(path + "/FORMAT");
  if (!format.ok()) return fail(format.status());
  const bool made_now = !format->has_value();
  if (!made_now) {
    if (absl::Status status = CheckFormat(path, **format, scaled_clock, journals); !status.ok()) return fail(status);
  }
  const std::string holder = absl::StrCat(::getpid(), "\n");
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, holder.data(), holder.size(), 0) < 0) {
    return fail(Unavailable(path, errno));
  }
  if (::chmod(path.c_str(), 0700) != 0) return fail(Unavailable(path, errno));
  for (const char* folder : kFolders) {
    if (!journals.empty() && absl::c_linear_search(kFoldersElsewhere, folder)) continue;
    if (!MakeFolder(absl::StrCat(path, "/", folder))) return fail(Unavailable(path, errno));
  }
  // Last: with it the directory is made.
  if (made_now) {
    if (absl::Status status = WritePrivateFile(path + "/FORMAT", FormatText(scaled_clock, journals)); !status.ok()) {
      return fail(status);
    }
  }
  return std::unique_ptr<DataDirectory>(new DataDirectory(std::move(path), fd, made_now));
}

DataDirectory::~DataDirectory() { ::close(lock_fd_); }

absl::Status MakeCheckpoint(const std::string& directory, bool scaled_clock, const std::string& journals,
                            const std::function<absl::Status()>& fill) {
  if (::mkdir(directory.c_str(), 0700) != 0) {
    return Refused(
        "CHECKPOINT_FAILED",
        absl::StrCat(directory, " cannot be made: ", std::strerror(errno),
                     ". Name a directory that does not exist yet, in one that does, on the data's file system."),
        absl::StrCat("无法创建 ", directory, "（", std::strerror(errno),
                     "）。请指定尚不存在的目录，其上级目录须存在，并与数据位于同一文件系统。"),
        {{"directory", directory}});
  }
  absl::Status status = SyncFolder(ParentOf(directory)) ? absl::OkStatus() : Unavailable(directory, errno);
  if (status.ok()) status = fill();
  if (status.ok()) status = WritePrivateFile(directory + "/FORMAT", FormatText(scaled_clock, journals));
  if (!status.ok()) rocks::RemoveFolder(directory);
  return status;
}

absl::StatusOr<std::string> JournalsOf(const std::string& path) {
  auto format = ReadSmallFile(path + "/FORMAT");
  if (!format.ok()) return format.status();
  const std::vector<std::string> lines = absl::StrSplit(format->value_or(""), '\n');
  if (!absl::StartsWith(lines[0], "shoujie ")) return Foreign(path);
  return JournalsIn(lines);
}

}  // namespace shoujie
