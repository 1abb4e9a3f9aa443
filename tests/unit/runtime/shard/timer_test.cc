// Timers: state that the shard turns into commands, once each.
#include "tests/unit/runtime/shard/bench.h"

namespace shoujie::testing {
namespace {

OpenCaseRequest Reminding(const std::string& phone, int64_t ms) {
  OpenCaseRequest request;
  request.set_phone(phone);
  request.set_owner("1001");
  *request.mutable_remind_in() = google::protobuf::util::TimeUtil::MillisecondsToDuration(ms);
  return request;
}

TEST_F(ShardTest, ATimerFiresOnceWhenDueAndNotBefore) {
  const std::string name = Do(Reminding("+86 1", 60'000))->name();
  Pass(absl::Milliseconds(59'999));
  EXPECT_EQ(CaseOf(name).reminded(), 0u);
  Pass(absl::Milliseconds(1));
  EXPECT_EQ(CaseOf(name).reminded(), 1u);
  Pass(absl::Minutes(30));
  EXPECT_EQ(CaseOf(name).reminded(), 1u);
  Pass(absl::Minutes(31));
  EXPECT_EQ(CaseOf(name).reminded(), 2u);
  const auto commits = Commits(*desk_log);
  EXPECT_EQ(commits[1].command_id(), "timer/" + name + "/remind/1");
  EXPECT_EQ(commits[1].principal(), "system/desk");
}

TEST_F(ShardTest, TimersThatFellDueWhileNobodyServedFireOnceAfterwards) {
  const std::string name = Do(Reminding("+86 1", 60'000))->name();
  desk->shard.reset();
  time.Advance(absl::Hours(3));
  desk->Restart();
  desk->shard->Own();
  Settle();
  EXPECT_EQ(CaseOf(name).reminded(), 1u);
  desk->Restart();
  desk->shard->Own();
  Settle();
  EXPECT_EQ(CaseOf(name).reminded(), 1u);
}

TEST_F(ShardTest, AClockSetBackMakesTimersLateNeverDouble) {
  const std::string name = Do(Reminding("+86 1", 60'000))->name();
  Pass(absl::Minutes(1));
  ASSERT_EQ(CaseOf(name).reminded(), 1u);
  clock.Skew(-absl::Minutes(30));
  Pass(absl::Minutes(1));
  EXPECT_EQ(CaseOf(name).reminded(), 1u);
  Pass(absl::Hours(2));
  EXPECT_EQ(CaseOf(name).reminded(), 2u);
}

TEST_F(ShardTest, ManyOverdueTimersAllFireAtABoundedRate) {
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(Do(Reminding(absl::StrCat("+86 ", i), 1000)).ok());
  time.Advance(absl::Seconds(2));
  desk->shard->Step();
  EXPECT_LE(Commits(*desk_log).size(), 200 + limits::kTimersPerTickMax);
  for (int i = 0; i < 10; ++i) Settle();
  size_t fired = 0;
  for (const auto& commit : Commits(*desk_log)) fired += commit.command_id().substr(0, 6) == "timer/";
  EXPECT_EQ(fired, 200u);
}

TEST_F(ShardTest, ATimerTellsWhenItWasDueToTheMillisecond) {
  auto command = Make(Reminding("+86 1", 1234));
  const std::string name = Do(std::move(command))->name();
  EXPECT_EQ(google::protobuf::util::TimeUtil::TimestampToMilliseconds(CaseOf(name).remind_at()),
            absl::ToUnixMillis(clock.Now()) + 1234);
  size_t rows_of_timers = 0;
  ASSERT_TRUE(desk->store
                  ->Scan("T", "U",
                         [&](absl::string_view key, absl::string_view) {
                           EXPECT_EQ(rows::DecodeTimerKey(key)->due, clock.Now() + absl::Milliseconds(1234));
                           return ++rows_of_timers, true;
                         })
                  .ok());
  EXPECT_EQ(rows_of_timers, 1u);
}

}  // namespace
}  // namespace shoujie::testing
