// Messages between slots: each takes effect once and in order, whatever becomes of letters, owners and stores.
#include "gmock/gmock.h"
#include "services/runtime/shard/message_rows.h"
#include "tests/unit/runtime/shard/till_bench.h"

namespace shoujie::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(TillTest, AMessageIsPartOfTheSendersRecordAndLeavesARecordThatNamesIt) {
  const std::string a = TillIn(0), b = TillIn(1);
  ASSERT_TRUE(Pay(a, {b}, 5).ok());
  Settle();
  const auto sender = Commits(0), receiver = Commits(1);
  ASSERT_EQ(sender[0].sent_size(), 1);
  EXPECT_EQ(sender[0].events_size(), 1);
  EXPECT_EQ(sender[0].sent(0).to_partition(), 1u);
  EXPECT_EQ(sender[0].sent(0).seq(), 1u);
  EXPECT_EQ(sender[0].sent(0).type(), "shoujie.testing.CashRequest");
  EXPECT_EQ(receiver[0].stream_id(), b);
  EXPECT_EQ(receiver[0].principal(), "system/till");
  EXPECT_EQ(receiver[0].cause().service(), "till");
  EXPECT_EQ(receiver[0].cause().partition(), 0u);
  EXPECT_EQ(receiver[0].cause().revision(), sender[0].revision());
  EXPECT_EQ(receiver[0].cause().seq(), 1u);
  EXPECT_EQ(StateOf(b).cashed(), 5);
  EXPECT_EQ(StateOf(a).receipts(), 1u) << "a message that a message caused";
}

TEST_F(TillTest, WhatIsAcknowledgedIsRecordedAndItsRowGoes) {
  const std::string a = TillIn(0), b = TillIn(1);
  ASSERT_TRUE(Pay(a, {b, b, b}, 5).ok());
  EXPECT_EQ(RowsOf(0, 'M'), 3u);
  Settle();
  EXPECT_EQ(RowsOf(0, 'M'), 0u);
  EXPECT_EQ(SentTo(*tills[0]->store, 1)->sent, 3u);
  EXPECT_EQ(SentTo(*tills[0]->store, 1)->acked, 3u);
  EXPECT_EQ(*TakenFrom(*tills[1]->store, 0), 3u) << "kept for ever";
  uint64_t up_to = 0;
  for (const auto& commit : Commits(0)) {
    for (const auto& acked : commit.acked()) up_to = acked.up_to();
  }
  EXPECT_EQ(up_to, 3u);
  const size_t records = logs[0]->records().size();
  Pass(absl::Minutes(1));
  EXPECT_TRUE(post.under_way.empty());
  EXPECT_EQ(logs[0]->records().size(), records) << "nothing is repeated";
}

TEST_F(TillTest, LostLettersAreRepeatedLessAndLessOftenUntilTheyAreTaken) {
  const std::string a = TillIn(0), b = TillIn(1);
  ASSERT_TRUE(Pay(a, {b}, 5).ok());
  LoseLetters();
  std::vector<int> at;  // tenths of a second
  for (int tenth = 1; tenth <= 150; ++tenth) {
    time.Advance(absl::Milliseconds(100));
    StepAll();
    if (!post.under_way.empty()) at.push_back(tenth);
    post.under_way.clear();
  }
  EXPECT_THAT(at, ElementsAre(5, 15, 35, 75, 115));
  EXPECT_THAT(Taken(1, 0), IsEmpty());
  Pass(limits::kMessageRepeatAtLast);
  EXPECT_THAT(Taken(1, 0), ElementsAre(1));
  EXPECT_EQ(StateOf(b).cashed(), 5);
}

