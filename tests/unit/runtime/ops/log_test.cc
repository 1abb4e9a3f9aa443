#include "services/runtime/ops/log.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoujie::ops {
namespace {

TEST(Log, ALineIsOneJsonObjectWithItsFieldsInOrder) {
  EXPECT_EQ(FormatLogLine(absl::FromUnixMillis(1'000), Level::kWarn, "shard \"halted\"",
                          {{"service", "router"}, {"partition", 17}, {"ok", false}, {"took", absl::Milliseconds(250)}}),
            R"({"ts":"1970-01-01T00:00:01.000Z","level":"warn","msg":"shard \"halted\"","service":"router",)"
            R"("partition":17,"ok":false,"took":0.25})");
}

TEST(Log, BytesThatAreNoUtf8DoNotBreakALine) {
  EXPECT_THAT(FormatLogLine(absl::UnixEpoch(), Level::kInfo, "m", {{"k", std::string("a\xff\n")}}),
              ::testing::HasSubstr("\"k\":\"a\xef\xbf\xbd\\n\""));
}

TEST(Log, LinesComeOutBeforeAndAfterTheThreadRuns) {
  ::testing::internal::CaptureStderr();
  LogInfo("before");
  StartLog(Level::kWarn);
  LogInfo("quiet");
  LogError("during");
  StopLog();
  LogError("after");
  const std::string out = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(out, ::testing::HasSubstr("\"before\""));
  EXPECT_THAT(out, ::testing::HasSubstr("\"during\""));
  EXPECT_THAT(out, ::testing::HasSubstr("\"after\""));
  EXPECT_THAT(out, ::testing::Not(::testing::HasSubstr("quiet")));
}

}  // namespace
}  // namespace shoujie::ops
