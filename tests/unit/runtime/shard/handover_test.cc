// How a journal changes hands by its owner's own will, and who tries to own: wishes, Released, standbys, back-off.
#include "tests/unit/runtime/shard/two_nodes.h"

namespace shoujie::testing {
namespace {

using HandoverTest = TwoNodesTest;

TEST_F(HandoverTest, TheNamedStandbyServesAtOnceAndTheOwnerAnswersEverythingItHadTaken) {
  Serve(*a);
  Run(*b);
  auto taken = PostTo(*a, Open("+86 1"));
  a->shard->Step();  // decided, sent, not reported
  a->shard->Release("b");
  auto late = PostTo(*a, Open("+86 2"));
  Run(*a);
  ASSERT_TRUE(taken->has_value());
  EXPECT_TRUE((*taken)->ok());
  ASSERT_TRUE(late->has_value());
  EXPECT_REASON((*late)->status(), "NOT_OWNER");
  EXPECT_FALSE(a->shard->owns());
  EXPECT_EQ(a->shard->phase(), Shard::Phase::kFollowing);

  Run(*b);  // at the same instant: no lease to wait for
  EXPECT_EQ(b->shard->phase(), Shard::Phase::kServing);
  auto there = PostTo(*b, Open("+86 3"));
  Run(*b);
  ASSERT_TRUE(there->has_value());
  EXPECT_TRUE((*there)->ok());
  Run(*a);
  EXPECT_EQ(a->store->rows(), b->store->rows());
}

TEST_F(HandoverTest, AfterSendingReleasedNothingIsAnsweredWithoutARecord) {
  Serve(*a);
  auto opened = PostTo(*a, Open("+86 1"));
  Run(*a);
  a->shard->Release("b");
  a->shard->Step();  // Released is on its way and not reported
  std::optional<absl::Status> read;
  a->shard->Read([&](absl::Status status) { read = status; });
  auto repeat = PostTo(*a, Add((**opened)->name(), 5));
  a->shard->Step();
  EXPECT_FALSE(read.has_value());
  EXPECT_FALSE(repeat->has_value());
  Run(*a);
  ASSERT_TRUE(read.has_value());
  EXPECT_REASON(*read, "NOT_OWNER");
  EXPECT_EQ(Commits(*log).back().has_released(), true);
}

TEST_F(HandoverTest, AReleasedInDoubtMakesNobodyAnswerAndTheNextOwnerWaits) {
  Serve(*a);
  PostTo(*a, Open("+86 1"));
  Run(*a);
  Run(*b);
  SimulatedJournal::Outcomes lost = SimulatedJournal::Outcomes::Clean();
  lost.lost_permille = 1000;
  log->SetOutcomes(lost);
  a->shard->Release("b");
  a->shard->Step();
  log->DeliverAll();
  log->SetOutcomes(SimulatedJournal::Outcomes::Clean());
  Run(*a);
  EXPECT_FALSE(a->shard->owns());
  Run(*b);
  EXPECT_EQ(b->shard->phase(), Shard::Phase::kFollowing);
  b->shard->Own();
  Run(*b);
  EXPECT_EQ(b->shard->phase(), Shard::Phase::kWaiting);  // a may have answered until its lease ends
}

TEST_F(HandoverTest, WhoeverClaimsAfterReleasedServesAtOnceAlsoFromAnEmptyStore) {
  Serve(*a);
  PostTo(*a, Open("+86 1"));
  Run(*a);
  a->shard->Release("gone");
  Run(*a);
  b->shard->Own();
  Run(*b);
  EXPECT_EQ(b->shard->phase(), Shard::Phase::kServing);
  // A node that starts on the store of one that gave up knows it from the record there.
  b->shard->Release("");
  Run(*b);
  b->Restart();
  b->shard->Own();
  Run(*b);
  EXPECT_EQ(b->shard->phase(), Shard::Phase::kServing);
}

// Else the next owner, who waits for nobody after a Released, would serve while the one before the last may answer.
TEST_F(HandoverTest, WhoWaitsForAnothersLeaseGivesUpOnlyAfterwards) {
  Serve(*a);
  PostTo(*a, Open("+86 1"));
  Run(*a);
  b->shard->Own();
  Run(*b);
  ASSERT_EQ(b->shard->phase(), Shard::Phase::kWaiting);
  b->shard->Release("c");
  Run(*b);
  EXPECT_FALSE(Commits(*log).back().has_released());
  time.Advance(limits::kLease + limits::kLeaseMargin);
  Run(*b);
  EXPECT_TRUE(Commits(*log).back().has_released());
  EXPECT_FALSE(b->shard->owns());
}

TEST_F(HandoverTest, AReleasedOfLongAgoClaimsNothingOnARebuild) {
  Serve(*a);
  a->shard->Release("b");
  Run(*a);
  Run(*b);
  ASSERT_EQ(b->shard->phase(), Shard::Phase::kServing);
  PostTo(*b, Open("+86 1"));
  Run(*b);
  Node again(&desk_domain, log.get(), &keys, &clock, &published, nullptr, "b");  // reads Released{b} on its way
  Run(again);
  EXPECT_EQ(again.shard->phase(), Shard::Phase::kFollowing);
  EXPECT_EQ(again.shard->revision(), b->shard->revision());
}

TEST_F(HandoverTest, AnOwnerThatIsToldToFollowGoesOn) {
  Serve(*a);
  a->shard->Follow();
  Run(*a);
  auto answer = PostTo(*a, Open("+86 1"));
  Run(*a);
  ASSERT_TRUE(answer->has_value());
  EXPECT_TRUE((*answer)->ok());
  // Also after a doubt: nobody else may want it.
  SimulatedJournal::Outcomes lost = SimulatedJournal::Outcomes::Clean();
  lost.lost_permille = 1000;
  log->SetOutcomes(lost);
  PostTo(*a, Open("+86 2"));
  a->shard->Step();
  log->DeliverAll();
  log->SetOutcomes(SimulatedJournal::Outcomes::Clean());
  Run(*a);
  Run(*a);
  EXPECT_EQ(a->shard->phase(), Shard::Phase::kServing);
}

TEST_F(HandoverTest, AShardThatRestsReadsNothingUntilItIsToldTo) {
  Serve(*a);
  b->shard->Rest();
  PostTo(*a, Open("+86 1"));
  Run(*a);
  Run(*b);
  EXPECT_EQ(b->shard->revision(), 0u);
  b->shard->Follow();
  Run(*b);
  EXPECT_EQ(b->shard->revision(), a->shard->revision());
}

// A journal whose end is known while it cannot be read yet, as of a standby that is far behind.
class FarEnd : public Journal {
 public:
  explicit FarEnd(SimulatedJournal* log) : log_(log) {}
  std::unique_ptr<JournalWriter> NewWriter(std::function<void(const Report&)> on_report) override {
    return log_->NewWriter(std::move(on_report));
  }
  absl::Status Read(uint64_t position, size_t records_max, std::vector<StoredRecord>* out) override {
    return log_->Read(position, records_max, out);
  }
  std::shared_ptr<void> Watch(std::function<void()> on_append) override { return log_->Watch(std::move(on_append)); }
  uint64_t EndHint() const override { return log_->end() + more; }
  bool exclusive() const override { return false; }
  uint64_t more = 0;