TEST_F(TillTest, ARepeatedMessageActsOnceAndIsAcknowledgedAgain) {
  const std::string a = TillIn(0), b = TillIn(1);
  ASSERT_TRUE(Pay(a, {b}, 5).ok());
  ASSERT_EQ(post.under_way.size(), 1u);
  const journal::v1::Letter letter = post.under_way.front();
  Deliver(letter);
  LoseLetters();  // the acknowledgement among them
  EXPECT_EQ(RowsOf(0, 'M'), 1u);
  Deliver(letter);
  Deliver(letter);
  StepAll();
  ASSERT_FALSE(post.under_way.empty());
  EXPECT_EQ(post.under_way.back().acked_up_to(), 1u);
  Settle();
  EXPECT_EQ(RowsOf(0, 'M'), 0u);
  Deliver(letter);  // long after
  Settle();
  EXPECT_THAT(Taken(1, 0), ElementsAre(1));
  EXPECT_EQ(StateOf(b).cashings(), 1u);
}

TEST_F(TillTest, AMessageBehindAGapIsNotTakenUntilTheOneBeforeWas) {
  const std::string a = TillIn(0), b = TillIn(1);
  ASSERT_TRUE(Pay(a, {b}, 1).ok());
  ASSERT_TRUE(Pay(a, {b}, 2).ok());
  ASSERT_EQ(post.under_way.size(), 2u);
  const journal::v1::Letter first = post.under_way.front(), second = post.under_way.back();
  post.under_way.clear();
  Deliver(second);
  StepAll();
  EXPECT_THAT(Taken(1, 0), IsEmpty());
  EXPECT_TRUE(post.under_way.empty()) << "what is not taken is not acknowledged";
  Deliver(first);
  Settle();
  EXPECT_THAT(Taken(1, 0), ElementsAre(1));
  Pass(limits::kMessageRepeatAfter);
  EXPECT_THAT(Taken(1, 0), ElementsAre(1, 2));
  EXPECT_FALSE(StateOf(b).disordered());
}

TEST_F(TillTest, WhatIsRefusedLeavesARecordAndItsSenderIsTold) {
  const std::string a = TillIn(0), b = TillIn(1);
  ASSERT_TRUE(Pay(a, {b}, 13).ok());
  Settle();
  const auto receiver = Commits(1);
  ASSERT_FALSE(receiver.empty());
  EXPECT_EQ(receiver[0].declined(), "UNLUCKY");
  EXPECT_EQ(receiver[0].cause().seq(), 1u);
  EXPECT_EQ(receiver[0].events_size(), 0);
  EXPECT_EQ(StateOf(a).bounces(), 1u);
  EXPECT_EQ(StateOf(a).receipts(), 0u);
  EXPECT_EQ(RowsOf(0, 'M') + RowsOf(1, 'M'), 0u);
  // What changes nothing leaves one too.
  ASSERT_TRUE(Pay(a, {b}, 0).ok());
  Settle();
  EXPECT_THAT(Taken(1, 0), ElementsAre(1, 2));
  EXPECT_EQ(StateOf(b).cashings(), 0u);
}

TEST_F(TillTest, AMessageToTheOwnPartitionGoesTheSameWay) {
  const std::string a = TillIn(2), b = TillIn(2);
  ASSERT_TRUE(Pay(a, {b, a}, 5).ok());
  Settle();
  EXPECT_THAT(Taken(2, 2), ElementsAre(1, 2, 3, 4)) << "two payments, two receipts";
  EXPECT_EQ(StateOf(b).cashed(), 5);
  EXPECT_EQ(StateOf(a).cashed(), 5);
  EXPECT_EQ(StateOf(a).receipts(), 2u);
  EXPECT_EQ(RowsOf(2, 'M'), 0u);
}

TEST_F(TillTest, PersonalFieldsTravelSealedUnderTheSendersKey) {
  const std::string a = TillIn(0), b = TillIn(1);
  ASSERT_TRUE(Pay(a, {b}, 5, "for the kettle").ok());
  Settle();
  for (uint32_t p : {0u, 1u}) {
    for (const StoredRecord& stored : logs[p]->records()) {
      EXPECT_EQ(stored.bytes.find("for the kettle"), std::string::npos);
    }
  }
  const Till till = StateOf(b);
  EXPECT_EQ(till.text().subject(), a);
  auto text = OpenPersonal(till.text(), keys);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, "for the kettle");
}

