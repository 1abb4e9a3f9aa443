// A shard whose store was made again under it.
#include "tests/unit/runtime/shard/bench.h"

namespace shoujie::testing {
namespace {

class RereadTest : public ShardTest {
 protected:
  std::string StateRow(const std::string& stream) { return **desk->store->Get(rows::StateKey(stream)); }
  void Write(const std::string& key, std::string value) { desk->store->Write({{key, std::move(value)}}, nullptr); }
  static std::string WithOwner(const std::string& row, const std::string& owner) {
    auto value = rows::StateValue::Decode(row);
    Case state;
    EXPECT_TRUE(state.ParseFromString(value->state));
    state.set_owner(owner);
    value->state = state.SerializeAsString();
    return value->Encode();
  }
};

TEST_F(RereadTest, WhatItHadInMemoryIsForgottenAndItGoesOnAsOwner) {
  const std::string name = OpenCase("+86 1");
  const std::string good = StateRow(name);
  desk->Restart();
  Write(rows::StateKey(name), WithOwner(good, "wrong"));
  desk->shard->Own();
  Settle();
  HandRequest hand;  // decided on the wrong row, which it now holds: nobody to hand it to but him
  hand.set_name(name);
  hand.set_to("wrong");
  EXPECT_TRUE(Do(hand)->no_op());
  Write(rows::StateKey(name), good);
  EXPECT_TRUE(Do(hand)->no_op()) << "from memory";
  desk->shard->Reread();
  EXPECT_FALSE(desk->shard->reread());
  Settle();
  EXPECT_TRUE(desk->shard->reread());
  EXPECT_EQ(desk->shard->phase(), Shard::Phase::kServing);
  auto reply = Do(hand);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_FALSE(reply->no_op());
  EXPECT_EQ(CaseOf(name).owner(), "wrong");
  EXPECT_EQ(CaseOf(name).owners_size(), 2);
}

TEST_F(RereadTest, CallersInFlightAreAnsweredOnceAndNothingIsLost) {
  const std::string name = OpenCase("+86 1");
  std::vector<std::shared_ptr<std::optional<Reply>>> answers;
  for (int i = 0; i < 20; ++i) answers.push_back(Post(Make(Add(name, 1))));
  desk->shard->BuildBatch();
  desk->shard->Reread();
  for (int i = 0; i < 20; ++i) answers.push_back(Post(Make(Add(name, 1))));
  Settle();
  Pass(absl::Seconds(5));
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer->has_value());
    EXPECT_TRUE((*answer)->ok()) << (*answer)->status();
  }
  EXPECT_EQ(CaseOf(name).total(), 40);
}

TEST_F(RereadTest, AHaltedShardComesBackOnceItsRowsAreRight) {
  const std::string name = OpenCase("+86 1");
  const std::string good = StateRow(name);
  desk->Restart();
  Write(rows::StateKey(name), "no state");
  desk->shard->Own();
  Settle();
  EXPECT_TRUE(absl::IsDataLoss(Do(Add(name, 1)).status()));
  ASSERT_EQ(desk->shard->phase(), Shard::Phase::kHalted);
  EXPECT_REASON(Do(Add(name, 1)).status(), "SHARD_HALTED");
  // Not yet: it halts again, and says so.
  desk->shard->Reread();
  Settle();
  EXPECT_TRUE(absl::IsDataLoss(Do(Add(name, 1)).status()));
  ASSERT_EQ(desk->shard->phase(), Shard::Phase::kHalted);
  Write(rows::StateKey(name), good);
  desk->shard->Reread();
  Settle();
  Pass(absl::Seconds(5));
  EXPECT_EQ(desk->shard->phase(), Shard::Phase::kServing);
  EXPECT_TRUE(desk->shard->halted().ok());
  ASSERT_TRUE(Do(Add(name, 7)).ok());
  EXPECT_EQ(CaseOf(name).total(), 7);
  const auto live = desk->store->rows();
  desk->Rebuild();
  Settle();
  EXPECT_EQ(desk->store->rows(), live);
}

TEST_F(RereadTest, AFollowerReadsOn) {
  const std::string name = OpenCase("+86 1");
  Node standby(&desk_domain, desk_log.get(), &keys, &clock, &published, nullptr, "b");
  standby.shard->Follow();
  standby.shard->Step();
  standby.shard->Reread();
  ASSERT_TRUE(Do(Add(name, 3)).ok());
  for (int i = 0; i < 3; ++i) standby.shard->Step();
  EXPECT_TRUE(standby.shard->reread());
  EXPECT_EQ(standby.shard->phase(), Shard::Phase::kFollowing);
  EXPECT_EQ(standby.store->rows(), desk->store->rows());
}

}  // namespace
}  // namespace shoujie::testing
