// Two nodes on one log: claims, replacement, doubt, the wait for the former owner's lease.
#include "tests/unit/runtime/shard/two_nodes.h"

namespace shoujie::testing {
namespace {

using TakeoverTest = TwoNodesTest;

TEST_F(TakeoverTest, ACommandIsAnsweredOnlyWhenItsRecordIsReported) {
  Serve(*a);
  auto answer = PostTo(*a, Open("+86 1"));
  a->shard->Step();
  a->shard->Step();
  EXPECT_FALSE(answer->has_value());
  log->DeliverAll();
  a->shard->Step();
  ASSERT_TRUE(answer->has_value());
  EXPECT_TRUE((*answer)->ok());
}

TEST_F(TakeoverTest, ANewOwnerWaitsForTheLeaseOfTheOneBefore) {
  Serve(*a);
  PostTo(*a, Open("+86 1"));
  Run(*a);
  time.Advance(absl::Milliseconds(500));
  b->shard->Own();
  Run(*b);
  EXPECT_EQ(b->shard->phase(), Shard::Phase::kWaiting);
  time.Advance(limits::kLease + limits::kLeaseMargin - absl::Milliseconds(501));
  Run(*b);
  EXPECT_EQ(b->shard->phase(), Shard::Phase::kWaiting);
  time.Advance(absl::Milliseconds(1));
  Run(*b);
  EXPECT_EQ(b->shard->phase(), Shard::Phase::kServing);
}

TEST_F(TakeoverTest, AReplacedOwnersRecordsNeverCountAndItsCallersAreToldSo) {
  Serve(*a);
  auto opened = PostTo(*a, Open("+86 1"));
  Run(*a);
  const std::string name = (**opened)->name(), id = NewId();
  b->shard->Own();
  b->shard->Step();
  log->DeliverAll();  // the claim lies in the log, and a has not read it yet
  auto lost = PostTo(*a, Add(name, 5), id);
  a->shard->FinishBatch();
  a->shard->BuildBatch();
  log->DeliverAll();
  a->shard->Step();
  a->shard->Step();
  ASSERT_TRUE(lost->has_value());
  EXPECT_REASON((*lost)->status(), "OUTCOME_UNKNOWN");
  EXPECT_EQ(a->shard->phase(), Shard::Phase::kFollowing);

  Serve(*b);
  auto repeated = PostTo(*b, Add(name, 5), id);
  Run(*b);
  ASSERT_TRUE(repeated->has_value() && (*repeated)->ok());
  Run(*a);
  EXPECT_EQ(StateIn<Case>(*a, name).total(), 5);  // the standby follows
  EXPECT_EQ(a->store->rows(), b->store->rows());
}

TEST_F(TakeoverTest, AfterADoubtTheCallerIsAnsweredFromWhatCounts) {
  Serve(*a);
  auto opened = PostTo(*a, Open("+86 1"));
  Run(*a);
  const uint64_t term = a->shard->term();
  SimulatedJournal::Outcomes landed = SimulatedJournal::Outcomes::Clean();
  landed.landed_with_error_permille = 1000;
  log->SetOutcomes(landed);
  auto answer = PostTo(*a, Add((**opened)->name(), 5));
  a->shard->Step();
  log->Deliver();
  log->SetOutcomes(SimulatedJournal::Outcomes::Clean());
  Run(*a);
  ASSERT_TRUE(answer->has_value());
  ASSERT_TRUE((*answer)->ok()) << (*answer)->status();
  EXPECT_EQ((**answer)->etag(), "2");
  EXPECT_EQ(a->shard->term(), term + 1);
  EXPECT_EQ(a->shard->phase(), Shard::Phase::kServing);  // its own lease is not waited for
}

TEST_F(TakeoverTest, ARecordWhoseReportGetsLostIsFoundByReading) {
  Serve(*a);
  SimulatedJournal::Outcomes silent = SimulatedJournal::Outcomes::Clean();
  silent.no_report_permille = 1000;
  log->SetOutcomes(silent);
  auto answer = PostTo(*a, Open("+86 1"));
  Run(*a);
  EXPECT_FALSE(answer->has_value());
  time.Advance(limits::kReportAwaited);
  Run(*a);
  ASSERT_TRUE(answer->has_value());
  EXPECT_TRUE((*answer)->ok());
}

TEST_F(TakeoverTest, ARecordThatNeverLandsAndIsNeverReportedIsDoubtedInTheEnd) {
  Serve(*a);
  SimulatedJournal::Outcomes gone = SimulatedJournal::Outcomes::Clean();
  gone.lost_permille = gone.no_report_permille = 1000;
  log->SetOutcomes(gone);
  auto answer = PostTo(*a, Open("+86 1"));
  Run(*a);
  log->SetOutcomes(SimulatedJournal::Outcomes::Clean());
  time.Advance(limits::kReportAtLast);
  Run(*a);
  Run(*a);
  ASSERT_TRUE(answer->has_value());
  EXPECT_REASON((*answer)->status(), "OUTCOME_UNKNOWN");
  EXPECT_EQ(a->shard->phase(), Shard::Phase::kServing);
}

TEST_F(TakeoverTest, ARecordBehindAHoleOfItsOwnTermDoesNotCount) {
  Serve(*a);
  auto opened = PostTo(*a, Open("+86 1"));
  Run(*a);
  const std::string name = (**opened)->name();
  SimulatedJournal::Outcomes swapped = SimulatedJournal::Outcomes::Clean();
  swapped.overtaken_permille = 1000;
  log->SetOutcomes(swapped);
  auto first = PostTo(*a, Add(name, 5)), second = PostTo(*a, Add(name, 7));
  a->shard->Step();
  log->Deliver();  // the second lands alone
  a->shard->Step();
  log->SetOutcomes(SimulatedJournal::Outcomes::Clean());
  Run(*a);
  Run(*a);
  for (const auto& answer : {first, second}) {
    ASSERT_TRUE(answer->has_value());
    EXPECT_REASON((*answer)->status(), "OUTCOME_UNKNOWN");
  }
  EXPECT_EQ(a->shard->phase(), Shard::Phase::kServing);
  EXPECT_EQ(StateIn<Case>(*a, name).total(), 0);
}

TEST_F(TakeoverTest, WithoutAFreshRecordAReadWaitsForALeaseToBeRenewed) {
  Serve(*a);
  PostTo(*a, Open("+86 1"));
  Run(*a);
  time.Advance(limits::kLease);
  bool shown = false;
  a->shard->Read([&](absl::Status status) { shown = status.ok(); });
  a->shard->Step();
  EXPECT_FALSE(shown);
  const uint64_t before = a->shard->revision();
  Run(*a);
  EXPECT_TRUE(shown);
  EXPECT_EQ(a->shard->revision(), before + 1);
}

}  // namespace
}  // namespace shoujie::testing