TEST_F(TillTest, AMessageIsDeliveredOnlyWhenItsRecordCounts) {
  const std::string a = TillIn(0), b = TillIn(1);
  tills[0]->shard.reset();
  SimulatedJournal::Options options;
  options.outcomes = SimulatedJournal::Outcomes::Clean();
  options.exclusive = true;
  logs[0] = std::make_unique<SimulatedJournal>(std::move(options));  // nothing lands before it is delivered
  tills[0] = NewOwner(0, "a");
  StepAll();
  logs[0]->DeliverAll();
  StepAll();
  ASSERT_EQ(tills[0]->shard->phase(), Shard::Phase::kServing);
  (void)Pay(a, {b}, 5);
  time.Advance(absl::Seconds(1));
  StepAll();
  ASSERT_GT(logs[0]->in_flight(), 0u);
  EXPECT_TRUE(post.under_way.empty());
  logs[0]->DeliverAll();
  StepAll();
  EXPECT_EQ(post.under_way.size(), 1u);
}

TEST_F(TillTest, ANewOwnerOfTheSenderRepeatsWhatTheFormerOneLeft) {
  const std::string a = TillIn(0), b = TillIn(1);
  ASSERT_TRUE(Pay(a, {b, b}, 5).ok());
  LoseLetters();
  tills[0]->shard.reset();
  tills[0] = NewOwner(0, "b");
  for (int i = 0; i < 20; ++i) Pass(absl::Milliseconds(500));
  EXPECT_THAT(Taken(1, 0), ElementsAre(1, 2));
  EXPECT_EQ(StateOf(a).receipts(), 2u);
  EXPECT_EQ(RowsOf(0, 'M'), 0u);
}

TEST_F(TillTest, ANewOwnerOfTheReceiverKnowsWhatWasTaken) {
  const std::string a = TillIn(0), b = TillIn(1);
  ASSERT_TRUE(Pay(a, {b, b}, 5).ok());
  const journal::v1::Letter letter = post.under_way.front();
  Settle();
  tills[1]->shard.reset();
  tills[1] = NewOwner(1, "b");
  for (int i = 0; i < 20; ++i) Pass(absl::Milliseconds(500));
  Deliver(letter);
  Settle();
  EXPECT_THAT(Taken(1, 0), ElementsAre(1, 2));
  EXPECT_EQ(StateOf(b).cashings(), 2u);
}

TEST_F(TillTest, TheLiveStoreEqualsItsRebuildAtEveryStage) {
  const std::string a = TillIn(0), b = TillIn(1), c = TillIn(2);
  const auto rebuilt_equals_live = [&] {
    for (uint32_t p = 0; p < kPartitions; ++p) {
      const auto live = tills[p]->store->rows();
      MemoryStore store;
      Projector projector(&domain, {"till", p}, &store, &keys);
      rows::Place place;
      Fold fold;
      for (const StoredRecord& stored : logs[p]->records()) {
        journal::v1::Record record;
        Verdict verdict;
        ASSERT_TRUE(record.ParseFromString(stored.bytes) && fold.Step(stored.position, record, &verdict).ok());
        if (verdict != Verdict::kApplied) continue;
        auto made = projector.Apply(record.commit(), stored.bytes);
        ASSERT_TRUE(made.ok()) << made.status();
        for (Row& row : projector.PlaceRows(record.commit(), rows::Sha256(stored.bytes), stored.position, &place)) {
          made->push_back(std::move(row));
        }
        store.Write(*std::move(made), [] {});
      }
      EXPECT_EQ(live, store.rows()) << "partition " << p;
    }
  };
  ASSERT_TRUE(Pay(a, {b, c, b, a}, 7, "text").ok());
  rebuilt_equals_live();
  LoseLetters();
  ASSERT_TRUE(Pay(c, {a, b}, 13).ok());
  rebuilt_equals_live();
  for (int i = 0; i < 10; ++i) {
    Pass(absl::Milliseconds(700));
    rebuilt_equals_live();
  }
  EXPECT_EQ(StateOf(b).cashed(), 14);
}

