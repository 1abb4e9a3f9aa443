#include "services/runtime/rocks/extent.h"

#include <rocksdb/db.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/runtime/journal/crc32c.h"

namespace shoujie::rocks {
namespace {

constexpr char kFile[] = "EXTENT";
constexpr char kManifest[] = "MANIFEST-";

std::string ReadLine(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

// Of "MANIFEST-000123"; 0 if it is something else.
uint64_t NumberOf(absl::string_view name) {
  uint64_t number = 0;
  return absl::ConsumePrefix(&name, kManifest) && absl::SimpleAtoi(name, &number) ? number : 0;
}

}  // namespace

// The file: `MANIFEST-000123 BYTES CHECKSUM`.
bool Extent::Fits() const {
  const std::vector<std::string> recorded = absl::StrSplit(ReadLine(path_ + "/" + kFile), ' ');
  uint64_t bytes = 0;
  uint32_t checksum = 0;
  if (recorded.size() != 3 || !absl::SimpleAtoi(recorded[1], &bytes) || !absl::SimpleAtoi(recorded[2], &checksum) ||
      checksum != Crc32c(absl::StrCat(recorded[0], " ", recorded[1]), 0)) {
    return true;
  }
  const std::string current = ReadLine(path_ + "/CURRENT");
  if (NumberOf(current) == 0 || NumberOf(recorded[0]) == 0) return true;  // RocksDB has its own words for that
  if (NumberOf(current) != NumberOf(recorded[0])) return NumberOf(current) > NumberOf(recorded[0]);
  std::error_code error;
  const auto size = std::filesystem::file_size(path_ + "/" + current, error);
  return error || size >= bytes;
}

void Extent::Record(rocksdb::DB* db) {
  std::vector<std::string> files;
  uint64_t bytes = 0;
  absl::MutexLock lock(&mutex_);
  if (!db->GetLiveFiles(files, &bytes, /*flush_memtable=*/false).ok()) return;
  std::string name;
  for (const std::string& file : files) {
    if (NumberOf(absl::StripPrefix(file, "/")) != 0) name = std::string(absl::StripPrefix(file, "/"));
  }
  if (name.empty()) return;
  const std::string text = absl::StrCat(name, " ", bytes);
  const std::string file = path_ + "/" + kFile, made = file + ".new";
  std::ofstream(made) << absl::StrCat(text, " ", Crc32c(text, 0), "\n");
  std::error_code error;
  std::filesystem::rename(made, file, error);
}

}  // namespace shoujie::rocks
