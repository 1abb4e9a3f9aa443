#include "services/cli/import/line_reader.h"

#include <zlib.h>

#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"

namespace shoujie::importer {
namespace {

constexpr size_t kBufferBytes = 256 << 10;

}  // namespace

LineReader::LineReader(void* file) : file_(file), buffer_(kBufferBytes) {}

LineReader::~LineReader() { gzclose_r(static_cast<gzFile>(file_)); }

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (!file) {
    return NotFound("FILE_NOT_FOUND", "The file is not there or may not be read. Check path and rights.",
                    "文件不存在或无权读取。请检查路径和权限。", {{"file", path}});
  }
  gzbuffer(file, kBufferBytes);
  return std::unique_ptr<LineReader>(new LineReader(file));
}

bool LineReader::Fill() {
  if (!status_.ok()) return false;
  const int got = gzread(static_cast<gzFile>(file_), buffer_.data(), static_cast<unsigned>(buffer_.size()));
  at_ = 0;
  end_ = got > 0 ? static_cast<size_t>(got) : 0;
  if (end_ > 0) return true;
  int code = Z_OK;
  gzerror(static_cast<gzFile>(file_), &code);
  if (code != Z_OK && code != Z_STREAM_END) {
    status_ = Error(absl::StatusCode::kDataLoss, "FILE_CUT_OFF",
                    "The file is damaged or ends too early. Fetch it again; what came before was read.",
                    "文件已损坏或不完整。请重新获取；此前的内容已读取。", {{"line", absl::StrCat(number_ + 1)}});
  }
  return false;
}

bool LineReader::Next(Line* line) {
  line->text.clear();
  line->too_long = false;
  bool any = false;
  while (at_ < end_ || Fill()) {
    any = true;
    const char* from = buffer_.data() + at_;
    const auto* newline = static_cast<const char*>(std::memchr(from, '\n', end_ - at_));
    const size_t size = newline ? static_cast<size_t>(newline - from) : end_ - at_;
    line->too_long = line->too_long || line->text.size() + size > kLineBytesMax;
    if (line->too_long) {
      line->text.clear();
    } else {
      line->text.append(from, size);
    }
    at_ += size + (newline ? 1 : 0);
    if (!newline) continue;
    if (!line->text.empty() && line->text.back() == '\r') line->text.pop_back();
    line->number = ++number_;
    return true;
  }
  // The last line may lack its end, unless the file was cut off in it.
  if (!any || !status_.ok()) return false;
  line->number = ++number_;
  return true;
}

}  // namespace shoujie::importer
