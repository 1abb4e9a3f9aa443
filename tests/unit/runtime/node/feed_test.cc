// What watchers are given: everything behind their token, in order, once; and what they cost.
#include "services/runtime/node/feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/node/resume_token.h"
#include "services/runtime/sim/manual_clock.h"
#include "services/runtime/store/memory_store.h"
#include "shoujie/router/v1/service.pb.h"

namespace shoujie {
namespace {

using router::v1::TicketEvent;
using router::v1::WatchTicketsResponse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

constexpr size_t kPartitions = 3;

class FeedTest : public ::testing::Test {
 protected:
  using Ids = std::vector<std::string>;

  // A record with these events of one topic; `stored`: its rows can be read, too.
  void Record(uint32_t partition, const std::string& topic, const Ids& ids, bool stored = true) {
    const uint64_t revision = ++revisions_[partition];
    std::vector<Feed::Event> events;
    std::vector<Row> rows;
    for (const std::string& id : ids) {
      TicketEvent event;
      event.set_id(id);
      auto bytes = std::make_shared<const std::string>(event.SerializeAsString());
      rows.push_back({Feed::RowKey(topic, partition, revision, static_cast<uint32_t>(rows.size())), *bytes});
      events.push_back({{topic}, revision, bytes});
    }
    unwritten_.insert(unwritten_.end(), rows.begin(), rows.end());
    feed_->Append(partition, revision, events);
    if (stored) Store();
  }
  void Store() {
    store_.Write(std::exchange(unwritten_, {}), [] {});
    for (uint32_t p = 0; p < kPartitions; ++p) feed_->Stored(p, revisions_[p]);
  }
  // The process starts again: what is stored is there, nothing else.
  void Restart() {
    feed_ = MakeFeed();
    for (uint32_t p = 0; p < kPartitions; ++p) feed_->Begin(p, revisions_[p]);
  }
  std::unique_ptr<Feed> MakeFeed() {
    return std::make_unique<Feed>(
        kPartitions, &store_, &clock_, [this] { return status_; }, [] {});
  }
  std::unique_ptr<AnswerStream> Watch(const std::string& topic, const std::string& token = "",
                                      bool from_start = false) {
    auto stream = feed_->Open(
        {topic, token, from_start}, [this] { return may_; }, [this] { ++wakes_; });
    EXPECT_TRUE(stream.ok()) << stream.status();
    return stream.ok() ? *std::move(stream) : nullptr;
  }
  // Everything that can be had now; `token_` is the last answer's.
  Ids Take(AnswerStream& stream) {
    Ids ids;
    while (true) {
      WatchTicketsResponse answer;
      auto step = stream.Next(&answer);
      end_ = step.status();
      if (!step.ok() || *step != AnswerStream::Step::kAnswer) return ids;
      ++answers_;
      largest_ = std::max(largest_, answer.events_size());
      for (const auto& event : answer.events()) ids.push_back(event.id());
      token_ = answer.resume_token();
    }
  }

  // The next answer, which has to be there, as whoever sends it takes it; `ids`: what it tells.
  AnswerStream::Given Get(AnswerStream& stream, Ids* ids = nullptr) {
    WatchTicketsResponse answer;
    AnswerStream::Given given;
    auto step = stream.Take(&answer, &given);
    EXPECT_TRUE(step.ok() && *step == AnswerStream::Step::kAnswer);
    if (given.shared != nullptr) {
      EXPECT_EQ(answer.ByteSizeLong(), 0u);
      answer = Filled(given);
    }
    for (const auto& event : answer.events()) {
      if (ids != nullptr) ids->push_back(event.id());
    }
    token_ = answer.resume_token();
    return given;
  }
  static WatchTicketsResponse Filled(const AnswerStream::Given& given) {
    WatchTicketsResponse answer;
    EXPECT_TRUE(given.shared != nullptr && given.shared->Fill(&answer).ok());
    return answer;
  }

