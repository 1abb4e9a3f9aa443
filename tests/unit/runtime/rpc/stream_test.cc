// Streams of answers: pulled as fast as the caller takes them, never two at once, and ended exactly once by whatever
// comes first.
#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "services/runtime/base/error.h"
#include "tests/unit/runtime/rpc/surface.h"

namespace shoujie::rpc {
namespace {

using rpctest::v1::ListThingsRequest;
using rpctest::v1::ListThingsResponse;

// What a test puts on the line, for one caller. Outlives the stream.
struct Line {
  absl::Mutex mutex;
  std::deque<std::string> names;
  absl::Status end;
  bool ended = false;
  std::vector<WakeStream> wakes;
  std::atomic<int> pulled{0}, inside{0}, most_inside{0}, open{0};

  void Put(const std::string& name) {
    absl::MutexLock lock(&mutex);
    names.push_back(name);
    WakeLocked();
  }
  void End(const absl::Status& status) {
    absl::MutexLock lock(&mutex);
    ended = true;
    end = status;
    WakeLocked();
  }
  void Wake() {
    absl::MutexLock lock(&mutex);
    WakeLocked();
  }
  void WakeLocked() {
    for (const auto& wake : wakes) wake();
  }
};

class LineStream : public AnswerStream {
 public:
  explicit LineStream(Line* line) : line_(*line) { ++line_.open; }
  ~LineStream() override { --line_.open; }
  absl::StatusOr<Step> Next(google::protobuf::Message* answer) override {
    const int inside = ++line_.inside;
    line_.most_inside = std::max(line_.most_inside.load(), inside);
    ++line_.pulled;
    absl::MutexLock lock(&line_.mutex);
    --line_.inside;
    if (line_.names.empty()) {
      if (!line_.ended) return Step::kLater;
      if (!line_.end.ok()) return line_.end;
      return Step::kEnd;
    }
    auto* response = static_cast<ListThingsResponse*>(answer);
    EXPECT_EQ(response->ByteSizeLong(), 0u) << "an empty message each time";
    response->add_names(line_.names.front());
    response->set_phone("13800000000");
    line_.names.pop_front();
    return Step::kAnswer;
  }

 private:
  Line& line_;
};

class Streams : public Surface {
 protected:
  void SetUp() override { StartLine({}); }
  void TearDown() override { server_.reset(); }  // before what its streams read
  void StartLine(ServerOptions options) {
    StreamHandler open = [this](const auto&, const Principal&,
                                WakeStream wake) -> absl::StatusOr<std::unique_ptr<AnswerStream>> {
      if (!refusal_.ok()) return refusal_;
      absl::MutexLock lock(&line_.mutex);
      line_.wakes.push_back(std::move(wake));
      return std::make_unique<LineStream>(&line_);
    };
    MountedService mounted{service_, {}};
    mounted.streams = {{"Follow", open}, {"FollowAsAgent", open}};
    options.mounted = {mounted};
    Start(std::move(options));
  }
  absl::Status Follow(const std::string& token, const std::function<bool(const ListThingsResponse&)>& each,
                      const char* method = "Follow", absl::Duration timeout = absl::InfiniteDuration()) {
    ListThingsResponse answer;
    return As(token)->Stream(
        *service_->FindMethodByName(method), ListThingsRequest(), &answer, [&] { return each(answer); }, timeout);
  }
  // Whatever has to happen soon.
  template <typename Holds>
  static bool Soon(const Holds& holds) {
    for (int i = 0; i < 4000 && !holds(); ++i) absl::SleepFor(absl::Milliseconds(5));
    return holds();
  }
  bool AllGone() {
    return Soon([&] { return line_.open == 0; });
  }

