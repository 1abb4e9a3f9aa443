// Rows of a file with a header: CSV by RFC 4180 (quotes, doubled quotes, line ends within quotes) or tab-separated (no
// quotes at all). A row that is wrong in its form is said with its line and costs no other row: a quote that is never
// closed takes only the line it opened in. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/cli/import/line_reader.h"

namespace shoujie::importer {

enum class TableKind { kCsv, kTsv };

struct Row {
  uint64_t line = 0;  // where it begins
  std::vector<std::string> fields;
  absl::Status status;  // not OK: what is wrong with its form; `fields` are then of no use
};

class Table {
 public:
  // Reads the header. Errors: the file's; INVALID_ARGUMENT (HEADER_INVALID) if there is none.
  static absl::StatusOr<std::unique_ptr<Table>> Open(const std::string& path, TableKind kind);

  const std::vector<std::string>& header() const { return header_; }
  // Blank lines are no rows. False at the end; then see `status`.
  bool Next(Row* row);
  const absl::Status& status() const { return lines_->status(); }

 private:
  Table(std::unique_ptr<LineReader> lines, TableKind kind) : lines_(std::move(lines)), kind_(kind) {}
  bool NextLine(Line* line);
  void ReadCsv(Line line, Row* row);

  std::unique_ptr<LineReader> lines_;
  TableKind kind_;
  std::vector<std::string> header_;
  std::deque<Line> again_;  // lines that an unclosed quote had taken
};

// Fields of one CSV record. UNAVAILABLE: a quote is still open at its end.
absl::StatusOr<std::vector<std::string>> ParseCsv(absl::string_view record);
bool IsUtf8(absl::string_view text);  // and free of NUL

}  // namespace shoujie::importer