  sim::TrueTime time_;
  sim::ManualClock clock_{&time_};
  MemoryStore store_;
  absl::Status status_, may_, end_;
  std::vector<Row> unwritten_;
  uint64_t revisions_[kPartitions] = {};
  int wakes_ = 0, answers_ = 0, largest_ = 0;
  std::string token_;
  std::unique_ptr<Feed> feed_ = MakeFeed();
};

TEST_F(FeedTest, FromNowOnMeansFromTheFirstAnswer) {
  Record(0, "tech", {"old"});
  auto watcher = Watch("tech");
  EXPECT_THAT(Take(*watcher), IsEmpty());
  EXPECT_EQ(answers_, 1) << "at once, with a token";
  Record(0, "tech", {"a"});
  EXPECT_GT(wakes_, 0);
  EXPECT_THAT(Take(*watcher), ElementsAre("a"));
  Record(1, "warehouse", {"other"});
  EXPECT_THAT(Take(*watcher), IsEmpty()) << "another's topic";
}

TEST_F(FeedTest, ATokenGoesOnWhereItsAnswerEndedAlsoAfterARestart) {
  auto watcher = Watch("tech");
  (void)Take(*watcher);
  Record(0, "tech", {"a"});
  Record(2, "tech", {"b"});
  EXPECT_THAT(Take(*watcher), ElementsAre("a", "b"));
  const std::string token = token_;
  watcher.reset();
  Record(2, "tech", {"c"});
  Record(0, "tech", {"d"});
  Record(0, "warehouse", {"x"});
  auto again = Watch("tech", token);
  EXPECT_THAT(Take(*again), ElementsAre("d", "c")) << "by partition; within each in order";
  again.reset();
  Restart();
  auto restarted = Watch("tech", token);
  EXPECT_THAT(Take(*restarted), ElementsAre("d", "c"));
  auto all = Watch("tech", "", /*from_start=*/true);
  EXPECT_THAT(Take(*all), ElementsAre("a", "d", "b", "c"));
  auto nothing = Watch("tech", token_);
  EXPECT_THAT(Take(*nothing), IsEmpty());
}

// Between the rows and the tail: no gap, nothing twice, whatever is not yet stored.
TEST_F(FeedTest, WhatIsNotStoredYetIsTakenFromTheTail) {
  Record(0, "tech", {"a"});
  Record(0, "tech", {"b"}, /*stored=*/false);
  auto watcher = Watch("tech", "", /*from_start=*/true);
  EXPECT_THAT(Take(*watcher), ElementsAre("a")) << "b is neither stored nor in a tail that began after it";
  Record(0, "tech", {"c"}, /*stored=*/false);
  EXPECT_THAT(Take(*watcher), IsEmpty()) << "c must not come before b";
  const int before = wakes_;
  Store();
  EXPECT_GT(wakes_, before);
  EXPECT_THAT(Take(*watcher), ElementsAre("b", "c"));
  Record(0, "tech", {"d"}, /*stored=*/false);
  EXPECT_THAT(Take(*watcher), ElementsAre("d")) << "live: not one row is waited for";
  Store();
  EXPECT_THAT(Take(*watcher), IsEmpty()) << "and not given again from the rows";
}

TEST_F(FeedTest, TheEventsOfARecordAreNeverParted) {
  for (const bool live : {false, true}) {
    auto watcher = Watch("tech", token_);
    if (live) (void)Take(*watcher);
    Ids expected;
    for (size_t i = 0; i < limits::kWatchPageEventsMax; ++i) {
      const std::string id = absl::StrCat(live, "-", i);
      Record(1, "tech", {id + "a", id + "b", id + "c"});
      for (const char* part : {"a", "b", "c"}) expected.push_back(id + part);
    }
    answers_ = largest_ = 0;
    Ids got;
    while (got.size() < expected.size()) {
      WatchTicketsResponse answer;
      auto step = watcher->Next(&answer);
      ASSERT_TRUE(step.ok() && *step == AnswerStream::Step::kAnswer);
      EXPECT_EQ(answer.events_size() % 3, 0);
      for (const auto& event : answer.events()) got.push_back(event.id());
      token_ = answer.resume_token();
      if (!live) watcher = Watch("tech", token_);  // any answer's token will do
    }
    EXPECT_EQ(got, expected);
  }
}

TEST_F(FeedTest, ASlowWatcherIsToldWhereToGoOnAndMissesNothing) {
  auto slow = Watch("tech");
  (void)Take(*slow);
  Record(0, "tech", {"taken"});
  EXPECT_THAT(Take(*slow), ElementsAre("taken"));
  for (size_t i = 0; i < limits::kWatchLagMax + 5; ++i) Record(0, "tech", {absl::StrCat(i)});
  EXPECT_LE(feed_->kept(), limits::kWatchLagMax) << "what a watcher may cost";
  EXPECT_THAT(Take(*slow), IsEmpty());
  ASSERT_EQ(ReasonOf(end_), "WATCH_SLOW");
  const auto detail = DetailOf(end_);
  EXPECT_EQ(detail.metadata(0).key(), "resumeToken");
  EXPECT_EQ(detail.metadata(0).value(), token_) << "where his last answer ended";
  auto again = Watch("tech", token_);
  const Ids rest = Take(*again);
  ASSERT_EQ(rest.size(), limits::kWatchLagMax + 5);
  EXPECT_EQ(rest.front(), "0");
  EXPECT_EQ(rest.back(), absl::StrCat(limits::kWatchLagMax + 4));
}

TEST_F(FeedTest, WatchersCostWhatTheSlowestLagsAndNobodyCostsNothing) {
  Record(0, "tech", {"unwatched"});
  EXPECT_EQ(feed_->kept(), 0u);
  std::vector<std::unique_ptr<AnswerStream>> many;
  for (int i = 0; i < 500; ++i) {
    many.push_back(Watch("tech"));
    (void)Take(*many.back());
  }
  for (int i = 0; i < 10; ++i) Record(0, "tech", {absl::StrCat(i)});
  EXPECT_EQ(feed_->kept(), 10u) << "one copy for all";
  for (size_t i = 1; i < many.size(); ++i) EXPECT_EQ(Take(*many[i]).size(), 10u);
  time_.Advance(limits::kWatchLookEvery);
  feed_->Look();
  EXPECT_EQ(feed_->kept(), 10u) << "the first has taken nothing";
  EXPECT_EQ(Take(*many[0]).size(), 10u);
  time_.Advance(limits::kWatchLookEvery);
  feed_->Look();
  EXPECT_EQ(feed_->kept(), 0u);
  Record(0, "tech", {"more"});
  many.clear();
  EXPECT_EQ(feed_->kept(), 0u);
}

TEST_F(FeedTest, WhoStandAtOnePlaceAreGivenOneAnswerAsIfMadeForEachAlone) {
  auto first = Watch("tech"), second = Watch("tech"), elsewhere = Watch("warehouse");
  for (AnswerStream* stream : {first.get(), second.get(), elsewhere.get()}) (void)Take(*stream);
  Record(0, "tech", {"a", "b"});
  Record(1, "warehouse", {"x"});
  WatchTicketsResponse alone;
  alone.add_events()->set_id("a");
  alone.add_events()->set_id("b");
  alone.set_resume_token(ResumeTokenOf({1, 1, 0}));
  const auto given = Get(*first);
  EXPECT_FALSE(given.more);
  EXPECT_EQ(Filled(given).SerializeAsString(), alone.SerializeAsString());
  Record(2, "warehouse", {"y"});
  EXPECT_EQ(Get(*second).shared, given.shared) << "whatever others were told since";
  Ids ids;
  EXPECT_NE(Get(*elsewhere, &ids).shared, given.shared);
  EXPECT_THAT(ids, ElementsAre("x", "y")) << "another topic, another answer";
  EXPECT_THAT(Take(*first), IsEmpty());
  Record(0, "tech", {"c"});
  EXPECT_EQ(Get(*first).shared, Get(*second).shared);
  EXPECT_THAT(Take(*second), IsEmpty()) << "and nothing twice";
}

TEST_F(FeedTest, WhatCameSinceGoesAlongWithWhatIsTakenLate) {
  auto quick = Watch("tech"), late = Watch("tech");
  (void)Take(*quick), (void)Take(*late);
  Record(0, "tech", {"a"});
  EXPECT_THAT(Take(*quick), ElementsAre("a"));
  Record(1, "tech", {"b"});
  Ids ids;
  EXPECT_FALSE(Get(*late, &ids).more);
  EXPECT_THAT(ids, ElementsAre("a", "b")) << "in one answer";
  EXPECT_THAT(Take(*quick), ElementsAre("b"));
}

TEST_F(FeedTest, WhoKnowsSomeOfItFromTheRowsIsGivenOneOfHisOwn) {
  auto live = Watch("tech");
  (void)Take(*live);
  Record(1, "tech", {"b"}, /*stored=*/false);
  Record(0, "tech", {"a"}, /*stored=*/false);
  store_.Write(std::exchange(unwritten_, {}), [] {});
  feed_->Stored(0, 1);  // and not yet partition 1
  auto from_rows = Watch("tech", "", /*from_start=*/true);
  Ids ids;
  EXPECT_EQ(Get(*from_rows, &ids).shared, nullptr);
  EXPECT_THAT(ids, ElementsAre("a"));
  EXPECT_EQ(Get(*from_rows, &ids).shared, nullptr);
  EXPECT_THAT(ids, ElementsAre("a", "b")) << "without a again";
  EXPECT_EQ(token_, ResumeTokenOf({1, 1, 0}));
  ids.clear();
  EXPECT_NE(Get(*live, &ids).shared, nullptr);
  EXPECT_THAT(ids, ElementsAre("b", "a"));
  Record(2, "tech", {"c"});
  EXPECT_EQ(Get(*live).shared, Get(*from_rows).shared) << "from here on as everybody";
}

// More than one answer holds: each is the same for all, and its token neither loses nor repeats anything.
TEST_F(FeedTest, ABurstIsSharedAnswerByAnswerAndEveryTokenHolds) {
  auto first = Watch("tech"), second = Watch("tech");
  (void)Take(*first), (void)Take(*second);
  Ids all, got;
  for (size_t i = 0; i < 2 * limits::kWatchPageEventsMax + 50; ++i) {
    all.push_back(absl::StrCat(i));
    Record(static_cast<uint32_t>(i % kPartitions), "tech", {all.back()});
    Record(static_cast<uint32_t>((i + 1) % kPartitions), "warehouse", {"elsewhere"});
  }
  int answers = 0;
  for (bool more = true; more; ++answers) {
    const auto given = Get(*first, &got);
    ASSERT_NE(given.shared, nullptr);
    EXPECT_EQ(Get(*second).shared, given.shared);
    more = given.more;
    auto again = Watch("tech", token_);
    Ids together = got;
    for (const std::string& id : Take(*again)) together.push_back(id);
    EXPECT_THAT(together, UnorderedElementsAreArray(all));
  }
  EXPECT_EQ(answers, 3);
  EXPECT_EQ(got, all);
}

TEST_F(FeedTest, FewAnswersAreKeptAndWhoComesLaterGetsTheSameMadeAgain) {
  constexpr size_t kAnswers = limits::kWatchStretchesMax + 2;
  auto quick = Watch("tech"), late = Watch("tech");
  (void)Take(*quick), (void)Take(*late);
  for (size_t i = 0; i < kAnswers * limits::kWatchPageEventsMax; ++i) Record(0, "tech", {absl::StrCat(i)});
  std::vector<AnswerStream::Given> given;
  for (size_t i = 0; i < kAnswers; ++i) given.push_back(Get(*quick));
  EXPECT_EQ(given.front().shared.use_count(), 1) << "the feed has let go of it";
  EXPECT_GT(given.back().shared.use_count(), 1);
  for (size_t i = 0; i < kAnswers; ++i) {
    EXPECT_EQ(Filled(Get(*late)).SerializeAsString(), Filled(given[i]).SerializeAsString());
  }
  given.clear();
  time_.Advance(limits::kWatchLookEvery);
  feed_->Look();
  EXPECT_EQ(feed_->kept(), 0u);
}

TEST_F(FeedTest, AHeartbeatCarriesATokenThatHasMovedOn) {
  auto watcher = Watch("tech");
  (void)Take(*watcher);
  const std::string before = token_;
  for (int i = 0; i < 5; ++i) Record(0, "warehouse", {"elsewhere"});
  EXPECT_THAT(Take(*watcher), IsEmpty());
  EXPECT_EQ(token_, before) << "no answer yet";
  time_.Advance(limits::kWatchHeartbeat);
  wakes_ = 0;
  feed_->Look();
  EXPECT_GT(wakes_, 0);
  EXPECT_THAT(Take(*watcher), IsEmpty());
  EXPECT_NE(token_, before);
  EXPECT_THAT(*RevisionsIn(token_, kPartitions), ElementsAre(5u, 0u, 0u));
}

TEST_F(FeedTest, ATokenAheadOfThisNodeIsWaitedForAndThenRefused) {
  const std::string ahead = ResumeTokenOf({2, 0, 0});
  Record(0, "tech", {"known"});
  auto watcher = Watch("tech", ahead);
  EXPECT_THAT(Take(*watcher), IsEmpty());
  EXPECT_EQ(end_, absl::OkStatus());
  Record(0, "tech", {"known, too"});
  Record(0, "tech", {"new"});
  EXPECT_THAT(Take(*watcher), ElementsAre("new")) << "this node has caught up";

  auto never = Watch("tech", ResumeTokenOf({100, 0, 0}));
  (void)Take(*never);
  time_.Advance(limits::kListWait + absl::Milliseconds(1));
  (void)Take(*never);
  EXPECT_EQ(ReasonOf(end_), "WATCH_BEHIND");
  EXPECT_TRUE(absl::IsUnavailable(end_)) << "another node may know";
}

TEST_F(FeedTest, TokensThatAreNoneAreRefused) {
  const std::string good = ResumeTokenOf({1, 2, 3});
  for (const std::string& token : {std::string("x"), good.substr(1), good + "A", ResumeTokenOf({1, 2})}) {
    EXPECT_EQ(ReasonOf(feed_
                           ->Open(
                               {"tech", token, false}, [] { return absl::OkStatus(); }, [] {})
                           .status()),
              "RESUME_TOKEN_INVALID")
        << token;
  }
  EXPECT_THAT(*RevisionsIn(good, 3), ElementsAre(1u, 2u, 3u));
}

TEST_F(FeedTest, WhoMayNoLongerWatchIsToldSo) {
  auto watcher = Watch("tech");
  (void)Take(*watcher);
  Record(0, "tech", {"a"});
  may_ = Denied("NOT_OF_DEPARTMENT", "No.", "否。");
  EXPECT_THAT(Take(*watcher), IsEmpty());
  EXPECT_EQ(ReasonOf(end_), "NOT_OF_DEPARTMENT");
}

TEST_F(FeedTest, RowsThatCannotBeBroughtUpToDateAreNotShownAsIfTheyWere) {
  auto watcher = Watch("tech");
  (void)Take(*watcher);
  status_ = absl::DataLossError("broken");
  EXPECT_THAT(Take(*watcher), IsEmpty());
  EXPECT_TRUE(absl::IsDataLoss(end_));
}

}  // namespace
}  // namespace shoujie
