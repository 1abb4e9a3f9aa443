// Tables in files: lines, tabs, quotes, UTF-8, gzip. Rows come in the order of their lines, have the header's number of
// fields or say what is wrong, and a table written by RFC 4180 is read back as it was.
//
// Input: a byte (bit 0: tabs; bit 1: the file is compressed by the fuzzer), then the file.
#include <zlib.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/cli/import/table.h"
#include "services/runtime/base/error.h"
#include "tests/fuzz/fuzz.h"

namespace shoujie::fuzz::table_fuzz {
namespace {

using importer::Row;
using importer::Table;
using importer::TableKind;

std::string Gzip(absl::string_view content) {
  std::string out(compressBound(content.size()) + 64, '\0');
  z_stream z{};
  deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  z.avail_in = static_cast<uInt>(content.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::vector<Row> ReadAll(absl::string_view content, TableKind kind, std::vector<std::string>* header,
                         absl::Status* status) {
  const MemoryFile file(content);
  std::vector<Row> rows;
  auto table = Table::Open(file.path(), kind);
  if (!table.ok()) {
    *status = table.status();
    return rows;
  }
  *header = (*table)->header();
  FUZZ_REQUIRE(!header->empty());
  Row row;
  while ((*table)->Next(&row)) rows.push_back(row);
  *status = (*table)->status();
  return rows;
}

std::string Csv(const std::vector<std::string>& fields) {
  std::string out;
  for (const std::string& field : fields) {
    absl::StrAppend(&out, out.empty() && &field == &fields[0] ? "" : ",", "\"",
                    absl::StrReplaceAll(field, {{"\"", "\"\""}}), "\"");
  }
  return out;
}

// The good rows of a table, written with every field in quotes.
void WriteAgain(const std::vector<std::string>& header, const std::vector<Row>& rows) {
  // A first field with the mark would lose it again.
  if (absl::string_view(header[0]).substr(0, 3) == "\xEF\xBB\xBF") return;
  std::string content = Csv(header) + "\n";
  std::vector<std::vector<std::string>> good;
  for (const Row& row : rows) {
    if (!row.status.ok()) continue;
    // "\r\n" within quotes is one line end: what stands before it is not told apart from it.
    bool plain = true;
    for (const std::string& field : row.fields) plain = plain && field.find('\r') == std::string::npos;
    if (!plain) continue;
    const auto record = importer::ParseCsv(Csv(row.fields));
    FUZZ_REQUIRE(record.ok() && *record == row.fields);
    good.push_back(row.fields);
    content += Csv(row.fields) + "\r\n";
  }
  if (absl::StrContains(Csv(header), '\r')) return;
  std::vector<std::string> header_again;
  absl::Status status;
  const auto again = ReadAll(content, TableKind::kCsv, &header_again, &status);
  FUZZ_REQUIRE(status.ok() && header_again == header && again.size() == good.size());
  for (size_t i = 0; i < good.size(); ++i) FUZZ_REQUIRE(again[i].status.ok() && again[i].fields == good[i]);
}

void Run(absl::string_view input) {
  Input in(input);
  const uint8_t how = in.Byte();
  const TableKind kind = how & 1 ? TableKind::kTsv : TableKind::kCsv;
  const std::string plain(in.Rest());
  std::vector<std::string> header;
  absl::Status status;
  const auto rows = ReadAll(plain, kind, &header, &status);
  RequireTyped(status);
  uint64_t line = 1;
  for (const Row& row : rows) {
    FUZZ_REQUIRE(row.line > line);
    line = row.line;
    RequireTyped(row.status);
    if (!row.status.ok()) continue;
    FUZZ_REQUIRE(row.fields.size() == header.size());
    size_t size = 0;
    for (const std::string& field : row.fields) {
      FUZZ_REQUIRE(importer::IsUtf8(field));
      size += field.size();
    }
    FUZZ_REQUIRE(size <= 2 * importer::kLineBytesMax + 2);
    if (kind == TableKind::kTsv) continue;
    // Nothing between the quotes of a good row is left out.
    FUZZ_REQUIRE(size <= plain.size() || plain.substr(0, 2) == "\x1f\x8b");
  }
  if (!header.empty() && kind == TableKind::kCsv) WriteAgain(header, rows);

  if (how & 2) {
    // Compressed, it is the same table.
    std::vector<std::string> header_again;
    absl::Status status_again;
    const auto again = ReadAll(Gzip(plain), kind, &header_again, &status_again);
    if (plain.substr(0, 2) == "\x1f\x8b") return;  // compressed twice
    FUZZ_REQUIRE(header_again == header && again.size() == rows.size() && status_again.ok() == status.ok());
    for (size_t i = 0; i < rows.size(); ++i) {
      FUZZ_REQUIRE(again[i].fields == rows[i].fields && again[i].line == rows[i].line);
    }
  }
}

const Registered kRegistered({"table", &Run});

}  // namespace
}  // namespace shoujie::fuzz::table_fuzz
