// Command → record → reply, and what is answered without a record.
#include "tests/unit/runtime/shard/bench.h"

namespace shoujie::testing {
namespace {

using google::protobuf::util::TimeUtil;

google::protobuf::Timestamp Stamp(absl::Time t) { return TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(t)); }

TEST_F(ShardTest, ACommandIsOneRecordWithAllItsEventsAndAReply) {
  auto reply = Do(Open("+86 10 6252 5656"));
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_TRUE(Number::Parse(reply->name().substr(6))) << reply->name();
  EXPECT_EQ(reply->etag(), "1");
  EXPECT_EQ(reply->revision(), "desk/0/1");
  EXPECT_FALSE(reply->no_op());

  const auto commits = Commits(*desk_log);
  ASSERT_EQ(commits.size(), 1u);
  EXPECT_EQ(commits[0].stream_id(), reply->name());
  EXPECT_EQ(commits[0].revision(), 1u);
  EXPECT_EQ(commits[0].events_size(), 1);
  EXPECT_EQ(commits[0].principal(), "agents/1001");
  EXPECT_EQ(CaseOf(reply->name()).owner(), "1001");
}

TEST_F(ShardTest, NumbersCountUpWithinASlotAndAreNeverGivenTwice) {
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) {
    auto command = Make(Open(absl::StrCat("phone ", i)));
    command.slot = 413;
    auto reply = Do(std::move(command));
    ASSERT_TRUE(reply.ok()) << reply.status();
    names.push_back(reply->name());
  }
  EXPECT_EQ(names[0].substr(0, 17), "cases/0413-000001");
  EXPECT_EQ(names[1].substr(0, 17), "cases/0413-000002");
  EXPECT_EQ(names[2].substr(0, 17), "cases/0413-000003");
}

TEST_F(ShardTest, AKeyFindsTheStreamThatClaimedIt) {
  const std::string name = OpenCase("+86 1");
  auto again = Do(Open("+86 1"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->name(), name);
  EXPECT_TRUE(again->no_op());
  EXPECT_EQ(Commits(*desk_log).size(), 1u);
}

TEST_F(ShardTest, PersonalDataReachNeitherLogNorStoreInPlainText) {
  OpenCaseRequest request = Open("+86 10 6252 5656");
  request.set_text("wants a refund for the blue kettle");
  auto reply = Do(request);
  ASSERT_TRUE(reply.ok()) << reply.status();
  const auto clean = [](const std::string& bytes) {
    return bytes.find("6252 5656") == std::string::npos && bytes.find("kettle") == std::string::npos;
  };
  for (const auto& stored : desk_log->records()) EXPECT_TRUE(clean(stored.bytes));
  for (const auto& [key, value] : desk->store->rows()) EXPECT_TRUE(clean(key) && clean(value));
  auto text = OpenPersonal(CaseOf(reply->name()).text(), keys);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, "wants a refund for the blue kettle");
}

TEST_F(ShardTest, OneSubjectHasOneKeyFromItsFirstUseOn) {
  OpenCaseRequest request = Open("+86 2");
  request.set_text("x");
  const std::string name = Do(request)->name();
  ASSERT_TRUE(Do(Add(name, 1)).ok());
  const auto commits = Commits(*desk_log);
  ASSERT_EQ(commits[0].keys_size(), 1);
  EXPECT_EQ("cases/" + commits[0].keys(0).subject(), name);
  EXPECT_EQ(commits[1].keys_size(), 0);
  EXPECT_EQ(commits[0].keys_at(), commits[0].keys(0).key());
}

TEST_F(ShardTest, WithoutAKeyAtHandACommandWaitsAndIsNotLost) {
  keys.LimitPool(0);
  auto answer = Post(Make(Open("+86 3")));
  for (int i = 0; i < 5; ++i) desk->shard->Step();
  EXPECT_FALSE(answer->has_value());
  keys.LimitPool(1);
  Settle();
  ASSERT_TRUE(answer->has_value());
  EXPECT_TRUE((*answer)->ok());
}

