#include "services/runtime/journal/record_head.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace shoujie {
namespace {

using journal::v1::Commit;
using journal::v1::Record;

// Bytes of a message whose field `kind` is set.
std::string Body(int kind, size_t bytes) {
  std::string body;
  for (uint32_t tag = static_cast<uint32_t>(kind) << 3 | 2;; tag >>= 7) {
    body.push_back(static_cast<char>(tag < 128 ? tag : (tag & 127) | 128));
    if (tag < 128) break;
  }
  body.push_back(static_cast<char>(bytes));
  return body.append(bytes, 'x');
}

void ExpectSame(const Record& record, const CommitHead& head) {
  const Commit& commit = record.commit();
  EXPECT_EQ(head.numbers.revision, commit.revision());
  EXPECT_EQ(head.numbers.term, commit.term());
  EXPECT_EQ(head.numbers.stable, commit.stable());
  EXPECT_EQ(head.history, commit.history());
  EXPECT_EQ(head.kinds.size(), static_cast<size_t>(commit.events_size()));
}

TEST(RecordHead, SaysWhatTheWholeRecordSays) {
  Record record;
  Commit* commit = record.mutable_commit();
  commit->set_revision(1ull << 40);
  commit->set_term(300);
  commit->set_stable(7);
  commit->set_command_id(std::string(16, '\xff'));
  commit->set_principal("agents/1001");
  commit->mutable_cause()->set_revision(99);  // fields of the same number, one level deeper
  commit->mutable_cause()->set_term(98);
  for (const int kind : {1, 19, 200, 20'000}) commit->add_events()->set_body(Body(kind, 100));
  commit->mutable_events(1)->set_effective_offset_ms(-5);
  commit->set_history(true);
  commit->mutable_released()->set_to("b");
  const auto head = ReadCommitHead(record.SerializeAsString());
  ASSERT_TRUE(head);
  ExpectSame(record, *head);
  EXPECT_EQ(head->kinds, (std::vector<int>{1, 19, 200, 20'000}));
  EXPECT_EQ(FirstField(commit->events(3).body()), 20'000);
}

TEST(RecordHead, LeavesToAParserWhatIsNoCommit) {
  Record claim;
  claim.mutable_claim()->set_term(5);
  EXPECT_FALSE(ReadCommitHead(claim.SerializeAsString()));
  EXPECT_FALSE(ReadCommitHead(""));
  claim.mutable_commit()->set_term(5);  // both: the rule takes it for a claim
  EXPECT_FALSE(ReadCommitHead(claim.SerializeAsString()));
}

TEST(RecordHead, AnEmptyEventIsOfNoKnownKind) {
  Record record;
  record.mutable_commit()->add_events()->set_effective_offset_ms(1);
  record.mutable_commit()->add_events();
  const auto head = ReadCommitHead(record.SerializeAsString());
  ASSERT_TRUE(head);
  EXPECT_EQ(head->kinds, (std::vector<int>{0, 0}));
  EXPECT_EQ(FirstField(""), 0);
}

// Whatever bytes there are: where it says something, a parser that takes them says the same.
TEST(RecordHead, AgreesWithTheParserOnDamagedBytes) {
  std::mt19937 random(7);
  Record record;
  record.mutable_commit()->set_revision(77'000);
  record.mutable_commit()->set_term(3);
  record.mutable_commit()->set_stable(76'999);
  record.mutable_commit()->add_events()->set_body(Body(4, 20));
  record.mutable_commit()->set_history(true);
  const std::string whole = record.SerializeAsString();
  int said = 0;
  for (int n = 0; n < 20'000; ++n) {
    std::string bytes = whole;
    bytes[random() % bytes.size()] = static_cast<char>(random());
    if (n % 3 == 0) bytes.resize(random() % bytes.size());
    const auto head = ReadCommitHead(bytes);
    Record parsed;
    if (!head || !parsed.ParseFromString(bytes)) continue;
    ++said;
    ASSERT_TRUE(parsed.has_commit());
    ExpectSame(parsed, *head);
  }
  EXPECT_GT(said, 1000);
}

}  // namespace
}  // namespace shoujie
