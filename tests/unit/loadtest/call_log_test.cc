#include "loadtest/switch/call_log.h"

#include <fstream>
#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "loadtest/switch/log_player.h"
#include "services/runtime/base/time.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/loadtest/fakes.h"

namespace shoujie::loadtest {
namespace {

namespace v1 = interaction::v1;

constexpr const char* kHeader =
    "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\t"
    "outcome\tser_start\tser_exit\tser_time\tserver\n";

class HandClock : public Clock {
 public:
  absl::Duration boot = absl::Seconds(5);
  absl::Time Now() const override { return absl::UnixEpoch(); }
  absl::Duration Boot() const override { return boot; }
};

class CallLogTest : public ::testing::Test {
 protected:
  absl::StatusOr<CallLog> Read(const std::string& rows) {
    options_.path = folder_.path() + "/calls.tsv";
    std::ofstream(options_.path) << kHeader << rows;
    return ReadCallLog(options_);
  }
  const std::string answered_ =
      "AA0101\t1\t7\t2\tPS\t990201\t8:19:42\t8:19:47\t5\t8:19:47\t8:20:21\t34\tAGENT\t8:20:20\t8:22:04\t104\tMICHAL\n";
  const std::string abandoned_ =
      "AA0102\t2\t0\t0\tNW\t990201\t8:20:00\t8:20:10\t10\t8:20:10\t8:20:15\t5\tHANG\t0:00:00\t0:00:00\t0\tNO_SERVER\n";
  const std::string next_day_ =
      "AA0101\t3\t0\t0\tPS\t990202\t7:00:00\t7:00:05\t5\t0:00:00\t0:00:00\t0\tAGENT\t7:00:05\t7:01:00\t55\tTOVA\n";

  TempDir folder_;
  CallLogOptions options_;
};

TEST_F(CallLogTest, FactsOfAllCallsComeInOrderOfTimeWithTheEndOfEachCallLast) {
  auto log = Read(next_day_ + answered_ + abandoned_);
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(log->rows, 3u);
  ASSERT_EQ(log->calls.size(), 3u);
  std::map<uint32_t, bool> ended;
  absl::Time last = absl::InfinitePast();
  for (const auto& fact : log->facts) {
    EXPECT_LE(last, fact.at);
    last = fact.at;
    EXPECT_FALSE(ended[fact.call]);
    ended[fact.call] = fact.fact.has_ended();
  }
  for (const auto& [call, over] : ended) EXPECT_TRUE(over) << call;
}

TEST_F(CallLogTest, AFactIsToldWithTheSwitchsOwnStampAgentAndCategory) {
  auto log = Read(answered_);
  ASSERT_TRUE(log.ok());
  for (const auto& fact : log->facts) {
    const auto live = LiveFact(*log, fact);
    EXPECT_EQ(live.source(), "technion");
    EXPECT_EQ(live.category(), "PS");
    EXPECT_EQ(live.identifier(), "7");
    EXPECT_EQ(ToTime(live.occurred_at()), fact.at);
    if (live.fact().has_answered()) {
      EXPECT_EQ(live.fact().answered().agent(), "MICHAL");
      EXPECT_EQ(absl::FormatTime("%H:%M:%S", fact.at, absl::UTCTimeZone()), "06:20:20");  // 8:20:20 in Jerusalem
    }
  }
}

TEST_F(CallLogTest, DaysAndNumberOfCallsAreChosen) {
  options_.from = options_.to = absl::CivilDay(1999, 2, 1);
  EXPECT_EQ(Read(next_day_ + answered_ + abandoned_)->calls.size(), 2u);
  options_.limit = 1;
  EXPECT_EQ(Read(next_day_ + answered_ + abandoned_)->calls.size(), 1u);
}

TEST_F(CallLogTest, ABadRowIsSaidWithItsLineAndLeftOut) {
  std::vector<uint64_t> lines;
  options_.on_bad = [&](uint64_t line, const absl::Status&) { lines.push_back(line); };
  auto log = Read(answered_ + "nonsense\n" + abandoned_);
  ASSERT_TRUE(log.ok());
  EXPECT_EQ(log->bad, 1u);
  EXPECT_EQ(log->calls.size(), 2u);
  EXPECT_THAT(lines, ::testing::ElementsAre(3));
}

TEST_F(CallLogTest, AFactIsDueWhenTheServersClockReachesItAtItsSpeed) {
  auto log = Read(answered_ + next_day_);
  ASSERT_TRUE(log.ok());
  HandClock machine;
  ServerClock server(&machine);
  server.Set(log->facts[0].at - absl::Seconds(100), 50);
  const Pacer pacer(&server);
  EXPECT_EQ(pacer.Due(log->facts, 0), 0u);
  EXPECT_EQ(pacer.Wait(log->facts, 0, absl::Hours(1)), absl::Seconds(2));
  EXPECT_EQ(pacer.Wait(log->facts, 0, absl::Milliseconds(20)), absl::Milliseconds(20));
  machine.boot += absl::Seconds(2);
  EXPECT_EQ(pacer.Due(log->facts, 0), 1u);
  machine.boot += absl::Seconds(3);  // 150 s on: all of the first call's
  EXPECT_EQ(pacer.Due(log->facts, 1), 5u);
  server.Set(log->facts.back().at, 50);  // the server's clock was set on
  EXPECT_EQ(pacer.Due(log->facts, 5), log->facts.size());
}

TEST(ServerClockTest, RunsOnFromTheLastReadingAtTheServersSpeed) {
  HandClock machine;
  ServerClock clock(&machine);
  const absl::Time start = absl::FromUnixSeconds(917'845'200);
  clock.Set(start, 1000);
  machine.boot += absl::Milliseconds(30);
  EXPECT_EQ(clock.Now(), start + absl::Seconds(30));
  EXPECT_EQ(clock.Until(start + absl::Seconds(130)), absl::Milliseconds(100));
  EXPECT_LT(clock.Until(start), absl::ZeroDuration());
}

}  // namespace
}  // namespace shoujie::loadtest
