#include "services/runtime/security/memory_keys.h"

#include <gtest/gtest.h>

#include "services/runtime/base/error.h"

namespace shoujie {
namespace {

TEST(MemoryKeysTest, OneSeedGivesTheSameKeysAndBytes) {
  MemoryKeys a(7), b(7), c(8);
  for (uint64_t id = 1; id <= 3; ++id) {
    for (MemoryKeys* keys : {&a, &b, &c}) EXPECT_EQ(keys->TakeKey(), id);
    EXPECT_EQ(*a.DataKey(id), *b.DataKey(id));
    EXPECT_NE(*a.DataKey(id), *c.DataKey(id));
    EXPECT_EQ(a.DataKey(id)->size(), 32u);
  }
  EXPECT_EQ(a.last(), 3u);
  EXPECT_EQ(a.Random(45), b.Random(45));
  EXPECT_NE(a.Random(12), a.Random(12));
  EXPECT_EQ(a.slot_key(), b.slot_key());
  EXPECT_NE(a.slot_key(), c.slot_key());
}

TEST(MemoryKeysTest, KeysNeverTakenAreMissing) {
  MemoryKeys keys;
  EXPECT_EQ(ReasonOf(keys.DataKey(0).status()), "KEYS_MISSING");
  EXPECT_EQ(ReasonOf(keys.DataKey(1).status()), "KEYS_MISSING");
}

TEST(MemoryKeysTest, ThePoolCanRunDry) {
  MemoryKeys keys;
  keys.LimitPool(2);
  EXPECT_TRUE(keys.TakeKey());
  EXPECT_TRUE(keys.TakeKey());
  EXPECT_FALSE(keys.TakeKey());
  keys.LimitPool(1);
  EXPECT_EQ(keys.TakeKey(), 3u);
}

TEST(MemoryKeysTest, MarksTellSpacesAndWindowsApart) {
  MemoryKeys keys;
  EXPECT_EQ(keys.IndexTerm("phone", "138").size(), 16u);
  EXPECT_EQ(keys.IndexTerm("phone", "138"), keys.IndexTerm("phone", "138"));
  EXPECT_NE(keys.IndexTerm("phone", "138"), keys.IndexTerm("mail", "138"));
  EXPECT_NE(keys.IndexTerm("phone1", "38"), keys.IndexTerm("phone", "138"));
  const absl::Time at = absl::FromUnixSeconds(1'700'000'000);
  EXPECT_EQ(keys.PayloadMac(at, "p"), keys.PayloadMac(at, "p"));
  EXPECT_NE(keys.PayloadMac(at, "p"), keys.PayloadMac(at, "q"));
  EXPECT_NE(keys.PayloadMac(at, "p"), keys.PayloadMac(at + absl::Hours(24 * 8), "p"));
}

}  // namespace
}  // namespace shoujie