// ------------------------------------------------------------------------------------------------------------ repeats

TEST_F(ShardTest, ARepeatGetsTheSameAnswerAndNoSecondRecord) {
  const std::string name = OpenCase("+86 1");
  const std::string id = NewId();
  auto first = Do(Add(name, 5), id);
  ASSERT_TRUE(Do(Add(name, 7)).ok());
  auto second = Do(Add(name, 5), id);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->SerializeAsString(), second->SerializeAsString());
  EXPECT_EQ(CaseOf(name).total(), 12);
}

TEST_F(ShardTest, ARepeatOfACommandInFlightIsDecidedOnce) {
  const std::string name = OpenCase("+86 1");
  const std::string id = NewId();
  auto first = Post(Make(Add(name, 5), id)), second = Post(Make(Add(name, 5), id));
  Settle();
  ASSERT_TRUE(first->has_value() && second->has_value());
  ASSERT_TRUE((*first)->ok() && (*second)->ok());
  EXPECT_EQ((**first)->SerializeAsString(), (**second)->SerializeAsString());
  EXPECT_EQ(CaseOf(name).total(), 5);
}

TEST_F(ShardTest, AnIdUsedForOtherBytesIsRefused) {
  const std::string name = OpenCase("+86 1");
  const std::string id = NewId();
  ASSERT_TRUE(Do(Add(name, 5), id).ok());
  EXPECT_REASON(Do(Add(name, 6), id).status(), "COMMAND_ID_REUSED");
  EXPECT_EQ(CaseOf(name).total(), 5);
}

TEST_F(ShardTest, AnIdOutsideTheWindowIsRefused) {
  const std::string name = OpenCase("+86 1");
  const auto id = [&](absl::Duration off) { return sim::RequestId(clock.Now() + off, ++ids); };
  EXPECT_REASON(Do(Add(name, 5), id(-limits::kCommandIdPast - absl::Seconds(1))).status(), "COMMAND_ID_TIME");
  EXPECT_REASON(Do(Add(name, 5), id(limits::kCommandIdFuture + absl::Seconds(1))).status(), "COMMAND_ID_TIME");
  EXPECT_TRUE(Do(Add(name, 5), id(-limits::kCommandIdPast + absl::Seconds(1))).ok());
  EXPECT_TRUE(Do(Add(name, 5), id(limits::kCommandIdFuture - absl::Seconds(1))).ok());
}

TEST_F(ShardTest, IdsAreForgottenOnceTheirWindowIsOver) {
  const std::string name = OpenCase("+86 1");
  for (uint64_t i = 0; i < limits::kDedupSweepEvery; ++i) ASSERT_TRUE(Do(Add(name, 1)).ok());
  Pass(limits::kCommandIdPast + absl::Hours(2));
  for (uint64_t i = 0; i < limits::kDedupSweepEvery; ++i) ASSERT_TRUE(Do(Add(name, 1)).ok());
  size_t kept = 0;
  ASSERT_TRUE(desk->store->Scan("D", "E", [&](absl::string_view, absl::string_view) { return ++kept, true; }).ok());
  EXPECT_LE(kept, limits::kDedupSweepEvery + 1);

  // A rebuild forgets the same ids at the same records.
  const auto live = desk->store->rows();
  desk->Rebuild();
  Settle();
  EXPECT_EQ(desk->store->rows(), live);
}

// ------------------------------------------------------------------------------------------------------------ refusals

TEST_F(ShardTest, AStaleEtagIsRefusedWithTheOneThatStands) {
  const std::string name = OpenCase("+86 1");
  AddRequest add = Add(name, 5);
  add.set_etag("1");
  ASSERT_TRUE(Do(add).ok());
  const auto status = Do(add).status();
  EXPECT_REASON(status, "STALE_ETAG");
  EXPECT_EQ(DetailOf(status).metadata(1).value(), "2");
  EXPECT_EQ(CaseOf(name).total(), 5);
}

