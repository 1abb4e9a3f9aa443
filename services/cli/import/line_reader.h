// Lines of a text file, plain or gzip (zlib tells them apart), without ever holding more than one of them. A file that
// ends in the middle of its compression, or fails its checksum, is noticed: what was readable comes first, then the
// error. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shoujie::importer {

inline constexpr size_t kLineBytesMax = 64 << 10;

struct Line {
  uint64_t number = 0;    // from 1
  std::string text;       // without its end; empty if it was too long
  bool too_long = false;  // longer than kLineBytesMax
};

class LineReader {
 public:
  // NOT_FOUND (FILE_NOT_FOUND) if there is no such file or it may not be read.
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(const std::string& path);
  ~LineReader();

  // False at the end; `status` then says whether it was the real one: DATA_LOSS (FILE_CUT_OFF) if there should be more.
  // The line in which a file is cut off is not given out.
  bool Next(Line* line);
  const absl::Status& status() const { return status_; }

 private:
  explicit LineReader(void* file);
  bool Fill();

  void* file_;  // gzFile
  std::vector<char> buffer_;
  size_t at_ = 0, end_ = 0;
  uint64_t number_ = 0;
  absl::Status status_;
};

}  // namespace shoujie::importer
