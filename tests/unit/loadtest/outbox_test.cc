#include "loadtest/switch/outbox.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "loadtest/switch/courier.h"
#include "services/runtime/base/error.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/loadtest/fakes.h"

namespace shoujie::loadtest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::unique_ptr<Outbox> OpenOutbox(const std::string& path) {
  auto outbox = Outbox::Open(path);
  EXPECT_TRUE(outbox.ok()) << outbox.status();
  return *std::move(outbox);
}

std::unique_ptr<Courier> Deliver(Outbox* outbox, Sink* sink, int threads = 8) {
  return std::make_unique<Courier>(
      outbox, sink, threads, [](const OutboxEntry&, const absl::StatusOr<std::string>&) {},
      [](const OutboxEntry& entry) { return entry.request + " again"; });
}

// Every lane's requests "<lane> 1", "<lane> 2", … in order and none missing.
void ExpectInOrder(const std::vector<std::string>& order, size_t lanes, int each) {
  std::map<std::string, int> last;
  for (const auto& request : order) {
    const std::vector<std::string> parts = absl::StrSplit(request, ' ');
    EXPECT_EQ(std::stoi(parts[1]), ++last[parts[0]]) << request;
  }
  EXPECT_EQ(last.size(), lanes);
  for (const auto& [lane, n] : last) EXPECT_EQ(n, each) << lane;
}