  const google::protobuf::ServiceDescriptor* const service_ =
      ListThingsResponse::descriptor()->file()->FindServiceByName("LineService");
  Line line_;
  absl::Status refusal_;
};

TEST_F(Streams, AnswersComeInOrderAndTheEndIsOk) {
  for (int i = 0; i < 300; ++i) line_.Put(absl::StrCat(i));
  line_.End(absl::OkStatus());
  std::vector<std::string> got;
  EXPECT_EQ(Follow("agent",
                   [&](const auto& answer) {
                     got.push_back(answer.names(0));
                     return true;
                   }),
            absl::OkStatus());
  ASSERT_EQ(got.size(), 300u);
  for (int i = 0; i < 300; ++i) EXPECT_EQ(got[i], absl::StrCat(i));
  EXPECT_EQ(line_.most_inside, 1) << "one pull at a time";
  EXPECT_TRUE(AllGone());
  absl::MutexLock lock(&mutex_);
  ASSERT_EQ(records_.size(), 1u);
  EXPECT_TRUE(records_[0].stream);
  EXPECT_EQ(records_[0].code, absl::StatusCode::kOk);
}

TEST_F(Streams, WhatComesLaterIsTakenWhenItComes) {
  std::vector<std::string> got;
  absl::Notification first;
  line_.Put("0");
  std::thread later([&] {
    first.WaitForNotification();
    for (int i = 1; i <= 50; ++i) line_.Put(absl::StrCat(i));
    line_.End(absl::OkStatus());
  });
  EXPECT_EQ(Follow("agent",
                   [&](const auto& answer) {
                     got.push_back(answer.names(0));
                     if (got.size() == 1) first.Notify();
                     return true;
                   }),
            absl::OkStatus());
  later.join();
  ASSERT_EQ(got.size(), 51u);
  EXPECT_EQ(got.back(), "50");
}

TEST_F(Streams, ATypedErrorEndsItAfterWhatCameBefore) {
  line_.Put("0");
  line_.End(Error(absl::StatusCode::kResourceExhausted, "WATCH_SLOW", "Too slow.", "过慢。", {{"resumeToken", "t7"}}));
  int got = 0;
  const absl::Status status = Follow("agent", [&](const auto&) { return ++got > 0; });
  EXPECT_EQ(got, 1);
  EXPECT_EQ(ReasonOf(status), "WATCH_SLOW");
  EXPECT_EQ(DetailOf(status).metadata(0).value(), "t7");
  EXPECT_TRUE(AllGone());
}

TEST_F(Streams, RefusalsComeBeforeAnyAnswer) {
  const auto never = [](const auto&) -> bool {
    ADD_FAILURE() << "an answer";
    return false;
  };
  EXPECT_EQ(ReasonOf(Follow("stolen", never)), "UNAUTHENTICATED");
  EXPECT_EQ(ReasonOf(Follow("switch", never, "FollowAsAgent")), "ACCESS_DENIED");
  refusal_ = Denied("NOT_YOURS", "Not yours.", "无权。");
  EXPECT_EQ(ReasonOf(Follow("agent", never)), "NOT_YOURS");
  EXPECT_EQ(line_.pulled, 0);
}

TEST_F(Streams, PersonalFieldsReachOnlyThoseWithARightToSeeThem) {
  line_.Put("0");
  std::string phone = "none";
  const auto first = [&](const auto& answer) {
    phone = answer.phone();
    return false;
  };
  EXPECT_EQ(Follow("switch", first), absl::OkStatus());
  EXPECT_EQ(phone, "");
  ASSERT_TRUE(AllGone()) << "or it would take what is for the next one";
  line_.Put("1");
  EXPECT_EQ(Follow("agent", first), absl::OkStatus());
  EXPECT_EQ(phone, "13800000000");
}

TEST_F(Streams, ACallerWhoCancelsIsForgotten) {
  line_.Put("0");
  EXPECT_EQ(Follow("agent", [&](const auto&) { return false; }), absl::OkStatus()) << "enough";
  EXPECT_TRUE(AllGone());
  line_.Wake();  // of a stream that is no more
}

TEST_F(Streams, TheCallersDeadlineEndsIt) {
  line_.Put("0");
  const absl::Status status = Follow(
      "agent", [](const auto&) { return true; }, "Follow", absl::Milliseconds(300));
  EXPECT_EQ(ReasonOf(status), "DEADLINE_EXCEEDED");
  EXPECT_TRUE(AllGone());
}

TEST_F(Streams, ASlowReaderHoldsUpNobodyAndIsNotWrittenAhead) {
  constexpr int kMany = 20'000;
  const std::string wide(1000, 'x');
  for (int i = 0; i < kMany; ++i) line_.Put(wide);
  absl::Notification go;
  std::thread slow([&] {
    bool waited = false;
    (void)Follow("agent", [&](const auto&) {
      if (!std::exchange(waited, true)) go.WaitForNotification();
      return false;
    });
  });
  // What is on the way fills the transport's windows, and then nothing more is pulled.
  int before = -1;
  ASSERT_TRUE(Soon([&] {
    absl::SleepFor(absl::Milliseconds(100));
    return line_.pulled > 0 && std::exchange(before, line_.pulled.load()) == line_.pulled;
  }));
  EXPECT_LT(line_.pulled, kMany / 2);
  // The threads of streams are free: another caller is answered.
  int got = 0;
  EXPECT_EQ(Follow("agent", [&](const auto&) { return ++got < 10; }), absl::OkStatus());
  EXPECT_EQ(got, 10);
  go.Notify();
  slow.join();
  EXPECT_TRUE(AllGone());
}

TEST_F(Streams, AStopEndsOpenStreamsAtOnce) {
  absl::Notification opened;
  absl::Status idle_end;
  std::thread idle([&] {
    idle_end = Follow("agent", [&](const auto&) {
      opened.Notify();
      return true;
    });
  });
  line_.Put("0");
  opened.WaitForNotification();
  const auto begin = absl::Now();
  server_->Shutdown(absl::Seconds(5));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(3)) << "a stream is no call that is waited for";
  idle.join();
  EXPECT_EQ(ReasonOf(idle_end), "SERVER_STOPPING");
  EXPECT_TRUE(AllGone());
}

TEST_F(Streams, NoMoreThanAllowed) {
  StartLine({.streams_max = 2});
  std::vector<std::thread> callers;
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([&] { (void)Follow("agent", [](const auto&) { return false; }); });
  }
  ASSERT_TRUE(Soon([&] { return line_.open == 2; }));
  EXPECT_EQ(ReasonOf(Follow("agent", [](const auto&) { return true; })), "STREAMS_FULL");
  for (int i = 0; i < 50; ++i) line_.Put(absl::StrCat(i));  // one may take some more before he is known to be gone
  for (auto& caller : callers) caller.join();
  ASSERT_TRUE(AllGone());
  line_.Put("2");
  EXPECT_TRUE(Soon([&] { return Follow("agent", [](const auto&) { return false; }).ok(); })) << "room again";
}