TEST_F(TillTest, MoreThanAWindowGoesThroughAndNoLetterHoldsMoreThanItsLimit) {
  const std::string a = TillIn(0), b = TillIn(1);
  const std::vector<std::string> many(limits::kMessagesWindow + 50, b);
  ASSERT_TRUE(Pay(a, many, 1).ok());
  ASSERT_TRUE(Pay(a, many, 1).ok());
  StepAll();
  uint64_t highest = 0;
  for (const auto& letter : post.under_way) {
    EXPECT_LE(static_cast<size_t>(letter.messages_size()), limits::kLetterMessagesMax);
    for (const auto& message : letter.messages()) highest = std::max(highest, message.sent().seq());
  }
  EXPECT_EQ(highest, limits::kMessagesWindow) << "the rest waits in its rows";
  for (int i = 0; i < 10; ++i) Pass(absl::Seconds(1));
  EXPECT_EQ(StateOf(b).cashings(), 2 * many.size());
  EXPECT_EQ(StateOf(a).receipts(), 2 * many.size());
  EXPECT_FALSE(StateOf(b).disordered());
  EXPECT_EQ(RowsOf(0, 'M') + RowsOf(1, 'M'), 0u);
}

TEST_F(TillTest, TooManyMessagesAtOnceAreRefusedAsAWhole) {
  const std::string a = TillIn(0), b = TillIn(1);
  EXPECT_REASON(Pay(a, std::vector<std::string>(limits::kMessagesPerCommandMax + 1, b), 1).status(),
                "TOO_MANY_MESSAGES");
  Settle();
  EXPECT_TRUE(Commits(0).empty());
}

TEST_F(TillTest, LettersThatCannotBeTrueChangeNothing) {
  const std::string a = TillIn(0), b = TillIn(1);
  ASSERT_TRUE(Pay(a, {b}, 5).ok());
  const journal::v1::Letter good = post.under_way.front();
  post.under_way.clear();
  journal::v1::Letter ack;
  ack.set_service("till");
  ack.set_from_partition(1);
  ack.set_to_partition(0);
  ack.set_acked_up_to(2);  // more than was ever sent
  Deliver(ack);
  journal::v1::Letter bad = good;
  bad.mutable_messages(0)->mutable_sent()->set_type("shoujie.testing.Unknown");
  Deliver(bad);
  bad = good;
  bad.mutable_messages(0)->mutable_sent()->set_command("\xff\xff");
  Deliver(bad);
  bad = good;
  bad.set_from_partition(kPartitions);
  Deliver(bad);
  bad = good;
  bad.set_service("desk");
  Deliver(bad);
  StepAll();
  EXPECT_EQ(RowsOf(0, 'M'), 1u);
  EXPECT_THAT(Taken(1, 0), IsEmpty());
  EXPECT_EQ(tills[0]->shard->phase(), Shard::Phase::kServing);
  EXPECT_EQ(tills[1]->shard->phase(), Shard::Phase::kServing);
  Pass(limits::kMessageRepeatAfter);
  EXPECT_THAT(Taken(1, 0), ElementsAre(1));
}

TEST_F(TillTest, ARecordThatBreaksTheOrderHaltsItsReader) {
  MemoryStore store;
  std::vector<Row> rows;
  journal::v1::Commit commit;
  commit.set_revision(1);
  commit.mutable_cause()->set_seq(2);
  EXPECT_REASON(MessageRows(commit, store, &rows), "MESSAGE_ORDER");
  commit.mutable_cause()->set_seq(1);
  EXPECT_TRUE(MessageRows(commit, store, &rows).ok());
  commit.Clear();
  commit.add_sent()->set_seq(2);
  EXPECT_REASON(MessageRows(commit, store, &rows), "MESSAGE_ORDER");
  commit.Clear();
  commit.add_acked()->set_up_to(1);
  EXPECT_REASON(MessageRows(commit, store, &rows), "MESSAGE_ORDER");
}

}  // namespace
}  // namespace shoujie::testing
