// The relay against a topic that acknowledges late, never or wrongly, beside relays that do not know that they were
// replaced.
#include "services/runtime/node/relay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/node/cloud_event.h"
#include "services/runtime/node/unpublished_rows.h"
#include "services/runtime/sim/manual_clock.h"
#include "services/runtime/store/memory_store.h"
#include "shoujie/router/v1/feed.pb.h"
#include "tests/support/memory_topic.h"

namespace shoujie {
namespace {

using router::v1::TicketEvent;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string IdOfEvent(uint64_t revision, int n) { return absl::StrCat("t@", revision, ".", n); }

class RelayTest : public ::testing::Test {
 protected:
  using Ids = std::vector<std::string>;

  // A node's relay: what it believes of its ownership, and what it asked to be recorded.
  struct Node {
    Relay::Owner owner{true, 1, 0};
    absl::Status may;
    std::vector<uint64_t> recorded;
    std::vector<absl::Status> waits;
    std::unique_ptr<Relay> relay;
  };

  std::unique_ptr<Node> NewNode(uint64_t term = 1) {
    auto node = std::make_unique<Node>();
    node->owner = {true, term, revision_};
    Relay::Env env;
    env.event = &TicketEvent::default_instance();
    env.rows = &store_;
    env.clock = &clock_;
    env.log = topic_->Open();
    Node* const n = node.get();
    env.may = [n] { return n->may; };
    env.owner = [n](uint32_t) { return n->owner; };
    env.shown = [this](uint32_t) { return shown_; };
    env.record = [n](uint32_t, uint64_t up_to) { n->recorded.push_back(up_to); };
    env.waits = [n](const absl::Status& why) { n->waits.push_back(why); };
    node->relay = std::make_unique<Relay>(std::move(env));
    return node;
  }
  // A record with so many published events.
  void Publish(int events = 1, bool shown = true) {
    ++revision_;
    std::vector<Row> rows;
    for (int n = 0; n < events; ++n) {
      TicketEvent event;
      event.set_id(IdOfEvent(revision_, n));
      event.set_subject("tickets/t");
      event.set_sequence(absl::StrFormat("%020d", revision_ * 10 + static_cast<uint64_t>(n)));
      event.mutable_data()->set_ticket("tickets/t");
      rows.push_back({unpublished::Key(0, revision_, static_cast<uint32_t>(n)), event.SerializeAsString()});
      expected_.push_back(event.id());
    }
    store_.Write(std::move(rows), [] {});
    if (shown) shown_ = revision_;
  }
  // As the read model does at a record `published_up_to`.
  void Forget(uint64_t up_to) {
    std::vector<Row> rows;
    ASSERT_TRUE(store_
                    .Scan(unpublished::Key(0, 0, 0), unpublished::Key(0, up_to + 1, 0),
                          [&](absl::string_view key, absl::string_view) {
                            rows.push_back({std::string(key), std::nullopt});
                            return true;
                          })
                    .ok());
    store_.Write(std::move(rows), [] {});
  }
  // Steps and lets everything land until nothing is under way.
  void Drain(Node& node) {
    for (int i = 0; i < 1000; ++i) {
      node.relay->Step();
      if (topic_->UnderWay(0).empty()) return;
      topic_->LandAll(0);
    }
  }

