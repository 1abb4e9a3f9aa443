#include "services/runtime/ops/metrics.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/runtime/rpc/fake_backend.h"

namespace shoujie::ops {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, CountsCallsByMethodAndCode) {
  Metrics metrics;
  for (int i = 0; i < 3; ++i) metrics.Observe({.method = "a.B/C", .took = absl::Milliseconds(3)});
  metrics.Observe({.method = "a.B/C", .code = absl::StatusCode::kNotFound, .took = absl::Seconds(3)});
  const auto text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("shoujie_rpc_calls_total{code=\"OK\",method=\"a.B/C\"} 3"));
  EXPECT_THAT(text, HasSubstr("shoujie_rpc_calls_total{code=\"NOT_FOUND\",method=\"a.B/C\"} 1"));
  EXPECT_THAT(text, HasSubstr("shoujie_rpc_seconds_bucket{method=\"a.B/C\",le=\"0.005\"} 3"));
  EXPECT_THAT(text, HasSubstr("shoujie_rpc_seconds_count{method=\"a.B/C\"} 4"));
}

TEST(Metrics, FirstCallsFromManyThreadsAllCount) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) metrics.Observe({.method = "a.B/C"});
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(metrics.Text(), HasSubstr("{code=\"OK\",method=\"a.B/C\"} 4000"));
}

TEST(Metrics, ShardsAreAskedAtEachScrape) {
  rpctest::FakeBackend backend;
  Metrics metrics;
  metrics.WatchShards(backend);
  EXPECT_THAT(metrics.Text(), HasSubstr("shoujie_shard_revision{service=\"fake\",partition=\"0\"} 7"));
  EXPECT_THAT(metrics.Text(), HasSubstr("shoujie_shard_serving{service=\"fake\",partition=\"1\"} 0"));
  EXPECT_THAT(metrics.Text(), HasSubstr("shoujie_published_running{service=\"fake\",partition=\"0\"} 1"));
  EXPECT_THAT(metrics.Text(), HasSubstr("shoujie_published_lag_records{service=\"fake\",partition=\"0\"} 3"));
  EXPECT_THAT(metrics.Text(), Not(HasSubstr("shoujie_published_lag_records{service=\"fake\",partition=\"1\"}")))
      << "it is another node's";
}

TEST(Metrics, AnAddressThatCannotBeBoundIsAnError) {
  Metrics first, second;
  EXPECT_EQ(first.Expose("192.0.2.1:1").code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(second.Expose("127.0.0.1:0").ok());
}

}  // namespace
}  // namespace shoujie::ops
