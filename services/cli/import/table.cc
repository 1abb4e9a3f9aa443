#include "services/cli/import/table.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/runtime/base/error.h"

namespace shoujie::importer {
namespace {

constexpr size_t kRecordLinesMax = 100;  // of one quoted record

absl::Status BadQuotes() {
  return Invalid("ROW_QUOTES",
                 "Quotes are not closed or stand within a field. Quote the whole field and double quotes in it.",
                 "引号未闭合或位于字段中间。请用引号括住整个字段，并将其中的引号写两遍。");
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first == 0) return false;
    const size_t size = first < 0x80   ? 1
                        : first < 0xC2 ? 0
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                        : first < 0xF5 ? 4
                                       : 0;
    if (size == 0 || i + size > text.size()) return false;
    uint32_t code = size == 1 ? first : first & (0xFF >> (size + 1));
    for (size_t j = 1; j < size; ++j) {
      const auto byte = static_cast<unsigned char>(text[i + j]);
      if ((byte & 0xC0) != 0x80) return false;
      code = code << 6 | (byte & 0x3F);
    }
    // Overlong forms, surrogates and what lies beyond Unicode.
    if ((size == 3 && code < 0x800) || (size == 4 && (code < 0x10000 || code > 0x10FFFF)) ||
        (code >= 0xD800 && code <= 0xDFFF)) {
      return false;
    }
    i += size;
  }
  return true;
}

absl::StatusOr<std::vector<std::string>> ParseCsv(absl::string_view record) {
  std::vector<std::string> fields(1);
  size_t i = 0;
  while (true) {
    if (i < record.size() && record[i] == '"') {
      for (++i;; ++i) {
        if (i == record.size()) return absl::UnavailableError("a quote is open");
        if (record[i] != '"') {
          fields.back() += record[i];
        } else if (i + 1 < record.size() && record[i + 1] == '"') {
          fields.back() += '"';
          ++i;
        } else {
          break;
        }
      }
      ++i;
    } else {
      while (i < record.size() && record[i] != ',' && record[i] != '"') fields.back() += record[i++];
    }
    if (i == record.size()) return fields;
    if (record[i] != ',') return BadQuotes();
    ++i;
    fields.emplace_back();
  }
}

absl::StatusOr<std::unique_ptr<Table>> Table::Open(const std::string& path, TableKind kind) {
  auto lines = LineReader::Open(path);
  if (!lines.ok()) return lines.status();
  std::unique_ptr<Table> table(new Table(*std::move(lines), kind));
  Row row;
  if (!table->Next(&row)) {
    if (!table->status().ok()) return table->status();
    return Invalid("HEADER_INVALID", "The file is empty. Give one whose first line names the columns.",
                   "文件为空。请提供首行为列名的文件。", {{"file", path}});
  }
  if (ReasonOf(row.status) == "ROW_NOT_UTF8") {
    return Invalid("HEADER_INVALID", "The first line is not UTF-8 text. Convert the file, with iconv for example.",
                   "首行不是 UTF-8 文本。请转换文件编码，例如使用 iconv。", {{"file", path}});
  }
  if (!row.status.ok()) {
    return Invalid("HEADER_INVALID", "The first line cannot be read. Write the names of the columns into it.",
                   "首行无法读取。请将首行写为列名。", {{"file", path}});
  }
  absl::string_view first = row.fields[0];
  if (absl::ConsumePrefix(&first, "\xEF\xBB\xBF")) row.fields[0] = std::string(first);
  table->header_ = std::move(row.fields);
  return table;
}

bool Table::NextLine(Line* line) {
  if (again_.empty()) return lines_->Next(line);
  *line = std::move(again_.front());
  again_.pop_front();
  return true;
}

void Table::ReadCsv(Line line, Row* row) {
  std::string record = std::move(line.text);
  std::deque<Line> taken;  // after the first
  while (true) {
    auto fields = ParseCsv(record);
    if (fields.ok()) {
      row->fields = *std::move(fields);
      row->status = absl::OkStatus();
      return;
    }
    row->status = fields.status();
    if (!absl::IsUnavailable(row->status)) break;
    Line next;
    if (taken.size() + 1 >= kRecordLinesMax || record.size() > kLineBytesMax || !NextLine(&next)) {
      row->status = BadQuotes();
      break;
    }
    absl::StrAppend(&record, "\n", next.text);
    taken.push_back(std::move(next));
    if (taken.back().too_long) {  // it is not read whole, and must not be left out of the record unseen
      row->status = BadQuotes();
      break;
    }
  }
  // Only the first line is lost: the others may be good rows by themselves.
  again_.insert(again_.begin(), std::make_move_iterator(taken.begin()), std::make_move_iterator(taken.end()));
}

bool Table::Next(Row* row) {
  Line line;
  do {
    if (!NextLine(&line)) return false;
  } while (line.text.empty() && !line.too_long);
  row->line = line.number;
  row->fields.clear();
  row->status = absl::OkStatus();
  if (line.too_long) {
    row->status = Invalid("ROW_TOO_LONG", "The line is longer than 64 KiB. Shorten or split it.",
                          "该行超过 64 KiB。请缩短或拆分。");
    return true;
  }
  if (kind_ == TableKind::kTsv) {
    row->fields = absl::StrSplit(line.text, '\t');
  } else {
    ReadCsv(std::move(line), row);
  }
  if (!row->status.ok()) return true;
  for (const std::string& field : row->fields) {
    if (IsUtf8(field)) continue;
    row->status = Invalid("ROW_NOT_UTF8", "The row is not UTF-8 text. Convert the file.",
                          "该行不是 UTF-8 文本。请转换文件编码。");
    return true;
  }
  if (!header_.empty() && row->fields.size() != header_.size()) {
    row->status = Invalid("ROW_FIELDS",
                          "The row has another number of fields than the header. Correct it and import the file again.",
                          "该行字段数与表头不符。请更正后重新导入。",
                          {{"expected", absl::StrCat(header_.size())}, {"found", absl::StrCat(row->fields.size())}});
  }
  return true;
}

}  // namespace shoujie::importer
