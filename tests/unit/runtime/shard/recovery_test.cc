// Reads, restart, rebuild, damage.
#include "tests/unit/runtime/shard/bench.h"

namespace shoujie::testing {
namespace {

// Holds writes back until told.
class SlowStore : public Store {
 public:
  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override { return inner_.Get(key); }
  absl::Status Scan(absl::string_view from, absl::string_view to,
                    const std::function<bool(absl::string_view, absl::string_view)>& visit) const override {
    return inner_.Scan(from, to, visit);
  }
  void Write(std::vector<Row> rows, std::function<void()> done) override {
    waiting_.emplace_back(std::move(rows), std::move(done));
  }
  std::unique_ptr<StoreReader> Snapshot() const override { return inner_.Snapshot(); }
  void Flush() {
    for (auto& [rows, done] : std::exchange(waiting_, {})) inner_.Write(std::move(rows), std::move(done));
  }

 private:
  MemoryStore inner_;
  std::vector<std::pair<std::vector<Row>, std::function<void()>>> waiting_;
};

TEST_F(ShardTest, ARestartFromTheStoreGivesTheSameStateAndTheSameAnswers) {
  const std::string name = OpenCase("+86 1");
  const std::string id = NewId();
  auto first = Do(Add(name, 5), id);
  const auto before = desk->store->rows();
  desk->Restart();
  EXPECT_EQ(desk->store->rows(), before);
  desk->shard->Own();
  Settle();
  auto repeat = Do(Add(name, 5), id);
  ASSERT_TRUE(repeat.ok()) << repeat.status();
  EXPECT_EQ(repeat->SerializeAsString(), first->SerializeAsString());
  ASSERT_TRUE(Do(Add(name, 6)).ok());
  EXPECT_EQ(CaseOf(name).total(), 11);
}

TEST_F(ShardTest, ARebuildFromZeroHasTheSameRowsByteForByte) {
  published.Publish({});
  for (int i = 0; i < 40; ++i) {
    OpenCaseRequest request = Open(absl::StrCat("+86 ", i % 12), absl::StrCat(1000 + i % 3));
    request.set_text("long enough");
    request.mutable_remind_in()->set_seconds(i);
    auto reply = Do(request);
    ASSERT_TRUE(reply.ok());
    ASSERT_TRUE(Do(Add(reply->name(), i + 1)).ok());
    Pass(absl::Seconds(7));
  }
  for (Node* node : {desk.get(), book.get()}) {
    const auto live = node->store->rows();
    ASSERT_GT(live.size(), 20u);
    node->Rebuild();
    Settle();
    EXPECT_EQ(node->store->rows(), live);
  }
}

TEST_F(ShardTest, AReadWaitsUntilTheStoreShowsWhatWasAcknowledgedBefore) {
  SlowStore store;
  std::atomic<bool> woken{false};
  Shard::Env env = desk->env;
  auto log = SimulatedJournal::Reliable();
  env.journal = log.get();
  env.store = &store;
  env.wake = [&] { woken = true; };
  Shard shard(env);
  ASSERT_TRUE(shard.Open().ok());
  shard.Own();
  const auto settle = [&] {
    do {
      woken = false;
      shard.Step();
    } while (woken);
  };
  settle();
  std::optional<Reply> reply;
  Command command = Make(Open("+86 1"));
  command.done = [&](Reply r) { reply = r; };
  shard.Post(std::move(command));
  settle();
  ASSERT_TRUE(reply && reply->ok());  // the answer does not wait for the store
  bool shown = false;
  shard.Read([&](absl::Status status) { shown = status.ok(); });
  settle();
  EXPECT_FALSE(shown);
  store.Flush();
  EXPECT_TRUE(shown);
  EXPECT_TRUE(store.Get(rows::StateKey((*reply)->name()))->has_value());
  EXPECT_EQ(shard.revision(), shard.stored_revision());

  // Decisions see what the store does not show yet.
  command = Make(Add((*reply)->name(), 5));
  shard.Post(std::move(command));
  settle();
  command = Make(Add((*reply)->name(), 6));
  std::optional<Reply> third;
  command.done = [&](Reply r) { third = r; };
  shard.Post(std::move(command));
  settle();
  EXPECT_EQ((*third)->etag(), "3");
}

TEST_F(ShardTest, AJournalThatEndsBeforeItsStoreIsRefused) {
  const std::string name = OpenCase("+86 1");
  ASSERT_TRUE(Do(Add(name, 5)).ok());
  desk->shard.reset();
  desk_log->TruncateTo(desk_log->end() - 1);
  Shard shard(desk->env);
  EXPECT_REASON(shard.Open(), "JOURNAL_SHORT");
}

TEST_F(ShardTest, AnotherJournalThanTheStoresIsRefused) {
  OpenCase("+86 1");
  desk->shard.reset();
  desk_log->Replace(desk_log->end() - 1, desk_log->records()[0].bytes);
  Shard shard(desk->env);
  EXPECT_REASON(shard.Open(), "JOURNAL_FOREIGN");
}

TEST_F(ShardTest, ADamagedRecordHaltsTheShardWhichAnswersSo) {
  const std::string name = OpenCase("+86 1");
  desk->shard.reset();
  desk_log->Plant("\x0a\xff not a record");
  desk->Restart();
  desk->shard->Own();
  auto answer = Post(Make(Add(name, 1)));
  Settle();
  EXPECT_EQ(desk->shard->phase(), Shard::Phase::kHalted);
  ASSERT_TRUE(answer->has_value());
  EXPECT_REASON((*answer)->status(), "SHARD_HALTED");
  EXPECT_EQ(ReasonOf(desk->shard->halted()), "JOURNAL_RECORD_BROKEN");
  absl::Status read;
  desk->shard->Read([&](absl::Status status) { read = status; });
  EXPECT_REASON(read, "SHARD_HALTED");
}

TEST_F(ShardTest, ARecordThatSkipsAVersionOfItsStreamHaltsTheRebuild) {
  const std::string name = OpenCase("+86 1");
  ASSERT_TRUE(Do(Add(name, 5)).ok());
  journal::v1::Record record;
  ASSERT_TRUE(record.ParseFromString(desk_log->records().back().bytes));
  record.mutable_commit()->set_stream_version(3);
  desk_log->Replace(desk_log->end() - 1, record.SerializeAsString());
  desk->Rebuild();
  Settle();
  EXPECT_EQ(desk->shard->phase(), Shard::Phase::kHalted);
  EXPECT_EQ(ReasonOf(desk->shard->halted()), "RECORD_UNREADABLE");
}

}  // namespace
}  // namespace shoujie::testing
