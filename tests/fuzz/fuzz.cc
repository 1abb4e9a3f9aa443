#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/cli/import/table.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/rpc/status.h"

namespace shoujie::fuzz {
namespace {

std::vector<Fuzzer>& Mutable() {
  static auto* const fuzzers = new std::vector<Fuzzer>;
  return *fuzzers;
}

// NUL is UTF-8 too, though no row of a table may hold it.
bool IsUtf8(std::string text) {
  std::replace(text.begin(), text.end(), '\0', ' ');
  return importer::IsUtf8(text);
}

bool IsReason(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isupper(static_cast<unsigned char>(c)) || absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
           c == '_';
  });
}

}  // namespace

const std::vector<Fuzzer>& Fuzzers() { return Mutable(); }

Registered::Registered(Fuzzer fuzzer) { Mutable().push_back(std::move(fuzzer)); }

void Fail(const char* file, int line, const std::string& what) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what.c_str());
  std::fflush(stderr);
  std::abort();
}

void RequireTyped(const absl::Status& status) {
  if (status.ok()) return;
  const common::v1::ErrorDetail detail = DetailOf(status);
  if (!IsReason(detail.reason()) || detail.en().empty() || detail.zh().empty()) {
    Fail(__FILE__, __LINE__, absl::StrCat("a refusal is typed: ", absl::CHexEscape(status.ToString())));
  }
  bool utf8 = IsUtf8(detail.en()) && IsUtf8(detail.zh());
  for (const auto& entry : detail.metadata()) utf8 = utf8 && IsUtf8(entry.value());
  if (!utf8) Fail(__FILE__, __LINE__, absl::StrCat("a refusal is UTF-8: ", absl::CHexEscape(status.ToString())));
  // gRPC sends message and details (in base64) as trailing metadata; what does not fit, a caller never sees.
  const rpc::WireStatus wire = rpc::ToWire(status);
  if (wire.message.size() + wire.details.size() * 4 / 3 + 512 > limits::kMetadataBytesMax) {
    Fail(__FILE__, __LINE__,
         absl::StrCat("a refusal fits into metadata: ", detail.reason(), ", ", wire.details.size()));
  }
  FUZZ_REQUIRE(ReasonOf(rpc::FromWire(wire.code, wire.message, wire.details)) == detail.reason());
}

uint8_t Input::Byte() {
  if (bytes_.empty()) return 0;
  const auto byte = static_cast<uint8_t>(bytes_.front());
  bytes_.remove_prefix(1);
  return byte;
}

uint64_t Input::Integer(size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value |= static_cast<uint64_t>(Byte()) << (8 * i);
  return value;
}

absl::string_view Input::Block() {
  const size_t size = std::min<size_t>(Integer(2), bytes_.size());
  const absl::string_view block = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return block;
}

absl::string_view Input::Rest() { return std::exchange(bytes_, absl::string_view()); }

MemoryFile::MemoryFile(absl::string_view content) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
  FUZZ_REQUIRE(fd_ >= 0);
  FUZZ_REQUIRE(::write(fd_, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  path_ = absl::StrCat("/proc/self/fd/", fd_);
}
MemoryFile::~MemoryFile() { ::close(fd_); }

Folder::Folder()
    : dir_(::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path().string()) {}

void Folder::Write(const std::string& name, absl::string_view content) const {
  const int fd = ::open((dir_ / name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  FUZZ_REQUIRE(fd >= 0);
  FUZZ_REQUIRE(::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  ::close(fd);
}

std::string Folder::Read(const std::string& name) const {
  std::ifstream in(dir_ / name, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace shoujie::fuzz