TEST_F(Streams, AMethodThatTakesAStreamOrWhoseStreamNobodyAnswersRefusesTheStart) {
  ServerOptions options;
  options.authenticate = &rpctest::AuthenticateFake;
  options.mounted = {MountedService{service_, {}}};
  EXPECT_EQ(RpcServer::Start(backend_, std::move(options)).status().code(), absl::StatusCode::kFailedPrecondition);
}

// A query that leaves a record first.
TEST_F(Surface, ATracedQueryIsAnsweredOnlyOnceItsCommandCounts) {
  constexpr char kPeek[] = "shoujie.rpctest.v1.ThingService/Peek";
  rpctest::v1::PeekRequest request;
  request.set_name("things/1");
  std::atomic<int> recorded{0}, asked{0};
  backend_.run = [&](const google::protobuf::Message& again, google::protobuf::Message* response, const Principal&) {
    EXPECT_EQ(static_cast<const rpctest::v1::PeekRequest&>(again).name(), "things/1");
    EXPECT_EQ(recorded, 1) << "first the record";
    ++asked;
    static_cast<ListThingsResponse*>(response)->add_names("inside");
    return absl::OkStatus();
  };
  backend_.execute = [&](const ClientCommand& command, Done done) {
    EXPECT_EQ(command.payload, request.SerializeAsString());
    ++recorded;
    done(common::v1::CommandReply());
  };
  auto answer = Call<ListThingsResponse>(*As("agent"), kPeek, request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->names(0), "inside");
  backend_.execute = [](const ClientCommand&, Done done) { done(Refused("PURPOSE_MISSING", "Why?", "为何？")); };
  EXPECT_EQ(ReasonOf(Call<ListThingsResponse>(*As("agent"), kPeek, request).status()), "PURPOSE_MISSING");
  EXPECT_EQ(asked, 1) << "no record, no answer";
}

}  // namespace
}  // namespace shoujie::rpc
