// What a server takes at once and what it refuses: queries, calls, batches, connections.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "services/runtime/base/error.h"
#include "shoujie/common/v1/batch.pb.h"
#include "tests/unit/runtime/rpc/surface.h"

namespace shoujie::rpc {
namespace {

using common::v1::CommandReply;
using rpctest::v1::ListThingsRequest;
using rpctest::v1::ListThingsResponse;
using rpctest::v1::PaintRequest;
using rpctest::v1::Thing;

TEST_F(Surface, QueriesBeyondTheQueueAreRefusedAtOnce) {
  Start({.query_threads = 1, .queries_max = 1});
  absl::Notification go;
  backend_.run = [&](const auto&, auto*, const auto&) {
    go.WaitForNotification();
    return absl::OkStatus();
  };
  auto client = As("agent");
  absl::Mutex mutex;
  int ok = 0, full = 0;
  for (int i = 0; i < 6; ++i) {
    CallAsync<ListThingsResponse>(*client, kList, ListThingsRequest(), [&](absl::StatusOr<ListThingsResponse> answer) {
      absl::MutexLock lock(&mutex);
      answer.ok() ? ++ok : ++full;
      EXPECT_TRUE(answer.ok() || ReasonOf(answer.status()) == "QUERIES_FULL") << answer.status();
    });
  }
  {
    absl::MutexLock lock(&mutex);
    const auto refused = [&] { return full >= 4; };
    EXPECT_TRUE(mutex.AwaitWithTimeout(absl::Condition(&refused), absl::Seconds(10)));
  }
  go.Notify();
  client.reset();  // waits for what is in flight
  EXPECT_EQ(ok + full, 6);
  EXPECT_LE(ok, 2);
}

TEST_F(Surface, CallsBeyondTheLimitAreRefusedAtOnceAndTakenAgainLater) {
  Start({.calls_max = 2});
  absl::Mutex mutex;
  std::vector<Done> held;
  backend_.execute = [&](const ClientCommand&, Done done) {
    absl::MutexLock lock(&mutex);
    held.push_back(std::move(done));
  };
  auto client = As("agent");
  int answered = 0;
  for (int i = 0; i < 2; ++i) {
    CallAsync<CommandReply>(*client, kPaint, PaintRequest(), [&](absl::StatusOr<CommandReply> reply) {
      EXPECT_TRUE(reply.ok()) << reply.status();
      absl::MutexLock lock(&mutex);
      ++answered;
    });
  }
  {
    absl::MutexLock lock(&mutex);
    const auto both = [&] { return held.size() == 2; };
    ASSERT_TRUE(mutex.AwaitWithTimeout(absl::Condition(&both), absl::Seconds(10)));
  }
  // Refused calls take no room themselves, whether reads or commands; operators' acts are always taken.
  for (int i = 0; i < 5; ++i) {
    const auto refused = Call<CommandReply>(*client, kPaint, PaintRequest()).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(ReasonOf(refused), "SERVER_BUSY");
    EXPECT_FALSE(DetailOf(refused).zh().empty());
  }
  EXPECT_EQ(ReasonOf(Call<Thing>(*client, kGet, common::v1::GetRequest()).status()), "SERVER_BUSY");
  std::vector<Done> go;
  {
    absl::MutexLock lock(&mutex);
    go.swap(held);
  }
  for (Done& done : go) done(CommandReply());
  {
    absl::MutexLock lock(&mutex);
    const auto both = [&] { return answered == 2; };
    ASSERT_TRUE(mutex.AwaitWithTimeout(absl::Condition(&both), absl::Seconds(10)));
  }
  // Whoever has its answer has given back its room.
  const auto status = Call<Thing>(*client, kGet, common::v1::GetRequest()).status();
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(Surface, WhoAsksAgainAtOnceFindsRoom) {
  Start({.calls_max = 1});
  auto client = As("agent");
  for (int i = 0; i < 2'000; ++i) {
    const auto status = Call<Thing>(*client, kGet, common::v1::GetRequest()).status();
    ASSERT_TRUE(status.ok()) << "call " << i << ": " << status;
  }
}

TEST_F(Surface, ABatchAnswersEachCommandByItself) {
  backend_.execute = [](const ClientCommand& command, Done done) {
    const auto& paint = static_cast<const PaintRequest&>(*command.request);
    EXPECT_EQ(command.payload, paint.SerializeAsString());
    if (paint.color() == "ugly") return done(Invalid("COLOR_UGLY", "Choose another.", "请另选。"));
    CommandReply reply;
    reply.set_name(paint.name());
    done(std::move(reply));
  };
  const auto paint = [](const std::string& name, const std::string& color) {
    PaintRequest request;
    request.set_name(name);
    request.set_color(color);
    return request.SerializeAsString();
  };
  common::v1::ExecuteBatchRequest batch;
  const auto add = [&](const std::string& method, const std::string& bytes) {
    auto* command = batch.add_commands();
    command->set_method(method);
    command->set_request(bytes);
  };
  add(kPaint, paint("things/1", "red"));
  add(kPaint, paint("things/2", "ugly"));
  add("shoujie.rpctest.v1.ThingService/Burn", "");
  add(kGet, "");  // no command
  add(kPaint, "\x0a\x7f");
  add(kPaint, std::string(limits::kRequestBytesMax + 1, 'x'));
  add(kPaint, paint("things/7", "blue"));
  constexpr char kBatch[] = "shoujie.common.v1.BatchService/ExecuteBatch";
  auto answer = Call<common::v1::ExecuteBatchResponse>(*As("agent"), kBatch, batch);
  ASSERT_TRUE(answer.ok()) << answer.status();
  std::vector<std::string> seen;
  for (const auto& outcome : answer->outcomes()) {
    seen.push_back(outcome.code() == 0 ? outcome.reply().name() : outcome.error().reason());
    EXPECT_TRUE(outcome.code() == 0 || !outcome.error().zh().empty());
  }
  EXPECT_THAT(seen, ::testing::ElementsAre("things/1", "COLOR_UGLY", "BATCH_METHOD_UNKNOWN", "BATCH_METHOD_UNKNOWN",
                                           "MALFORMED_REQUEST", "REQUEST_TOO_LARGE", "things/7"));
  // The caller needs the right of each command.
  answer = Call<common::v1::ExecuteBatchResponse>(*As("switch"), kBatch, batch);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->outcomes(0).error().reason(), "ACCESS_DENIED");
  EXPECT_EQ(Call<common::v1::ExecuteBatchResponse>(*As("nobody"), kBatch, batch).status().code(),
            absl::StatusCode::kUnauthenticated);

  batch.Clear();
  EXPECT_EQ(ReasonOf(Call<common::v1::ExecuteBatchResponse>(*As("agent"), kBatch, batch).status()),
            "BATCH_SIZE_INVALID");
  for (size_t i = 0; i <= limits::kBatchCallCommandsMax; ++i) add(kPaint, paint("things/1", "red"));
  EXPECT_EQ(ReasonOf(Call<common::v1::ExecuteBatchResponse>(*As("agent"), kBatch, batch).status()),
            "BATCH_SIZE_INVALID");
}

// gRPC's own listener is gone for ever after the first connection that finds no file descriptor.
TEST_F(Surface, ConnectionsBeyondTheDescriptorsAreClosedAndOthersTakenLater) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  auto first = As("agent");
  ASSERT_TRUE(Call<Thing>(*first, kGet, common::v1::GetRequest()).ok());
  // The server in this process learns the limit when it starts.
  const int used = dup(0);
  close(used);
  rlimit low = before;
  low.rlim_cur = static_cast<rlim_t>(used) + 40;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  Start({});
  std::vector<int> idle;
  const auto connect_to = [&] {
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(server_->port()));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return idle.push_back(fd), true;
    if (fd >= 0) close(fd);
    return false;
  };
  while (connect_to()) {
  }
  EXPECT_GT(idle.size(), 5u);
  absl::SleepFor(absl::Milliseconds(100));
  for (const int fd : idle) close(fd);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  // Once the server has seen that they are closed.
  absl::Status taken = absl::UnknownError("");
  for (int i = 0; i < 200 && !taken.ok(); ++i) {
    taken = Call<Thing>(*As("agent"), kGet, common::v1::GetRequest()).status();
    if (!taken.ok()) absl::SleepFor(absl::Milliseconds(50));
  }
  EXPECT_TRUE(taken.ok()) << taken;
}

}  // namespace
}  // namespace shoujie::rpc