  sim::TrueTime time_;
  sim::ManualClock clock_{&time_};
  MemoryStore store_;
  std::unique_ptr<MemoryTopic> topic_ = std::make_unique<MemoryTopic>(1);
  uint64_t revision_ = 0, shown_ = 0;
  Ids expected_;
};

TEST_F(RelayTest, EverythingGoesOutInOrderTheFirstAloneAndIsRecordedOnce) {
  for (int i = 0; i < 5; ++i) Publish();
  Publish(3);
  auto node = NewNode();
  node->relay->Step();
  EXPECT_THAT(topic_->UnderWay(0), ElementsAre(1u)) << "a log that refused the first could take the second";
  EXPECT_EQ(node->relay->standing(0)->lag_records, 6u);
  topic_->Land(0);
  node->relay->Step();
  EXPECT_THAT(topic_->UnderWay(0), ElementsAre(7u));
  EXPECT_EQ(node->relay->standing(0)->lag_records, 5u);
  topic_->LandAll(0);
  node->relay->Step();
  EXPECT_EQ(topic_->Ids(0), expected_);
  EXPECT_EQ(node->relay->standing(0)->lag_records, 0u);
  EXPECT_TRUE(node->relay->standing(0)->runs);
  EXPECT_THAT(node->recorded, IsEmpty());
  time_.Advance(limits::kPublishedUpToWithin);
  node->relay->Step();
  EXPECT_THAT(node->recorded, ElementsAre(6u));
  revision_ = shown_ = 7;  // which is such a record
  node->owner.revision = 7;
  time_.Advance(absl::Hours(1));
  node->relay->Step();
  EXPECT_THAT(node->recorded, ElementsAre(6u)) << "nothing was published since";
  Publish();
  Drain(*node);
  EXPECT_EQ(topic_->Ids(0), expected_) << "after an hour, with a new writer";
  EXPECT_EQ(topic_->asked(), 1) << "the tail was looked at once, at the beginning";
}

TEST_F(RelayTest, WhatIsUnderWayIsBoundedAndManyEventsAreRecordedAtOnce) {
  for (uint64_t i = 0; i < limits::kPublishedUpToEvery + 10; ++i) Publish();
  auto node = NewNode();
  node->relay->Step();
  topic_->Land(0);
  node->relay->Step();
  EXPECT_THAT(topic_->UnderWay(0), ElementsAre(limits::kRelayEventsMax));
  topic_->Land(0);
  node->relay->Step();
  EXPECT_THAT(topic_->UnderWay(0), ElementsAre(limits::kRelayEventsMax));
  Drain(*node);
  EXPECT_EQ(topic_->Ids(0), expected_);
  ASSERT_EQ(node->recorded.size(), 1u);
  EXPECT_GE(node->recorded[0], limits::kPublishedUpToEvery - 1);
}

TEST_F(RelayTest, ANewOwnerSkipsWhatIsThereAndRepeatsNothing) {
  for (int i = 0; i < 4; ++i) Publish(2);
  auto first = NewNode();
  first->relay->Step();
  topic_->Land(0);
  first->relay->Step();
  topic_->Land(0);
  topic_->Land(0);  // half of the second record
  first->relay.reset();
  auto second = NewNode(2);
  second->relay->Step();
  EXPECT_EQ(second->relay->standing(0)->lag_records, 3u) << "of the second record one event is missing";
  topic_->Refuse(0);  // what the first had under way never lands
  Drain(*second);
  EXPECT_EQ(topic_->Ids(0), expected_);
  time_.Advance(limits::kPublishedUpToWithin);
  second->relay->Step();
  EXPECT_THAT(second->recorded, ElementsAre(4u));
}

TEST_F(RelayTest, WhatARecordSaysIsThereIsNotLookedFor) {
  Publish();
  Publish();
  auto first = NewNode();
  Drain(*first);
  first->relay.reset();
  Forget(2);
  auto second = NewNode(2);
  second->relay->Step();
  EXPECT_EQ(topic_->asked(), 1) << "nothing is left that could be there";
  EXPECT_EQ(second->relay->standing(0)->lag_records, 0u);
  Publish();
  Drain(*second);
  EXPECT_EQ(topic_->Ids(0), expected_);
}

TEST_F(RelayTest, WhatAReplacedRelayHadUnderWayComesLateAsRepeatsOfTheSameBytes) {
  for (int i = 0; i < 3; ++i) Publish();
  auto zombie = NewNode();
  zombie->relay->Step();
  topic_->Land(0);
  zombie->relay->Step();  // two under way
  auto owner = NewNode(2);
  owner->relay->Step();
  ASSERT_THAT(topic_->UnderWay(0), ElementsAre(2u, 1u));
  topic_->Land(0, 1);  // the owner's second event
  owner->relay->Step();
  topic_->Land(0, 1);
  topic_->LandAll(0);
  EXPECT_THAT(topic_->Ids(0), ElementsAre("t@1.0", "t@2.0", "t@3.0", "t@2.0", "t@3.0"));
  const auto records = topic_->records(0);
  EXPECT_EQ(records[1].value, records[3].value);
  EXPECT_EQ(records[1].headers, records[3].headers);
}

// A hole in the topic, whoever made it: nothing behind it passes for published.
TEST_F(RelayTest, OnlyWhatIsFoundFromTheBeginningOnIsSkipped) {
  Publish();
  Publish();
  Publish();
  auto stranger = topic_->Open()->NewWriter(0, [](const Report&) {});
  std::vector<PublishedRecord> some;
  for (const char* id : {"t@1.0", "t@3.0"}) some.push_back({"t", "{}", {{kIdHeader, id}}});
  stranger->Send(std::move(some));
  topic_->LandAll(0);
  auto node = NewNode();
  Drain(*node);
  EXPECT_THAT(topic_->Ids(0), ElementsAre("t@1.0", "t@3.0", "t@2.0", "t@3.0"));
}

TEST_F(RelayTest, AfterADoubtItGoesBackToWhatIsKnownToBeThere) {
  for (int i = 0; i < 6; ++i) Publish();
  auto node = NewNode();
  node->relay->Step();
  topic_->Land(0);
  node->relay->Step();
  topic_->Land(0);
  topic_->Refuse(0, 0, /*lands=*/true);  // 3 is there, and nobody was told
  node->relay->Step();
  EXPECT_FALSE(node->relay->standing(0)->runs);
  ASSERT_EQ(node->waits.size(), 1u);
  EXPECT_EQ(node->waits[0].code(), absl::StatusCode::kUnavailable);
  topic_->Land(0);  // 4 lands late
  time_.Advance(limits::kRelayWaitFirst);
  node->relay->Step();
  EXPECT_THAT(topic_->UnderWay(0), ElementsAre(2u, 1u)) << "5 and 6 of before, and 5, alone";
  topic_->Land(0, 1);
  node->relay->Step();
  ASSERT_EQ(node->waits.size(), 2u);
  EXPECT_TRUE(node->waits[1].ok());
  Drain(*node);
  EXPECT_THAT(topic_->Ids(0), ElementsAre("t@1.0", "t@2.0", "t@3.0", "t@4.0", "t@5.0", "t@5.0", "t@6.0", "t@6.0"));
}

TEST_F(RelayTest, NothingIsPublishedBeforeTheRowsShowTheClaim) {
  Publish();
  Publish(1, /*shown=*/false);
  auto node = NewNode();
  node->relay->Step();
  EXPECT_THAT(topic_->UnderWay(0), IsEmpty()) << "a record up to which all is there may follow";
  EXPECT_EQ(node->relay->standing(0)->lag_records, 2u);
  shown_ = revision_;
  Drain(*node);
  EXPECT_EQ(topic_->Ids(0), expected_);
}

TEST_F(RelayTest, WhoDoesNotOwnPublishesNothing) {
  Publish();
  Publish();
  auto node = NewNode();
  node->owner.serving = false;
  node->relay->Step();
  EXPECT_FALSE(node->relay->standing(0).has_value());
  node->owner.serving = true;
  node->relay->Step();
  ASSERT_THAT(topic_->UnderWay(0), ElementsAre(1u));
  node->owner.serving = false;
  node->relay->Step();
  EXPECT_FALSE(node->relay->standing(0).has_value());
  topic_->LandAll(0);  // late
  time_.Advance(absl::Hours(1));
  node->relay->Step();
  EXPECT_THAT(topic_->UnderWay(0), IsEmpty());
  EXPECT_THAT(node->recorded, IsEmpty());
  node->owner = {true, 5, revision_};
  Drain(*node);
  EXPECT_EQ(topic_->Ids(0), expected_) << "it begins anew, and finds the first";
}

TEST_F(RelayTest, WithoutTheFeatureOrTheTopicItWaitsAndSaysSo) {
  Publish();
  auto node = NewNode();
  node->may = absl::FailedPreconditionError("off");
  topic_->Answer(NotFound("TOPIC_MISSING", "Make it.", "请创建。"));
  node->relay->Step();
  node->relay->Step();
  ASSERT_EQ(node->waits.size(), 1u);
  EXPECT_EQ(node->waits[0].message(), "off");
  EXPECT_EQ(node->relay->standing(0)->lag_records, 1u);
  EXPECT_FALSE(node->relay->standing(0)->runs);
  node->may = absl::OkStatus();
  node->relay->Step();
  ASSERT_EQ(node->waits.size(), 2u);
  EXPECT_EQ(ReasonOf(node->waits[1]), "TOPIC_MISSING");
  topic_->Answer(absl::OkStatus(), absl::UnavailableError("no leader"));
  node->relay->Step();
  EXPECT_EQ(node->waits.size(), 2u) << "it is not looked at again so soon";
  time_.Advance(limits::kRelayWaitAtLast);
  node->relay->Step();
  ASSERT_EQ(node->waits.size(), 3u);
  EXPECT_EQ(node->waits[2].message(), "no leader");
  EXPECT_THAT(topic_->UnderWay(0), IsEmpty()) << "nothing is written blindly";
  topic_->Answer(absl::OkStatus());
  time_.Advance(limits::kRelayWaitAtLast);
  Drain(*node);
  EXPECT_EQ(topic_->Ids(0), expected_);
  EXPECT_TRUE(node->waits.back().ok());
}

TEST_F(RelayTest, ADamagedRowIsNotPassedOver) {
  Publish();
  store_.Write({{unpublished::Key(0, 2, 0), "\xff"}}, [] {});
  revision_ = shown_ = 2;
  Publish();
  auto node = NewNode();
  for (int i = 0; i < 5; ++i) {
    Drain(*node);
    time_.Advance(limits::kRelayWaitAtLast);
  }
  EXPECT_THAT(topic_->Ids(0), ElementsAre("t@1.0")) << "nothing behind it, and nothing twice";
  EXPECT_EQ(node->waits.back().code(), absl::StatusCode::kDataLoss);
}

// Owners die, are replaced without knowing it, records land late, twice, never; whatever happens: at every instant what
// a record says is there is there, first copies are in order, and in the end all is.
TEST_F(RelayTest, WhateverHappensNothingIsMissingAndFirstCopiesAreInOrder) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto draw = [&](uint32_t n) { return random() % n; };
    Forget(UINT64_MAX - 1);
    topic_ = std::make_unique<MemoryTopic>(1);
    revision_ = shown_ = 0;
    expected_.clear();
    uint64_t term = 1;
    std::vector<std::unique_ptr<Node>> nodes;  // the last one owns
    nodes.push_back(NewNode(term));
    const auto check = [&] {
      const Ids ids = topic_->Ids(0);
      std::map<std::string, size_t> first;
      for (const std::string& id : ids) first.emplace(id, first.size());
      Ids in_order(first.size());
      for (const auto& [id, at] : first) in_order[at] = id;
      ASSERT_EQ(in_order, Ids(expected_.begin(), expected_.begin() + static_cast<std::ptrdiff_t>(first.size())));
    };
    for (int act = 0; act < 150; ++act) {
      Node& owner = *nodes.back();
      owner.owner.revision = revision_;
      switch (draw(10)) {
        case 0:
        case 1:
          Publish(static_cast<int>(draw(3)), draw(4) > 0);
          break;
        case 2:
          shown_ = revision_;
          break;
        case 3:
          if (!topic_->UnderWay(0).empty()) {
            topic_->Refuse(0, draw(static_cast<uint32_t>(topic_->UnderWay(0).size())), draw(2) == 0);
          }
          break;
        case 4:
        case 5:
        case 6:
          if (!topic_->UnderWay(0).empty()) topic_->Land(0, draw(static_cast<uint32_t>(topic_->UnderWay(0).size())));
          break;
        case 7:
          time_.Advance(absl::Milliseconds(draw(4) == 0 ? 11'000 : 300));
          break;
        case 8:
          if (draw(4) > 0) break;
          if (draw(2) == 0) nodes.pop_back();  // dies; else it goes on and knows nothing of it
          nodes.push_back(NewNode(++term));
          break;
        default:
          break;
      }
      for (auto& node : nodes) {
        if (draw(3) > 0) node->relay->Step();
      }
      check();
      for (auto& node : nodes) {
        const bool counts = node == nodes.back();
        for (const uint64_t up_to : std::exchange(node->recorded, {})) {
          const Ids ids = topic_->Ids(0);
          for (const std::string& id : expected_) {
            if (std::stoull(id.substr(2)) > up_to) break;
            ASSERT_NE(std::find(ids.begin(), ids.end(), id), ids.end()) << id << " of " << up_to;
          }
          if (counts) Forget(up_to);
        }
      }
    }
    shown_ = revision_;
    const auto lags = [&] { return nodes.back()->relay->standing(0).value_or(Relay::Standing{false, 1}).lag_records; };
    for (int i = 0; i < 100 && (i == 0 || lags() > 0); ++i) {  // what it last said of its lag may be of before
      time_.Advance(limits::kRelayWaitAtLast);
      nodes.back()->owner.revision = revision_;
      Drain(*nodes.back());
    }
    topic_->LandAll(0);
    check();
    const Ids ids = topic_->Ids(0);
    ASSERT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), expected_.size());
  }
}

TEST_F(RelayTest, OnItsThreadItIsWokenByReportsAndRows) {
  topic_ = std::make_unique<MemoryTopic>(1, /*at_once=*/true);
  Publish(20);
  auto node = NewNode();
  node->relay->Start();
  const auto all = [&] { return topic_->Ids(0).size() == expected_.size(); };
  for (int i = 0; i < 10'000 && !all(); ++i) absl::SleepFor(absl::Milliseconds(1));
  node->relay->Stop();
  EXPECT_EQ(topic_->Ids(0), expected_);
}

}  // namespace
}  // namespace shoujie
