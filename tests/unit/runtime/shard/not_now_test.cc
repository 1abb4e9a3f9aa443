// What cannot be read now: a journal whose cluster is away, a key that another node has just made. Nobody halts for it.
#include "absl/strings/escaping.h"
#include "tests/unit/runtime/shard/bench.h"

namespace shoujie::testing {
namespace {

// A log that can be away.
class AwayJournal : public Journal {
 public:
  explicit AwayJournal(Journal* below) : below_(below) {}
  std::unique_ptr<JournalWriter> NewWriter(std::function<void(const Report&)> on_report) override {
    return below_->NewWriter(std::move(on_report));
  }
  absl::Status Read(uint64_t position, size_t records_max, std::vector<StoredRecord>* out) override {
    return away ? absl::UnavailableError("away") : below_->Read(position, records_max, out);
  }
  std::shared_ptr<void> Watch(std::function<void()> on_append) override { return below_->Watch(std::move(on_append)); }
  bool exclusive() const override { return false; }

  bool away = false;

 private:
  Journal* const below_;
};

// Keys that other nodes make as well: known up to `last_known`.
class SharedKeys : public KeyRing {
 public:
  explicit SharedKeys(KeyRing* below) : below_(below) {}
  std::optional<uint64_t> TakeKey() override { return below_->TakeKey(); }
  absl::StatusOr<std::string> DataKey(uint64_t id) override { return below_->DataKey(id); }
  uint64_t last() const override { return last_known; }
  bool shared() const override { return true; }
  std::string IndexTerm(absl::string_view space, absl::string_view value) const override {
    return below_->IndexTerm(space, value);
  }
  std::string PayloadMac(absl::Time at, absl::string_view payload) override { return below_->PayloadMac(at, payload); }
  const std::string& slot_key() const override { return below_->slot_key(); }
  std::string Random(size_t bytes) override { return below_->Random(bytes); }

  uint64_t last_known = 0;

 private:
  KeyRing* const below_;
};

TEST_F(ShardTest, ALogThatIsAwayHoldsTheClaimUpAndHaltsNobody) {
  AwayJournal log(desk_log.get());
  Node other(&desk_domain, &log, &keys, &clock, &published, nullptr, "b");
  log.away = true;
  other.shard->Own();
  for (int i = 0; i < 20; ++i, time.Advance(absl::Seconds(1))) other.shard->Step();
  EXPECT_NE(other.shard->phase(), Shard::Phase::kHalted);
  EXPECT_NE(other.shard->phase(), Shard::Phase::kServing);
  log.away = false;
  for (int i = 0; i < 60; ++i, time.Advance(absl::Seconds(1))) other.shard->Step();
  EXPECT_EQ(other.shard->phase(), Shard::Phase::kServing);
}

TEST_F(ShardTest, ReactionsWaitForALogThatIsAwayAndMissNothing) {
  AwayJournal log(desk_log.get());
  book = std::make_unique<Node>(&book_domain, book_log.get(), &keys, &clock, &published,
                                [&](const std::string&) { return &log; });
  book->shard->Own();
  Settle();
  log.away = true;
  ASSERT_TRUE(Do(Add(OpenCase("+86 1"), 5)).ok());
  Pass(absl::Seconds(5));
  EXPECT_EQ(book->shard->phase(), Shard::Phase::kServing);
  EXPECT_TRUE(Commits(*book_log).empty());
  log.away = false;
  Pass(absl::Seconds(5));
  EXPECT_EQ(Commits(*book_log).size(), 1u);
}

TEST_F(ShardTest, ARecordWaitsForTheKeyThatItReliesOn) {
  OpenCaseRequest request = Open("+86 1");
  request.set_text("seals with a key");
  ASSERT_TRUE(Do(request).ok());
  const auto commits = Commits(*desk_log);
  ASSERT_GT(commits.back().keys_at(), 0u);
  SharedKeys late(&keys);
  Node standby(&desk_domain, desk_log.get(), &late, &clock, &published, nullptr, "b");
  for (int i = 0; i < 5; ++i) standby.shard->Step();
  EXPECT_EQ(standby.shard->phase(), Shard::Phase::kFollowing);
  EXPECT_EQ(standby.shard->revision(), commits.back().revision() - 1);
  late.last_known = commits.back().keys_at();
  for (int i = 0; i < 5; ++i) standby.shard->Step();
  EXPECT_EQ(standby.shard->revision(), commits.back().revision());
  EXPECT_EQ(standby.store->rows(), desk->store->rows());
}

TEST_F(ShardTest, WhatIsTooLargeForARecordIsRefusedBeforeItIsSent) {
  const std::string name = OpenCase("+86 1");
  const uint64_t term = desk->shard->term();
  OpenCaseRequest request = Open("+86 2");
  request.set_text(absl::BytesToHexString(keys.Random(kRecordBytesMax)));  // not smaller than that when compressed
  const Reply reply = Do(request);
  EXPECT_REASON(reply.status(), "RECORD_TOO_LARGE");
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Do(Add(name, 1)).ok());
  EXPECT_EQ(desk->shard->term(), term) << "the term goes on";
}

}  // namespace
}  // namespace shoujie::testing