 private:
  SimulatedJournal* const log_;
};

TEST_F(HandoverTest, WhoIsFarBehindDoesNotClaimAndTheOwnerGoesOn) {
  Serve(*a);
  PostTo(*a, Open("+86 1"));
  Run(*a);
  FarEnd far(log.get());
  far.more = limits::kClaimWithinRecords + 1;
  Node behind(&desk_domain, &far, &keys, &clock, &published, nullptr, "b");
  behind.shard->Own();
  Run(behind);
  EXPECT_EQ(behind.shard->phase(), Shard::Phase::kFollowing);
  EXPECT_EQ(behind.shard->behind(), far.more);
  auto refused = PostTo(behind, Open("+86 2"));
  Run(behind);
  ASSERT_TRUE(refused->has_value());
  EXPECT_REASON((*refused)->status(), "NOT_OWNER");
  EXPECT_TRUE(a->shard->owns());
  far.more = limits::kClaimWithinRecords;
  Run(behind);
  EXPECT_TRUE(behind.shard->owns());
}

TEST_F(HandoverTest, WhoIsReplacedTwiceWithinAMinuteBacksOffForAWhile) {
  Serve(*a);
  for (int i = 0; i < 2; ++i) {
    Run(*b);
    Serve(*b);
    Run(*a);
    EXPECT_FALSE(a->shard->owns());
    EXPECT_EQ(a->shard->backs_off(), i == 1);
    a->shard->Own();
    Run(*a);
    EXPECT_EQ(a->shard->owns(), i == 0);
    time.Advance(limits::kLease + limits::kLeaseMargin);
    Run(*a);
  }
  EXPECT_EQ(a->shard->replaced(), 2u);
  EXPECT_TRUE(b->shard->owns());
  time.Advance(limits::kReplacedBackOff);
  Run(*a);  // it is still wanted
  EXPECT_TRUE(a->shard->owns());
  EXPECT_FALSE(a->shard->backs_off());
}

// Two nodes of which each believed that it was alone: the one that was left the journal goes, and the other has no
// reason to wait any longer. Found by the fault `claims`: nobody served for the rest of the minute.
TEST_F(HandoverTest, WhoBacksOffIsBackAtOnceWhenTheOtherGoesWithoutAnHeir) {
  Serve(*a);
  for (int i = 0; i < 2; ++i) {
    Run(*b);
    Serve(*b);
    Run(*a);
    a->shard->Own();
    Run(*a);
    time.Advance(limits::kLease + limits::kLeaseMargin);
    Run(*a);
  }
  ASSERT_TRUE(b->shard->owns());
  ASSERT_TRUE(a->shard->backs_off());
  b->shard->Release("");
  Run(*b);
  Run(*a);
  EXPECT_TRUE(a->shard->owns());
  EXPECT_FALSE(a->shard->backs_off());
  EXPECT_EQ(a->shard->phase(), Shard::Phase::kServing) << "nobody's lease is left";
}

TEST_F(HandoverTest, ClaimsAndReleasesAreHeardOfByWhoeverFollows) {
  std::vector<std::string> heard;
  b->env.owner_changed = [&](uint64_t term, const std::string& node, const std::string& address) {
    heard.push_back(absl::StrCat(term, " ", node, " ", address));
  };
  b->Rebuild();
  a->env.address = "10.0.0.1:7400";
  a->Rebuild();
  Serve(*a);
  a->shard->Release("nobody");
  Run(*a);
  Run(*b);
  EXPECT_EQ(heard, (std::vector<std::string>{"1 a 10.0.0.1:7400", "1  "}));
}

}  // namespace
}  // namespace shoujie::testing
