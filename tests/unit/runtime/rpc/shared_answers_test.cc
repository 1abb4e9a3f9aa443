// Answers that many callers get: made once for each form, bit for bit as if made alone, and never with what a caller
// may not see.
#include "services/runtime/rpc/shared_answers.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/slice.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/rpc/caller.h"
#include "tests/unit/runtime/rpc/surface.h"

namespace shoujie::rpc {
namespace {

using rpctest::v1::ListThingsRequest;
using rpctest::v1::ListThingsResponse;
using rpctest::v1::Thing;

constexpr char kPhone[] = "13800000000";

// A name and a phone, for callers of two methods.
class Told : public SharedAnswer {
 public:
  explicit Told(const std::string& name) : name_(absl::StrCat(name, std::string(200, '.'))) {}
  absl::Status Fill(google::protobuf::Message* answer) const override {
    ++filled;
    if (absl::Status failure = failing; !failure.ok()) return failure;
    if (auto* list = dynamic_cast<ListThingsResponse*>(answer); list != nullptr) {
      EXPECT_EQ(list->ByteSizeLong(), 0u);
      list->add_names(name_);
      list->set_phone(kPhone);
      return absl::OkStatus();
    }
    auto* thing = dynamic_cast<Thing*>(answer);
    if (thing == nullptr) return absl::InternalError("of neither method");
    thing->set_name(name_);
    thing->mutable_note()->set_plain(kPhone);
    return absl::OkStatus();
  }
  const std::string& name() const { return name_; }

  mutable std::atomic<int> filled{0};
  absl::Status failing;

 private:
  const std::string name_;
};

// As one who shares with nobody gets it.
template <typename Answer>
std::string Alone(const Told& told, bool personal) {
  Answer answer;
  EXPECT_TRUE(told.Fill(&answer).ok());
  --told.filled;
  grpc::ByteBuffer bytes;
  EXPECT_TRUE(WriteFor(personal, &answer, &bytes).ok());
  return BytesOf(bytes);
}

// Where the bytes lie: the same for buffers that share them.
const void* PlaceOf(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(bytes.Dump(&slices).ok());
  return slices.empty() ? nullptr : slices[0].begin();
}

class SharedAnswersTest : public ::testing::Test {
 protected:
  template <typename Answer>
  grpc::ByteBuffer Get(const std::shared_ptr<const Told>& told, bool personal) {
    grpc::ByteBuffer bytes;
    EXPECT_TRUE(answers_.Bytes(told, Answer(), personal, &bytes).ok());
    return bytes;
  }

  static constexpr size_t kMost = 3;
  SharedAnswers answers_{kMost};
};

TEST_F(SharedAnswersTest, IsMadeOnceAndIsBitForBitWhatOneAloneWouldGet) {
  const auto told = std::make_shared<const Told>("a");
  for (const bool personal : {true, false}) {
    const grpc::ByteBuffer first = Get<ListThingsResponse>(told, personal);
    EXPECT_EQ(BytesOf(first), Alone<ListThingsResponse>(*told, personal));
    for (int i = 0; i < 1000; ++i) {
      EXPECT_EQ(PlaceOf(Get<ListThingsResponse>(told, personal)), PlaceOf(first)) << "no copy";
    }
  }
  EXPECT_EQ(told->filled, 2) << "once for each form";
}

TEST_F(SharedAnswersTest, FormsShareNothing) {
  const auto told = std::make_shared<const Told>("a");
  for (const bool personal_first : {true, false}) {
    SharedAnswers answers(kMost);
    grpc::ByteBuffer first, second;
    ASSERT_TRUE(answers.Bytes(told, ListThingsResponse(), personal_first, &first).ok());
    ASSERT_TRUE(answers.Bytes(told, ListThingsResponse(), !personal_first, &second).ok());
    EXPECT_NE(PlaceOf(first), PlaceOf(second));
    EXPECT_EQ(absl::StrContains(BytesOf(first), kPhone), personal_first);
    EXPECT_EQ(absl::StrContains(BytesOf(second), kPhone), !personal_first);
  }
  const grpc::ByteBuffer list = Get<ListThingsResponse>(told, false), thing = Get<Thing>(told, false);
  EXPECT_NE(PlaceOf(list), PlaceOf(thing));
  EXPECT_EQ(BytesOf(thing), Alone<Thing>(*told, false)) << "of another method";
  EXPECT_FALSE(absl::StrContains(BytesOf(thing), kPhone));
}

TEST_F(SharedAnswersTest, AnswersThatOnlyLookTheSameShareNothing) {
  const auto one = std::make_shared<const Told>("a"), another = std::make_shared<const Told>("a");
  const grpc::ByteBuffer first = Get<ListThingsResponse>(one, true), second = Get<ListThingsResponse>(another, true);
  EXPECT_EQ(BytesOf(first), BytesOf(second));
  EXPECT_NE(PlaceOf(first), PlaceOf(second)) << "of another feed";
}

TEST_F(SharedAnswersTest, NoMoreThanAllowedAreKeptAndWhoComesLaterGetsTheSame) {
  std::vector<std::shared_ptr<const Told>> all;
  std::vector<std::string> bytes;
  for (size_t i = 0; i < kMost + 2; ++i) {
    all.push_back(std::make_shared<const Told>(absl::StrCat(i)));
    bytes.push_back(BytesOf(Get<ListThingsResponse>(all.back(), false)));
    EXPECT_LE(answers_.kept(), kMost);
  }
  EXPECT_EQ(answers_.kept(), kMost);
  EXPECT_EQ(all[0].use_count(), 1) << "let go";
  EXPECT_EQ(BytesOf(Get<ListThingsResponse>(all.back(), false)), bytes.back());
  EXPECT_EQ(all.back()->filled, 1);
  EXPECT_EQ(BytesOf(Get<ListThingsResponse>(all[0], false)), bytes[0]);
  EXPECT_EQ(all[0]->filled, 2) << "made again";
}

TEST_F(SharedAnswersTest, WhatCannotBeMadeIsNotKept) {
  auto told = std::make_shared<Told>("a");
  told->failing = absl::DataLossError("broken");
  grpc::ByteBuffer bytes;
  EXPECT_TRUE(absl::IsDataLoss(answers_.Bytes(told, ListThingsResponse(), true, &bytes)));
  EXPECT_EQ(answers_.kept(), 0u);
}

TEST_F(SharedAnswersTest, ManyAtOnceHaveItMadeOnce) {
  const auto told = std::make_shared<const Told>("a");
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&, personal = i % 2 == 0] {
      for (int n = 0; n < 200; ++n) {
        EXPECT_EQ(absl::StrContains(BytesOf(Get<ListThingsResponse>(told, personal)), kPhone), personal);
      }
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(told->filled, 2);
}

// What all callers of one stream are told. Outlives them.
struct Board {
  absl::Mutex mutex;
  std::vector<std::shared_ptr<const Told>> told;
  bool ended = false;
  std::vector<WakeStream> wakes;
  std::atomic<int> pulled{0};