TEST_F(ShardTest, WhatTheDomainRefusesLeavesNoRecordOfAClientsCommand) {
  const std::string name = OpenCase("+86 1");
  EXPECT_REASON(Do(Add(name, -1)).status(), "AMOUNT_NEGATIVE");
  EXPECT_REASON(Do(Add("cases/0413-000001-0", 1)).status(), "CASE_UNKNOWN");
  EXPECT_REASON(Do(Add("entries/0413-000001-0", 1)).status(), "RESOURCE_UNKNOWN");
  EXPECT_EQ(Commits(*desk_log).size(), 1u);
}

TEST_F(ShardTest, OnlySourcesOfFactsSayWhenSomethingOccurredAndNeverInTheFuture) {
  const std::string name = OpenCase("+86 1");
  AddRequest add = Add(name, 5);
  *add.mutable_occurred_at() = Stamp(clock.Now());
  EXPECT_REASON(Do(add).status(), "OCCURRED_AT_DENIED");
  principal = {"adapters/switch-1", static_cast<uint32_t>(Right::kFacts)};
  *add.mutable_occurred_at() = Stamp(clock.Now() + limits::kFutureFactsMax + absl::Seconds(1));
  EXPECT_REASON(Do(add).status(), "TIME_IN_FUTURE");
  EXPECT_EQ(CaseOf(name).total(), 0);
}

TEST_F(ShardTest, EffectiveTimeNeverFallsWithinAStream) {
  const std::string name = OpenCase("+86 1");
  const absl::Time opened = clock.Now();
  Pass(absl::Minutes(10));
  principal = {"adapters/switch-1", static_cast<uint32_t>(Right::kFacts)};
  AddRequest add = Add(name, 1);
  *add.mutable_occurred_at() = Stamp(opened + absl::Minutes(4));
  ASSERT_TRUE(Do(add).ok());
  *add.mutable_occurred_at() = Stamp(opened + absl::Minutes(2));  // late
  ASSERT_TRUE(Do(add).ok());
  const auto commits = Commits(*desk_log);
  EXPECT_EQ(ContextOf(commits[1], 0).effective_at, opened + absl::Minutes(4));
  EXPECT_EQ(ContextOf(commits[2], 0).effective_at, opened + absl::Minutes(4));
  EXPECT_EQ(ContextOf(commits[2], 0).recorded_at, opened + absl::Minutes(10));
}

TEST_F(ShardTest, RecordedTimeNeverFallsWhenTheWallClockIsSetBack) {
  const std::string name = OpenCase("+86 1");
  clock.Skew(-absl::Minutes(3));
  ASSERT_TRUE(Do(Add(name, 1)).ok());
  const auto commits = Commits(*desk_log);
  EXPECT_GE(commits[1].recorded_at_ms(), commits[0].recorded_at_ms());
}

TEST_F(ShardTest, AFullInboxRefusesAtOnceAndLosesNothing) {
  const std::string name = OpenCase("+86 1");
  std::vector<std::shared_ptr<std::optional<Reply>>> answers;
  for (size_t i = 0; i < limits::kInboxCommandsMax; ++i) answers.push_back(Post(Make(Add(name, 1))));
  auto over = Post(Make(Add(name, 1)));
  ASSERT_TRUE(over->has_value());
  EXPECT_REASON((*over)->status(), "SHARD_BUSY");
  Settle();
  for (const auto& answer : answers) ASSERT_TRUE(answer->has_value() && (*answer)->ok());
  EXPECT_EQ(CaseOf(name).total(), static_cast<int64_t>(limits::kInboxCommandsMax));
  EXPECT_TRUE(Do(Add(name, 1)).ok());
}

