#include "services/runtime/base/number.h"

#include <gtest/gtest.h>

#include "services/runtime/base/limits.h"

namespace shoujie {
namespace {

TEST(NumberTest, SaysAndReadsBack) {
  for (uint32_t slot : {0u, 1u, 413u, 4095u}) {
    for (uint64_t count : {1ull, 127ull, 999'999ull, 1'000'000ull, 123'456'789ull}) {
      for (bool customer : {false, true}) {
        const Number number{slot, count, customer};
        const auto back = Number::Parse(number.ToString());
        ASSERT_TRUE(back) << number.ToString();
        EXPECT_EQ(back->slot, slot);
        EXPECT_EQ(back->count, count);
        EXPECT_EQ(back->customer, customer);
      }
    }
  }
}

TEST(NumberTest, EveryWrongDigitAndEveryNeighbourSwapIsSeen) {
  const std::string good = Number{413, 127}.ToString();
  for (size_t i = 0; i < good.size(); ++i) {
    if (good[i] == '-') continue;
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string bad = good;
      if (bad[i] == digit) continue;
      bad[i] = digit;
      EXPECT_FALSE(Number::Parse(bad)) << bad;
    }
  }
}

TEST(NumberTest, RefusesWrongForms) {
  for (const char* text : {"", "0413", "0413-000127", "0413-000127-", "04130000127-6", "4096-000001-0", "0413-000000-0",
                           "X413-000127-6", "0413-0000000000000000127-6", "0413-000127-6x", "0413-0001270-66"}) {
    EXPECT_FALSE(Number::Parse(text)) << text;
  }
}

TEST(NumberTest, WhatFollowsTheNumberKeepsItsSlot) {
  const std::string matter = Number{413, 127}.ToString();
  EXPECT_EQ(SlotOfStream("contacts/" + matter, "k"), 413u);
  EXPECT_EQ(SlotOfStream("tickets/" + matter + "-T1", "k"), 413u);
}

TEST(SlotTest, PublishedVectors) {
  // HMAC-SHA-256("shoujie-test-slot-key", identifier), first 16 bits, modulo 4096.
  constexpr char kKey[] = "shoujie-test-slot-key";
  EXPECT_EQ(SlotOfIdentifier("+8613800138000", kKey), SlotOfIdentifier("+8613800138000", kKey));
  EXPECT_LT(SlotOfIdentifier("+8613800138000", kKey), limits::kSlots);
  EXPECT_NE(SlotOfIdentifier("+8613800138000", kKey), SlotOfIdentifier("+8613800138001", kKey));
}

}  // namespace
}  // namespace shoujie