  void Add(const std::string& name) {
    absl::MutexLock lock(&mutex);
    told.push_back(std::make_shared<const Told>(name));
    for (const auto& wake : wakes) wake();
  }
  void End() {
    absl::MutexLock lock(&mutex);
    ended = true;
    for (const auto& wake : wakes) wake();
  }
};

class BoardStream : public AnswerStream {
 public:
  explicit BoardStream(Board* board) : board_(*board) {}
  absl::StatusOr<Step> Next(google::protobuf::Message*) override {
    return absl::InternalError("the surface takes what can be shared");
  }
  absl::StatusOr<Step> Take(google::protobuf::Message*, Given* given) override {
    absl::MutexLock lock(&board_.mutex);
    ++board_.pulled;
    if (next_ == board_.told.size()) return board_.ended ? Step::kEnd : Step::kLater;
    given->shared = board_.told[next_++];
    given->more = board_.ended || next_ < board_.told.size();
    return Step::kAnswer;
  }

 private:
  Board& board_;
  size_t next_ = 0;
};

class SharedStreams : public Surface {
 protected:
  void SetUp() override {
    StreamHandler open = [this](const auto&, const Principal&,
                                WakeStream wake) -> absl::StatusOr<std::unique_ptr<AnswerStream>> {
      absl::MutexLock lock(&board_.mutex);
      board_.wakes.push_back(std::move(wake));
      return std::make_unique<BoardStream>(&board_);
    };
    MountedService mounted{service_, {}};
    mounted.streams = {{"Follow", open}, {"FollowAsAgent", open}};
    ServerOptions options;
    options.mounted = {mounted};
    Start(std::move(options));
  }
  void TearDown() override { server_.reset(); }  // before what its streams read
  absl::Status Follow(const std::string& token, const std::function<void(const ListThingsResponse&)>& each) {
    ListThingsResponse answer;
    return As(token)->Stream(*service_->FindMethodByName("Follow"), ListThingsRequest(), &answer, [&] {
      each(answer);
      return true;
    });
  }

  const google::protobuf::ServiceDescriptor* const service_ =
      ListThingsResponse::descriptor()->file()->FindServiceByName("LineService");
  Board board_;
};

TEST_F(SharedStreams, EachCallerGetsAllInOrderAndPersonalFieldsOnlyWithARight) {
  constexpr int kAnswers = 10, kCallers = 6;
  static_assert(2 * kAnswers <= limits::kSharedAnswersMax, "both forms of all are kept");
  for (int i = 0; i < kAnswers; ++i) board_.Add(absl::StrCat(i));
  board_.End();
  std::vector<std::thread> callers;
  for (int n = 0; n < kCallers; ++n) {
    callers.emplace_back([&, may_see = n % 2 == 0] {
      size_t got = 0;
      const absl::Status status = Follow(may_see ? "agent" : "switch", [&](const auto& answer) {
        ASSERT_LT(got, board_.told.size());
        EXPECT_EQ(answer.names(0), board_.told[got++]->name());
        EXPECT_EQ(answer.phone(), may_see ? kPhone : "");
      });
      EXPECT_EQ(status, absl::OkStatus());
      EXPECT_EQ(got, board_.told.size());
    });
  }
  for (auto& caller : callers) caller.join();
  for (const auto& told : board_.told) EXPECT_EQ(told->filled, 2) << "once for those who may, once for the others";
}

// One look for each event, not a second that finds nothing.
TEST_F(SharedStreams, WhereNothingIsLeftTheStreamIsAskedAgainOnceItIsWoken) {
  constexpr int kLater = 20;
  std::atomic<int> got{0};
  board_.Add("first");
  std::thread caller([&] { EXPECT_EQ(Follow("agent", [&](const auto&) { ++got; }), absl::OkStatus()); });
  const auto await = [&](int count) {
    for (int i = 0; i < 4000 && got < count; ++i) absl::SleepFor(absl::Milliseconds(5));
    return got == count;
  };
  ASSERT_TRUE(await(1));
  absl::SleepFor(absl::Milliseconds(100));  // for a second look, if there were one
  EXPECT_EQ(board_.pulled, 1);
  for (int i = 0; i < kLater; ++i) {
    board_.Add(absl::StrCat(i));
    EXPECT_TRUE(await(2 + i)) << "whether the last answer is still being sent or not";
  }
  EXPECT_EQ(board_.pulled, 1 + kLater);
  board_.End();
  caller.join();
}

}  // namespace
}  // namespace shoujie::rpc
