// What a feature guards: kinds of events, and fields of kinds that older builds read and would pass over.
#include "services/runtime/base/features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shoujie/router/v1/events.pb.h"

namespace shoujie {
namespace {

using router::v1::Event;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

TEST(FeaturesTest, AKindIsGuardedWhateverItHolds) {
  Event event;
  EXPECT_EQ(FeatureOf(event), "") << "nothing is set";
  event.mutable_urged();
  EXPECT_EQ(FeatureOf(event), "urging");
  EXPECT_THAT(GuardedBy("urging", *Event::descriptor()), ElementsAre("urged"));
}

TEST(FeaturesTest, AnOldKindIsGuardedOnlyWhileItHoldsTheNewField) {
  Event event;
  event.mutable_handoff_offered()->set_department("tech");
  EXPECT_EQ(FeatureOf(event), "");
  event.mutable_handoff_offered()->mutable_routing();
  EXPECT_EQ(FeatureOf(event), "routing");
  event.mutable_handoff_signed();
  EXPECT_EQ(FeatureOf(event), "");
  EXPECT_THAT(GuardedBy("routing", *Event::descriptor()), ElementsAre("handoff_offered.routing"));
  EXPECT_THAT(MarksOf(*Event::descriptor()), Contains(Pair("routing", "handoff_offered.routing")));
}

TEST(FeaturesTest, WhatIsNoEventIsGuardedByNothing) {
  EXPECT_EQ(FeatureOf(router::v1::Routing()), "");
  EXPECT_TRUE(MarksOf(*router::v1::Routing::descriptor()).empty());
  EXPECT_TRUE(GuardedBy("", *Event::descriptor()).empty());
}

}  // namespace
}  // namespace shoujie
