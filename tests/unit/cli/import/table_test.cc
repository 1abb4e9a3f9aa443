#include "services/cli/import/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/runtime/base/error.h"
#include "tests/unit/cli/import/test_files.h"

namespace shoujie::importer {
namespace {

using ::testing::ElementsAre;

// Every row as "line:field|field" or "line!REASON"; then the end if it was not the real one.
std::vector<std::string> ReadAll(const std::string& content, TableKind kind) {
  auto table = Table::Open(WriteFile("table", content), kind);
  if (!table.ok()) return {ReasonOf(table.status())};
  std::vector<std::string> all;
  Row row;
  while ((*table)->Next(&row)) {
    std::string text = std::to_string(row.line);
    if (!row.status.ok()) {
      text += "!" + ReasonOf(row.status);
    } else {
      for (size_t i = 0; i < row.fields.size(); ++i) text += (i ? "|" : ":") + row.fields[i];
    }
    all.push_back(text);
  }
  if (!(*table)->status().ok()) all.push_back(ReasonOf((*table)->status()));
  return all;
}

std::string ManyRows() {
  std::string content = "a\tb\n";
  for (int i = 0; i < 50'000; ++i) content += std::to_string(i) + "\t" + std::to_string(i * 7) + "\n";
  return content;
}

TEST(TableTest, CsvQuotesCommasAndLineEndsWithinFields) {
  EXPECT_THAT(ReadAll("a,b,c\r\n1,\"two, 2\",\"say \"\"hi\"\"\"\r\n\"x\ny\",,z\n\n7,8,9", TableKind::kCsv),
              ElementsAre("2:1|two, 2|say \"hi\"", "3:x\ny||z", "6:7|8|9"));
}

TEST(TableTest, AQuoteNeverClosedCostsOneRow) {
  EXPECT_THAT(ReadAll("a,b\n1,\"2\n3,4\n5,6\n", TableKind::kCsv), ElementsAre("2!ROW_QUOTES", "3:3|4", "4:5|6"));
  EXPECT_THAT(ReadAll("a,b\n1,2\"2\n3,\"4\"4\n5,6\n", TableKind::kCsv),
              ElementsAre("2!ROW_QUOTES", "3!ROW_QUOTES", "4:5|6"));
  std::string many = "a,b\n1,\"2\n";
  for (int i = 0; i < 300; ++i) many += "3,4\n";
  const auto rows = ReadAll(many, TableKind::kCsv);
  ASSERT_EQ(rows.size(), 301u);
  EXPECT_EQ(rows[0], "2!ROW_QUOTES");
  EXPECT_EQ(rows[300], "302:3|4");
}

// Such a line is not read whole: a record that went on behind it would lack a part that nobody misses.
TEST(TableTest, ALineThatIsTooLongIsNotLeftOutOfAQuotedField) {
  EXPECT_THAT(ReadAll("a,b\n\"x\n" + std::string(kLineBytesMax + 1, 'y') + "\nz\",2\n3,4\n", TableKind::kCsv),
              ElementsAre("2!ROW_QUOTES", "3!ROW_TOO_LONG", "4!ROW_QUOTES", "5:3|4"));
}

TEST(TableTest, TsvHasNoQuotes) { EXPECT_THAT(ReadAll("a\tb\n\"1\t2\"\n", TableKind::kTsv), ElementsAre("2:\"1|2\"")); }

TEST(TableTest, WrongRowsAreSaidWithTheirLine) {
  EXPECT_THAT(ReadAll("a\tb\n1\n1\t2\t3\n\xC3\x28\t2\n1\t\xED\xA0\x80\n1\t2\n", TableKind::kTsv),
              ElementsAre("2!ROW_FIELDS", "3!ROW_FIELDS", "4!ROW_NOT_UTF8", "5!ROW_NOT_UTF8", "6:1|2"));
  EXPECT_THAT(ReadAll("a\tb\n" + std::string(70'000, 'x') + "\n1\t2\n", TableKind::kTsv),
              ElementsAre("2!ROW_TOO_LONG", "3:1|2"));
  EXPECT_THAT(ReadAll(std::string("a\tb\n1\t\0\n1\t2\n", 12), TableKind::kTsv), ElementsAre("2!ROW_NOT_UTF8", "3:1|2"));
}

TEST(TableTest, Utf8) {
  EXPECT_TRUE(IsUtf8("首接 \xF0\x9F\x98\x80"));
  for (const char* bad : {"\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xE9\xA6"}) {
    EXPECT_FALSE(IsUtf8(bad));
  }
}

TEST(TableTest, GzipIsReadAsItIs) {
  const auto plain = ReadAll(ManyRows(), TableKind::kTsv);
  EXPECT_EQ(ReadAll(Gzip(ManyRows()), TableKind::kTsv), plain);
  EXPECT_EQ(plain.size(), 50'000u);
}

TEST(TableTest, AFileCutOffIsReadUpToThereAndSaysSo) {
  std::string gz = Gzip(ManyRows());
  gz.resize(gz.size() / 2);
  const auto rows = ReadAll(gz, TableKind::kTsv);
  ASSERT_GT(rows.size(), 100u);
  EXPECT_EQ(rows.back(), "FILE_CUT_OFF");
  const auto plain = ReadAll(ManyRows(), TableKind::kTsv);
  for (size_t i = 0; i + 1 < rows.size(); ++i) ASSERT_EQ(rows[i], plain[i]);  // no row was cut in the middle
}

TEST(TableTest, ADamagedFileSaysSo) {
  std::string gz = Gzip("a\tb\n1\t2\n");
  gz[gz.size() - 6] ^= 1;  // checksum
  EXPECT_EQ(ReadAll(gz, TableKind::kTsv).back(), "FILE_CUT_OFF");
}

TEST(TableTest, NoFileAndNoHeader) {
  EXPECT_EQ(ReasonOf(Table::Open("/nowhere/at/all", TableKind::kCsv).status()), "FILE_NOT_FOUND");
  EXPECT_THAT(ReadAll("", TableKind::kCsv), ElementsAre("HEADER_INVALID"));
  EXPECT_THAT(ReadAll("\xFF\xFE\n", TableKind::kCsv), ElementsAre("HEADER_INVALID"));
}

TEST(TableTest, AMarkOfByteOrderIsNoPartOfTheFirstName) {
  auto table = Table::Open(WriteFile("bom", "\xEF\xBB\xBFnumber,b\n1,2\n"), TableKind::kCsv);
  ASSERT_TRUE(table.ok());
  EXPECT_EQ((*table)->header()[0], "number");
}

}  // namespace
}  // namespace shoujie::importer
