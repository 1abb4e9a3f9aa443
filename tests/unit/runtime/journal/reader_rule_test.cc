#include "services/runtime/journal/reader_rule.h"

#include <gtest/gtest.h>

#include "services/runtime/base/error.h"

namespace shoujie {
namespace {

using journal::v1::Record;

Record Claim(uint64_t term, uint64_t last) {
  Record record;
  record.mutable_claim()->set_term(term);
  record.mutable_claim()->set_last(last);
  return record;
}

Record Data(uint64_t term, uint64_t revision, uint64_t stable) {
  Record record;
  record.mutable_commit()->set_term(term);
  record.mutable_commit()->set_revision(revision);
  record.mutable_commit()->set_stable(stable);
  return record;
}

// One row of architecture §3: a reader in term 5 at revision 10 reads `record`.
struct Row {
  const char* name;
  Record record;
  bool void_before;
  bool halts;
  Verdict verdict;
  uint64_t term;
  uint64_t revision;
  bool void_after;
};

TEST(ReaderRuleTest, EveryRowOfTheRule) {
  const Row rows[] = {
      {"claim of a lower term", Claim(4, 0), false, false, Verdict::kIgnored, 5, 10, false},
      {"claim of the same term", Claim(5, 99), false, false, Verdict::kIgnored, 5, 10, false},
      {"claim, a record that counted is missing", Claim(6, 11), false, true, {}, 5, 10, false},
      {"claim that counts", Claim(6, 10), false, false, Verdict::kClaimed, 6, 10, false},
      {"claim that knew less still counts", Claim(9, 3), false, false, Verdict::kClaimed, 9, 10, false},
      {"claim ends the void", Claim(6, 10), true, false, Verdict::kClaimed, 6, 10, false},
      {"ignored claim does not end the void", Claim(5, 10), true, false, Verdict::kIgnored, 5, 10, true},
      {"data of a lower term", Data(4, 11, 99), false, false, Verdict::kIgnored, 5, 10, false},
      {"data of a higher term: its claim is missing", Data(6, 11, 0), false, true, {}, 5, 10, false},
      {"data, a record that counted is missing", Data(5, 12, 11), false, true, {}, 5, 10, false},
      {"the same while void", Data(5, 12, 11), true, true, {}, 5, 10, true},
      {"data while void", Data(5, 11, 10), true, false, Verdict::kIgnored, 5, 10, true},
      {"data repeated", Data(5, 10, 9), false, false, Verdict::kIgnored, 5, 10, false},
      {"data of long ago", Data(5, 2, 1), false, false, Verdict::kIgnored, 5, 10, false},
      {"data with a gap voids the term", Data(5, 12, 10), false, false, Verdict::kVoided, 5, 10, true},
      {"data that counts", Data(5, 11, 10), false, false, Verdict::kApplied, 5, 11, false},
      {"data that counts, sent when less was known", Data(5, 11, 3), false, false, Verdict::kApplied, 5, 11, false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    Fold fold{.position = 20, .term = 5, .revision = 10, .void_term = row.void_before};
    Verdict verdict;
    const absl::Status status = fold.Step(23, row.record, &verdict);
    EXPECT_EQ(status.ok(), !row.halts) << status;
    if (row.halts) {
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
      EXPECT_EQ(ReasonOf(status), "JOURNAL_RECORD_MISSING");
    } else {
      EXPECT_EQ(verdict, row.verdict);
    }
    EXPECT_EQ(fold.position, row.halts ? 20u : 24u) << "a fold that halted has not moved";
    EXPECT_EQ(fold.term, row.term);
    EXPECT_EQ(fold.revision, row.revision);
    EXPECT_EQ(fold.void_term, row.void_after);
  }
}

TEST(ReaderRuleTest, ARecordOfAnUnknownKindHalts) {
  Fold fold;
  Verdict verdict;
  EXPECT_EQ(ReasonOf(fold.Step(0, Record(), &verdict)), "JOURNAL_RECORD_UNKNOWN");
  EXPECT_EQ(fold.position, 0u);
}

TEST(ReaderRuleTest, TheFirstRecordsOfAJournal) {
  Fold fold;
  Verdict verdict;
  ASSERT_TRUE(fold.Step(0, Claim(1, 0), &verdict).ok());
  ASSERT_TRUE(fold.Step(1, Data(1, 1, 0), &verdict).ok());
  EXPECT_EQ(verdict, Verdict::kApplied);
  EXPECT_EQ(fold.revision, 1u);
}

}  // namespace
}  // namespace shoujie
