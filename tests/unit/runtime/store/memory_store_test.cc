#include "services/runtime/store/memory_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shoujie {
namespace {

using testing::ElementsAre;

std::vector<std::string> Keys(const StoreReader& reader, absl::string_view from, absl::string_view to,
                              size_t max = 100) {
  std::vector<std::string> keys;
  EXPECT_TRUE(reader
                  .Scan(from, to,
                        [&](absl::string_view key, absl::string_view) {
                          keys.emplace_back(key);
                          return keys.size() < max;
                        })
                  .ok());
  return keys;
}

TEST(MemoryStoreTest, WritesReadsDeletesAndScans) {
  MemoryStore store;
  bool done = false;
  store.Write({{"b", "2"}, {"a", "1"}, {"c", "3"}, {"d", ""}}, [&] { done = true; });
  EXPECT_TRUE(done);
  EXPECT_EQ(**store.Get("a"), "1");
  EXPECT_EQ(**store.Get("d"), "");
  EXPECT_FALSE(store.Get("e")->has_value());
  EXPECT_THAT(Keys(store, "b", "d"), ElementsAre("b", "c"));
  EXPECT_THAT(Keys(store, "b", ""), ElementsAre("b", "c", "d"));
  EXPECT_THAT(Keys(store, "", "", 2), ElementsAre("a", "b"));
  store.Write({{"b", std::nullopt}}, nullptr);
  EXPECT_FALSE(store.Get("b")->has_value());
}

TEST(MemoryStoreTest, ASnapshotDoesNotMove) {
  MemoryStore store;
  store.Write({{"a", "1"}}, nullptr);
  const auto snapshot = store.Snapshot();
  store.Write({{"a", "2"}, {"b", "3"}}, nullptr);
  EXPECT_EQ(**snapshot->Get("a"), "1");
  EXPECT_THAT(Keys(*snapshot, "", ""), ElementsAre("a"));
  EXPECT_EQ(**store.Get("a"), "2");
}

TEST(MemoryStoreTest, AScanMayWrite) {
  MemoryStore store;
  store.Write({{"a", "1"}, {"b", "2"}}, nullptr);
  EXPECT_TRUE(store
                  .Scan("", "",
                        [&](absl::string_view key, absl::string_view) {
                          store.Write({{std::string(key) + "x", "new"}}, nullptr);
                          return true;
                        })
                  .ok());
  EXPECT_THAT(Keys(store, "", ""), ElementsAre("a", "ax", "b", "bx"));
}

}  // namespace
}  // namespace shoujie