TEST_F(ShardTest, ManyAnswersWithoutARecordDoNotStallTheRest) {
  const std::string name = OpenCase("+86 1");
  std::vector<std::shared_ptr<std::optional<Reply>>> answers;
  for (size_t i = 0; i < limits::kBatchCommandsMax * 2; ++i) answers.push_back(Post(Make(Add(name, 0))));
  // A runner that honours what Step asks for must not need to wait.
  desk->woken = false;
  absl::Duration next;
  do {
    desk->woken = false;
    next = desk->shard->Step();
  } while (desk->woken || next <= absl::ZeroDuration());
  for (const auto& answer : answers) ASSERT_TRUE(answer->has_value() && (*answer)->ok());
}

TEST_F(ShardTest, ACommandWhoseDeadlineHasPassedIsNotDecided) {
  const std::string name = OpenCase("+86 1");
  Command command = Make(Add(name, 1));
  command.deadline = clock.Boot() + absl::Seconds(1);
  auto answer = Post(std::move(command));
  time.Advance(absl::Seconds(2));
  Settle();
  ASSERT_TRUE(answer->has_value());
  EXPECT_REASON((*answer)->status(), "DEADLINE_PASSED");
  EXPECT_EQ(CaseOf(name).total(), 0);
}

// ------------------------------------------------------------------------------------------------------- reference,
// history

TEST_F(ShardTest, ADirectoryVersionTakesEffectByTheShardsOwnRecord) {
  EXPECT_EQ(desk->shard->adopted(), 0u);
  published.Publish({});
  const std::string name = OpenCase("+86 1");
  const auto commits = Commits(*desk_log);
  ASSERT_EQ(commits.size(), 2u);
  EXPECT_EQ(commits[0].adopted_version(), 1u);
  DeskEvent event;
  ASSERT_TRUE(event.ParseFromString(commits[1].events(0).body()));
  EXPECT_EQ(event.case_opened().directory(), 1u);
  EXPECT_EQ(desk->shard->adopted(), 1u);
  desk->Restart();
  desk->shard->Own();
  Settle();
  EXPECT_EQ(desk->shard->adopted(), 1u);
  EXPECT_EQ(Commits(*desk_log).size(), 2u);
}

TEST_F(ShardTest, HistoryKeepsItsTimesAndStartsNoTimersUntilSomethingOfTodayHappens) {
  principal = {"adapters/import", static_cast<uint32_t>(Right::kFacts)};
  RecordCaseFactsRequest request;
  request.set_phone("+86 1");
  for (int n = 1; n <= 3; ++n) {
    auto* fact = request.add_facts();
    fact->set_number(static_cast<uint64_t>(n));
    fact->set_amount(10);
    *fact->mutable_occurred_at() = Stamp(clock.Now() - absl::Hours(1000) + absl::Hours(n));
  }
  auto reply = Do(request);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->facts_recorded(), 3u);
  auto repeated = Do(request);  // another id, the same facts
  EXPECT_TRUE(repeated->no_op());
  EXPECT_EQ(repeated->facts_repeated(), 3u);
  auto commits = Commits(*desk_log);
  ASSERT_EQ(commits.size(), 1u);
  EXPECT_TRUE(commits[0].history());
  EXPECT_EQ(ContextOf(commits[0], 1).effective_at, clock.Now() - absl::Hours(999));
  Pass(absl::Minutes(1));
  EXPECT_EQ(Commits(*desk_log).size(), 1u);  // its reminder is long overdue and does not ring
  EXPECT_EQ(Commits(*book_log).size(), 0u);  // and nobody reacts

  principal = {"agents/1001", static_cast<uint32_t>(Right::kAgent)};
  ASSERT_TRUE(Do(Add(reply->name(), 1)).ok());
  Pass(absl::Minutes(1));
  EXPECT_EQ(CaseOf(reply->name()).reminded(), 1u);
  EXPECT_EQ(Commits(*book_log).size(), 1u);
}

}  // namespace
}  // namespace shoujie::testing
