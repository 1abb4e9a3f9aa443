#include "loadtest/switch/outbox_file.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace shoujie::loadtest {
namespace {

using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr size_t kHeaderBytes = 8;  // length, checksum
constexpr uint32_t kFrameBytesMax = 1 << 20;
constexpr uint64_t kSeqMax = uint64_t{1} << 62;
constexpr const char* kFileName = "outbox.log";

absl::Status Errno(absl::string_view what, absl::string_view path) {
  return absl::InternalError(absl::StrCat(what, " ", path, ": ", std::strerror(errno)));
}

uint32_t Checksum(const char* data, size_t size) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(data), size, digest);
  uint32_t sum;
  std::memcpy(&sum, digest, sizeof(sum));
  return sum;
}

std::string Encode(const OutboxFrame& frame) {
  std::string body;
  {
    google::protobuf::io::StringOutputStream stream(&body);
    CodedOutputStream out(&stream);
    out.WriteVarint32(frame.kind);
    out.WriteVarint64(frame.seq);
    out.WriteVarint32(frame.held);
    for (const auto* text : {&frame.lane, &frame.method, &frame.request}) {
      out.WriteVarint32(static_cast<uint32_t>(text->size()));
      out.WriteString(*text);
    }
  }
  const uint32_t header[2] = {static_cast<uint32_t>(body.size()), Checksum(body.data(), body.size())};
  return std::string(reinterpret_cast<const char*>(header), kHeaderBytes) + body;
}

bool Decode(const char* data, size_t size, OutboxFrame* frame) {
  CodedInputStream in(reinterpret_cast<const uint8_t*>(data), static_cast<int>(size));
  uint32_t kind, held;
  if (!in.ReadVarint32(&kind) || !in.ReadVarint64(&frame->seq) || !in.ReadVarint32(&held)) return false;
  frame->kind = static_cast<OutboxFrame::Kind>(kind);
  frame->held = held != 0;
  for (auto* text : {&frame->lane, &frame->method, &frame->request}) {
    uint32_t length;
    if (!in.ReadVarint32(&length) || !in.ReadString(text, static_cast<int>(length))) return false;
  }
  // A frame of a kind that this version does not know must not pass for "done"; a number at the end of the range would
  // make the next one begin anew.
  return kind >= OutboxFrame::kEntry && kind <= OutboxFrame::kRefused && frame->seq < kSeqMax &&
         in.CurrentPosition() == static_cast<int>(size);
}

absl::Status WriteAll(int fd, absl::string_view bytes, absl::string_view path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Errno("cannot write", path);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadAll(int fd, absl::string_view path) {
  std::string bytes;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Errno("cannot read", path);
    if (n == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(n));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<OutboxFile>> OutboxFile::Open(const std::string& folder,
                                                             const std::function<void(OutboxFrame)>& replay) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return Errno("cannot create", folder);
  std::unique_ptr<OutboxFile> file(new OutboxFile(folder));
  const std::string lock = absl::StrCat(folder, "/LOCK"), path = absl::StrCat(folder, "/", kFileName);
  file->lock_fd_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file->lock_fd_ < 0) return Errno("cannot open", lock);
  if (::flock(file->lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("the outbox ", folder, " is in use by another switch; stop it, or name another folder"));
  }
  file->fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file->fd_ < 0) return Errno("cannot open", path);
  auto bytes = ReadAll(file->fd_, path);
  if (!bytes.ok()) return bytes.status();
  size_t good = 0;
  while (bytes->size() - good >= kHeaderBytes) {
    uint32_t header[2];
    std::memcpy(header, bytes->data() + good, kHeaderBytes);
    if (header[0] > kFrameBytesMax || bytes->size() - good - kHeaderBytes < header[0]) break;
    const char* body = bytes->data() + good + kHeaderBytes;
    OutboxFrame frame;
    if (Checksum(body, header[0]) != header[1] || !Decode(body, header[0], &frame)) break;
    good += kHeaderBytes + header[0];
    replay(std::move(frame));
  }
  file->bytes_ = good;
  file->cut_bytes_ = bytes->size() - good;
  if (file->cut_bytes_ > 0 && ::ftruncate(file->fd_, static_cast<off_t>(good)) != 0) return Errno("cannot cut", path);
  if (::lseek(file->fd_, static_cast<off_t>(good), SEEK_SET) < 0) return Errno("cannot seek in", path);
  return file;
}

OutboxFile::~OutboxFile() {
  if (fd_ >= 0) ::close(fd_);
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

absl::Status OutboxFile::Append(const OutboxFrame& frame) {
  const std::string bytes = Encode(frame);
  if (bytes.size() > kFrameBytesMax) return absl::InvalidArgumentError("a command of more than 1 MiB");
  bytes_ += bytes.size();
  return WriteAll(fd_, bytes, folder_);
}

absl::Status OutboxFile::Sync() { return ::fdatasync(fd_) == 0 ? absl::OkStatus() : Errno("cannot sync", folder_); }

absl::Status OutboxFile::Rewrite(const std::vector<OutboxFrame>& frames) {
  const std::string path = absl::StrCat(folder_, "/", kFileName), next = absl::StrCat(path, ".new");
  const int fd = ::open(next.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Errno("cannot open", next);
  std::string bytes;
  for (const auto& frame : frames) bytes += Encode(frame);
  absl::Status status = WriteAll(fd, bytes, next);
  if (status.ok() && ::fsync(fd) != 0) status = Errno("cannot sync", next);
  if (status.ok() && ::rename(next.c_str(), path.c_str()) != 0) status = Errno("cannot rename", next);
  if (!status.ok()) {
    ::close(fd);
    return status;
  }
  ::close(fd_);
  fd_ = fd;
  bytes_ = bytes.size();
  const int folder = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return Errno("cannot open", folder_);
  if (::fsync(folder) != 0) status = Errno("cannot sync", folder_);
  ::close(folder);
  return status;
}

}  // namespace shoujie::loadtest
