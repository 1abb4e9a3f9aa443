#include "services/runtime/sim/judge.h"

#include <gtest/gtest.h>

#include "services/runtime/shard/rows.h"

namespace shoujie::sim {
namespace {

// Records of one stream, chained as they should be.
class Log {
 public:
  journal::v1::Commit& Add(const std::string& command_id, int64_t recorded_ms) {
    Counted& c = counted_.emplace_back();
    c.position = counted_.size() - 1;
    c.commit.set_revision(counted_.size());
    c.commit.set_command_id(command_id);
    c.commit.set_recorded_at_ms(recorded_ms);
    c.commit.set_stream_id("cases/1");
    c.commit.set_stream_version(counted_.size());
    c.commit.add_events();
    return c.commit;
  }
  std::vector<std::string> Check() {
    std::string hash;
    for (Counted& c : counted_) {
      if (c.commit.prev_hash().empty()) c.commit.set_prev_hash(hash);
      c.bytes = c.commit.SerializeAsString();
      hash = rows::Sha256(c.bytes);
    }
    return CheckJournal(counted_);
  }

 private:
  std::vector<Counted> counted_;
};

TEST(CheckJournalTest, ASoundJournalHasNoViolation) {
  Log log;
  log.Add("timer/cases/1/remind/1", 10);
  log.Add("timer/cases/1/remind/2", 10);
  EXPECT_TRUE(log.Check().empty());
}

TEST(CheckJournalTest, FindsWhatDoesNotHold) {
  const auto first = [](Log& log) {
    const auto wrong = log.Check();
    return wrong.empty() ? std::string() : wrong.front();
  };
  {
    Log log;
    log.Add("timer/a", 10);
    log.Add("timer/a", 10);
    EXPECT_EQ(first(log), "I1 a command counts twice, at revisions 1 and 2: timer/a");
  }
  {
    Log log;
    log.Add("timer/a", 10);
    log.Add("timer/b", 9);
    EXPECT_EQ(first(log), "I3 recorded time falls at revision 2");
  }
  {
    Log log;
    log.Add("timer/a", 10);
    log.Add("timer/b", 10).set_stream_version(3);
    EXPECT_EQ(first(log), "I3 cases/1 has a gap before version 3");
  }
  {
    Log log;
    log.Add("timer/a", 10);
    log.Add("timer/b", 10).set_prev_hash("another");
    EXPECT_EQ(first(log), "I3 chain of cases/1 broken at revision 2");
  }
  {
    Log log;
    log.Add("timer/a", 10);
    log.Add("timer/b", 10).mutable_events(0)->set_effective_offset_ms(-1);
    EXPECT_EQ(first(log), "I11 effective time falls at revision 2");
  }
  {
    Log log;
    log.Add("timer/a", 10).set_revision(2);
    EXPECT_EQ(first(log), "I3 revision 2 follows 0");
  }
}

TEST(DifferenceTest, NamesTheFirstRowThatDiffers) {
  EXPECT_EQ(Difference({{"A", "1"}}, {{"A", "1"}}), "");
  EXPECT_EQ(Difference({{"A", "1"}}, {{"A", "2"}}), "differs: A");
  EXPECT_EQ(Difference({{"A", "1"}, {"B", "1"}}, {{"A", "1"}}), "only live: B");
  EXPECT_EQ(Difference({{"B", "1"}}, {{"A", "1"}, {"B", "1"}}), "only rebuilt: A");
}

}  // namespace
}  // namespace shoujie::sim
