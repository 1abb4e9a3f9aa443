#include "services/runtime/sim/judge.h"

#include <gtest/gtest.h>

#include "desk.pb.h"
#include "services/runtime/shard/rows.h"
#include "services/runtime/sim/published.h"
#include "tests/support/desk.h"

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

// Two partitions of one service that send each other messages.
class Pair {
 public:
  journal::v1::Commit& Add(uint32_t partition) {
    Counted& c = logs_[partition].emplace_back();
    c.commit.set_revision(logs_[partition].size());
    return c.commit;
  }
  void Send(uint32_t from, uint32_t to, uint64_t number) {
    auto* sent = Add(from).add_sent();
    sent->set_to_partition(to);
    sent->set_seq(number);
  }
  // `revision`: of the record that is said to have sent it.
  void Take(uint32_t to, uint32_t from, uint64_t number, uint64_t revision) {
    auto* cause = Add(to).mutable_cause();
    cause->set_partition(from);
    cause->set_seq(number);
    cause->set_revision(revision);
  }
  void Ack(uint32_t from, uint32_t to, uint64_t up_to) {
    auto* acked = Add(from).add_acked();
    acked->set_to_partition(to);
    acked->set_up_to(up_to);
  }
  std::string First(bool finished) const {
    std::map<uint32_t, const std::vector<Counted>*> partitions;
    for (const auto& [partition, log] : logs_) partitions[partition] = &log;
    const auto wrong = CheckMessages(partitions, finished);
    return wrong.empty() ? "" : wrong.front();
  }

 private:
  std::map<uint32_t, std::vector<Counted>> logs_;
};

TEST(CheckMessagesTest, WhatIsUnderWayIsWrongOnlyWhenEverythingHasFinished) {
  Pair pair;
  pair.Send(0, 1, 1);
  EXPECT_EQ(pair.First(false), "");
  EXPECT_EQ(pair.First(true), "M message 1 from 0 to 1 never takes effect");
  pair.Take(1, 0, 1, 1);
  EXPECT_EQ(pair.First(false), "");
  EXPECT_EQ(pair.First(true), "M message 1 from 0 to 1 is never known to have taken effect");
  pair.Ack(0, 1, 1);
  EXPECT_EQ(pair.First(true), "");
}

TEST(CheckMessagesTest, FindsWhatDoesNotHold) {
  {
    Pair pair;
    pair.Send(0, 1, 1);
    pair.Send(0, 1, 3);
    EXPECT_EQ(pair.First(false), "M message 3 from 0 to 1 is sent out of order");
  }
  {
    Pair pair;
    pair.Send(0, 1, 1);
    pair.Send(0, 1, 2);
    pair.Take(1, 0, 2, 2);
    EXPECT_EQ(pair.First(false), "M message 2 from 0 to 1 is taken out of order, or twice");
  }
  {
    Pair pair;
    pair.Send(0, 1, 1);
    pair.Take(1, 0, 1, 1);
    pair.Take(1, 0, 1, 1);
    EXPECT_EQ(pair.First(false), "M message 1 from 0 to 1 is taken out of order, or twice");
  }
  {
    Pair pair;
    pair.Take(1, 0, 1, 1);
    EXPECT_EQ(pair.First(false), "M message 1 from 0 to 1 is taken, and no record that counts sends it");
  }
  {
    Pair pair;
    pair.Send(0, 1, 1);
    pair.Take(1, 0, 1, 2);  // sent by a record that does not count
    EXPECT_EQ(pair.First(false), "M message 1 from 0 to 1 is taken, and no record that counts sends it");
  }
  {
    Pair pair;
    pair.Send(0, 1, 1);
    pair.Ack(0, 1, 1);
    EXPECT_EQ(pair.First(false), "M message 1 from 0 to 1 is held for recorded and is not");
  }
}

TEST(DifferenceTest, NamesTheFirstRowThatDiffers) {
  EXPECT_EQ(Difference({{"A", "1"}}, {{"A", "1"}}), "");
  EXPECT_EQ(Difference({{"A", "1"}}, {{"A", "2"}}), "differs: A");
  EXPECT_EQ(Difference({{"A", "1"}, {"B", "1"}}, {{"A", "1"}}), "only live: B");
  EXPECT_EQ(Difference({{"B", "1"}}, {{"A", "1"}, {"B", "1"}}), "only rebuilt: A");
}

TEST(CheckFeaturesTest, FindsAnEventThatStandsBeforeItsFeatureWasAdopted) {
  const ServiceDomain desk = testing::DeskDomain();
  Published published;
  directory::v1::Directory directory;
  published.Publish(directory);
  directory.add_features()->set_name(testing::kLargeAmounts);
  published.Publish(directory);
  testing::DeskEvent large;
  large.mutable_large_added()->set_amount(500);
  const auto commits = [&](std::initializer_list<uint64_t> adopted_before) {
    std::vector<Counted> all;
    for (const uint64_t version : adopted_before) all.emplace_back().commit.set_adopted_version(version);
    all.emplace_back().commit.add_events()->set_body(large.SerializeAsString());
    for (size_t i = 0; i < all.size(); ++i) all[i].commit.set_revision(i + 1);
    return all;
  };
  EXPECT_TRUE(CheckFeatures(desk, commits({1, 2}), published).empty());
  const auto wrong = CheckFeatures(desk, commits({1}), published);
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_EQ(wrong[0],
            "E an event that large-amounts guards stands at revision 2, under directory version 1 without it");
  EXPECT_EQ(CheckFeatures(desk, commits({}), published).size(), 1u);
}

}  // namespace
}  // namespace shoujie::sim
