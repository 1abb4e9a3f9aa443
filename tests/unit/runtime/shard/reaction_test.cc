// Reactions: what counts in another shard's journal becomes commands here, each once, whatever happens in between.
#include "tests/unit/runtime/shard/bench.h"

namespace shoujie::testing {
namespace {

std::string EntryOf(const std::string& name) { return "entries/" + name.substr(6); }

TEST_F(ShardTest, AReactionIsRecordedWithItsCause) {
  const std::string name = OpenCase("+86 1");
  ASSERT_TRUE(Do(Add(name, 5)).ok());
  const auto commits = Commits(*book_log);
  ASSERT_EQ(commits.size(), 1u);
  EXPECT_EQ(commits[0].stream_id(), EntryOf(name));
  EXPECT_EQ(commits[0].cause().service(), "desk");
  EXPECT_EQ(commits[0].cause().revision(), 2u);
  EXPECT_EQ(commits[0].principal(), "system/book");
  EXPECT_EQ(StateIn<Entry>(*book, EntryOf(name)).total(), 5);
}

TEST_F(ShardTest, WhatAReactionRefusesIsRecordedAsDeclinedAndNeverExecutedLater) {
  const std::string name = OpenCase("+86 1");
  ASSERT_TRUE(Do(Add(name, 13)).ok());
  auto commits = Commits(*book_log);
  ASSERT_EQ(commits.size(), 1u);
  EXPECT_EQ(commits[0].declined(), "UNLUCKY");
  EXPECT_EQ(commits[0].events_size(), 0);
  book->Restart();
  book->shard->Own();
  Settle();
  EXPECT_EQ(Commits(*book_log).size(), 1u);
}

TEST_F(ShardTest, AfterARestartReactionsGoOnWhereTheRecordsEnd) {
  const std::string name = OpenCase("+86 1");
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(Do(Add(name, i)).ok());
  book->shard.reset();
  auto answer = Post(Make(Add(name, 100)));
  for (int i = 0; i < 10; ++i) desk->shard->Step();
  ASSERT_TRUE(answer->has_value());
  book->Restart();
  book->shard->Own();
  Settle();
  EXPECT_EQ(StateIn<Entry>(*book, EntryOf(name)).total(), 115);
  EXPECT_EQ(StateIn<Entry>(*book, EntryOf(name)).entries(), 6u);
}

TEST_F(ShardTest, SealedFieldsTravelAsTheyAreAndOpenOnTheOtherSide) {
  OpenCaseRequest request = Open("+86 1");
  request.set_text("the kettle again");
  const std::string name = Do(request)->name();
  const Entry entry = StateIn<Entry>(*book, EntryOf(name));
  EXPECT_TRUE(entry.text().plain().empty());
  auto text = OpenPersonal(entry.text(), keys);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, "the kettle again");
}

TEST_F(ShardTest, ReadingFarWithoutEffectIsRecordedSoThatARestartDoesNotReadItAgain) {
  const std::string name = OpenCase("+86 1");
  book->shard.reset();
  for (uint64_t i = 0; i < limits::kForeignWithoutEffectMax + 10; ++i) {
    Post(Make(Open(absl::StrCat("phone ", i))));
    if (i % 500 == 0) desk->shard->Step();
  }
  // A claim lies behind the last record without effect: the recorded place must be in that record's own term.
  desk->shard->Step();
  desk->Restart();
  desk->shard->Own();
  book->Restart();
  book->shard->Own();
  Settle();
  auto commits = Commits(*book_log);
  ASSERT_EQ(commits.size(), 1u);
  EXPECT_EQ(commits[0].read_up_to().service(), "desk");
  book->Restart();
  book->shard->Own();
  ASSERT_TRUE(Do(Add(name, 5)).ok());
  EXPECT_EQ(book->shard->phase(), Shard::Phase::kServing) << book->shard->halted();
  EXPECT_EQ(StateIn<Entry>(*book, EntryOf(name)).total(), 5);
}

TEST_F(ShardTest, AnInternalCommandThatCannotBeRoutedToAStreamLeavesARecordToo) {
  const std::string name = OpenCase("+86 1");
  Command command;
  command.type = desk_domain.streams[0].get();
  command.request = std::make_unique<AddRequest>(Add("", 1));
  command.address.key = UniqueKey{"phone", "nobody"};
  command.internal = true;
  command.id = "cause/elsewhere/0/1/0";
  auto& cause = command.cause.emplace();
  cause.set_service("elsewhere");
  cause.set_revision(1);
  cause.set_term(1);
  desk->shard->Post(std::move(command));
  Settle();
  const auto commits = Commits(*desk_log);
  ASSERT_EQ(commits.size(), 2u);
  EXPECT_EQ(commits[1].declined(), "KEY_UNKNOWN");
  EXPECT_EQ(commits[1].cause().service(), "elsewhere");
}

}  // namespace
}  // namespace shoujie::testing