TEST(OutboxTest, DeliversEachLaneInOrderWhileTheServerGoesAndComesAndAnswersGetLost) {
  TempDir folder;
  FakeSink sink;
  sink.lose_answers_percent = 20;
  auto outbox = OpenOutbox(folder.path());
  auto courier = Deliver(outbox.get(), &sink);
  for (int n = 1; n <= 20; ++n) {
    sink.away = n >= 5 && n < 12;
    for (int lane = 0; lane < 25; ++lane) {
      ASSERT_TRUE(outbox->Append(absl::StrCat("call", lane), "M", absl::StrCat("call", lane, " ", n)).ok());
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
  outbox->WaitEmpty(absl::Seconds(20));
  EXPECT_EQ(outbox->pending(), 0u);
  ExpectInOrder(sink.order(), 25, 20);
  EXPECT_GT(courier->counts().repeated, 0u);
  EXPECT_EQ(courier->counts().delivered, 500u);
}

TEST(OutboxTest, IntakeDoesNotWaitForAServerThatIsAway) {
  TempDir folder;
  FakeSink sink;
  sink.away = true;
  auto outbox = OpenOutbox(folder.path());
  auto courier = Deliver(outbox.get(), &sink);
  const absl::Time start = absl::Now();
  for (int n = 1; n <= 1000; ++n) ASSERT_TRUE(outbox->Append("call", "M", absl::StrCat("call ", n)).ok());
  EXPECT_LT(absl::Now() - start, absl::Seconds(2));
  EXPECT_THAT(sink.order(), IsEmpty());
  EXPECT_EQ(outbox->pending(), 1000u);
  EXPECT_TRUE(courier->silent_since().has_value() || sink.sent() == 0);
}

TEST(OutboxTest, WhatWasNotAnsweredIsDeliveredByTheNextProcessWithTheSameBytes) {
  TempDir folder;
  FakeSink sink;
  {
    auto outbox = OpenOutbox(folder.path());
    auto courier = Deliver(outbox.get(), &sink);
    for (int n = 1; n <= 10; ++n) ASSERT_TRUE(outbox->Append("a", "M", absl::StrCat("a ", n)).ok());
    outbox->WaitEmpty(absl::Seconds(10));
    sink.away = true;
    for (int n = 11; n <= 20; ++n) ASSERT_TRUE(outbox->Append("a", "M", absl::StrCat("a ", n)).ok());
    ASSERT_TRUE(outbox->Sync().ok());
  }
  sink.away = false;
  auto outbox = OpenOutbox(folder.path());
  EXPECT_EQ(outbox->resumed(), 10u);
  auto courier = Deliver(outbox.get(), &sink);
  outbox->WaitEmpty(absl::Seconds(10));
  ExpectInOrder(sink.order(), 1, 20);
}

TEST(OutboxTest, AnAnswerThatWasNotWrittenDownMeansARepeatNotALoss) {
  TempDir folder;
  FakeSink sink;
  std::string copy = folder.path() + "-copy";
  {
    auto outbox = OpenOutbox(folder.path());
    ASSERT_TRUE(outbox->Append("a", "M", "a 1").ok());
    ASSERT_TRUE(outbox->Sync().ok());
    std::filesystem::copy(folder.path(), copy);  // as the disk stood when the process was killed
    auto courier = Deliver(outbox.get(), &sink);
    outbox->WaitEmpty(absl::Seconds(10));
  }
  auto outbox = OpenOutbox(copy);
  auto courier = Deliver(outbox.get(), &sink);
  outbox->WaitEmpty(absl::Seconds(10));
  EXPECT_EQ(sink.sent(), 2);
  EXPECT_THAT(sink.order(), ElementsAre("a 1"));
  std::filesystem::remove_all(copy);
}

TEST(OutboxTest, ATornEndIsCutOffAndWhatStoodBeforeItStays) {
  TempDir folder;
  {
    auto outbox = OpenOutbox(folder.path());
    ASSERT_TRUE(outbox->Append("a", "M", "a 1").ok());
    ASSERT_TRUE(outbox->Append("a", "M", "a 2").ok());
    ASSERT_TRUE(outbox->Sync().ok());
  }
  const auto file = std::filesystem::path(folder.path()) / "outbox.log";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 3);
  FakeSink sink;
  {
    auto outbox = OpenOutbox(folder.path());
    EXPECT_EQ(outbox->resumed(), 1u);
    ASSERT_TRUE(outbox->Append("a", "M", "a 2").ok());  // what comes after it is whole again
    ASSERT_TRUE(outbox->Sync().ok());
  }
  auto outbox = OpenOutbox(folder.path());
  auto courier = Deliver(outbox.get(), &sink);
  outbox->WaitEmpty(absl::Seconds(10));
  ExpectInOrder(sink.order(), 1, 2);
}

TEST(OutboxTest, TheFileIsRewrittenWhenMostOfItIsHistory) {
  TempDir folder;
  FakeSink sink;
  const std::string filler(20'000, 'x');
  {
    auto outbox = OpenOutbox(folder.path());
    auto courier = Deliver(outbox.get(), &sink);
    for (int n = 1; n <= 600; ++n) {
      ASSERT_TRUE(outbox->Append("a", "M", absl::StrCat("a ", n, " ", filler)).ok());
      if (n % 50 == 0) outbox->WaitEmpty(absl::Seconds(10));
    }
  }
  EXPECT_LT(std::filesystem::file_size(folder.path() + "/outbox.log"), 6u << 20);
  auto outbox = OpenOutbox(folder.path());
  EXPECT_EQ(outbox->resumed(), 0u);
  EXPECT_EQ(sink.order().size(), 600u);
}

TEST(OutboxTest, OneSwitchAtATimeUsesAFolder) {
  TempDir folder;
  auto outbox = OpenOutbox(folder.path());
  auto second = Outbox::Open(folder.path());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(OutboxTest, ARefusedFactIsCountedByReasonAndDoesNotHoldUpTheRest) {
  TempDir folder;
  FakeSink sink;
  sink.Refuse("a 1", Refused("CALL_ENDED", "It is over.", "已结束。"));
  auto outbox = OpenOutbox(folder.path());
  auto courier = Deliver(outbox.get(), &sink);
  ASSERT_TRUE(outbox->Append("a", "M", "a 1").ok());
  ASSERT_TRUE(outbox->Append("a", "M", "a 2").ok());
  outbox->WaitEmpty(absl::Seconds(10));
  EXPECT_THAT(sink.order(), ElementsAre("a 2"));
  EXPECT_EQ(courier->counts().refused_by_reason.at("CALL_ENDED"), 1u);
  EXPECT_EQ(outbox->refused(), 1u);
}

TEST(OutboxTest, AFactWhoseRequestIdGrewTooOldGoesOutUnderANewOne) {
  TempDir folder;
  FakeSink sink;
  sink.Refuse("a 1", Invalid("COMMAND_ID_TIME", "Too old.", "过旧。"));
  auto outbox = OpenOutbox(folder.path());
  auto courier = Deliver(outbox.get(), &sink);
  ASSERT_TRUE(outbox->Append("a", "M", "a 1").ok());
  ASSERT_TRUE(outbox->Append("a", "M", "a 2").ok());
  outbox->WaitEmpty(absl::Seconds(10));
  EXPECT_THAT(sink.order(), ElementsAre("a 1 again", "a 2"));
}

TEST(OutboxTest, AWrongTokenStopsDeliveryAndDropsNothing) {
  TempDir folder;
  FakeSink sink;
  sink.Refuse("a 1", absl::UnauthenticatedError("who?"));
  auto outbox = OpenOutbox(folder.path());
  auto courier = Deliver(outbox.get(), &sink);
  ASSERT_TRUE(outbox->Append("a", "M", "a 1").ok());
  for (int i = 0; i < 500 && courier->trouble().ok(); ++i) absl::SleepFor(absl::Milliseconds(10));
  EXPECT_EQ(courier->trouble().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(outbox->pending(), 1u);
}

TEST(OutboxTest, AHeldCommandWaitsForItsReleaseButNotForALostProcess) {
  TempDir folder;
  FakeSink sink;
  {
    auto outbox = OpenOutbox(folder.path());
    auto courier = Deliver(outbox.get(), &sink);
    auto released = outbox->Append("order1", "M", "failed 1", /*held=*/true);
    auto kept = outbox->Append("order2", "M", "failed 2", /*held=*/true);
    ASSERT_TRUE(released.ok() && kept.ok());
    ASSERT_TRUE(outbox->Sync().ok());
    absl::SleepFor(absl::Milliseconds(30));
    EXPECT_THAT(sink.order(), IsEmpty());
    ASSERT_TRUE(outbox->Release(*released, "reached 1").ok());
    for (int i = 0; i < 500 && !outbox->Idle("order1"); ++i) absl::SleepFor(absl::Milliseconds(10));
    EXPECT_THAT(sink.order(), ElementsAre("reached 1"));
    EXPECT_FALSE(outbox->Idle("order2"));
  }
  auto outbox = OpenOutbox(folder.path());
  auto courier = Deliver(outbox.get(), &sink);
  outbox->WaitEmpty(absl::Seconds(10));
  EXPECT_THAT(sink.order(), ElementsAre("reached 1", "failed 2"));
}

// A version that knows more kinds of frames may have written the file: such a frame must not pass for "done".
TEST(OutboxTest, AFrameOfAnUnknownKindTakesNothingAway) {
  TempDir folder;
  {
    auto file = OutboxFile::Open(folder.path(), [](OutboxFrame) {});
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE((*file)->Append({OutboxFrame::kEntry, 1, false, "lane", "method", "request"}).ok());
    ASSERT_TRUE((*file)->Append({static_cast<OutboxFrame::Kind>(7), 1, false, "lane", "method", "request"}).ok());
    ASSERT_TRUE((*file)->Append({OutboxFrame::kEntry, UINT64_MAX, false, "lane", "method", "request"}).ok());
  }
  auto outbox = OpenOutbox(folder.path());
  EXPECT_EQ(outbox->pending(), 1u);
  EXPECT_EQ(outbox->first_seq(), 2u);
}

}  // namespace
}  // namespace shoujie::loadtest
