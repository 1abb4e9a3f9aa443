#include "services/runtime/store/layer.h"

#include <gtest/gtest.h>

#include <map>

#include "services/runtime/store/memory_store.h"

namespace shoujie {
namespace {

using Map = std::map<std::string, std::string>;

Map Rows(const StoreReader& reader, absl::string_view from = "", absl::string_view to = "") {
  Map rows;
  EXPECT_TRUE(reader
                  .Scan(from, to,
                        [&](absl::string_view key, absl::string_view value) {
                          EXPECT_TRUE(rows.empty() || rows.rbegin()->first < key) << "not in order";
                          rows.emplace(std::string(key), std::string(value));
                          return true;
                        })
                  .ok());
  return rows;
}

TEST(LayerTest, ItsRowsOutrankThoseBelowAndDeletedOnesHideThem) {
  const MemoryStore below(MemoryStore::Rows{{"a", "0"}, {"b", "0"}, {"d", "0"}, {"e", "0"}});
  Layer layer(&below);
  layer.Put({"b", "1"});
  layer.Put({"c", "1"});
  layer.Put({"d", std::nullopt});
  layer.Put({"f", "1"});
  const Map expected = {{"a", "0"}, {"b", "1"}, {"c", "1"}, {"e", "0"}, {"f", "1"}};
  EXPECT_EQ(Rows(layer), expected);
  const Map middle = {{"b", "1"}, {"c", "1"}};
  EXPECT_EQ(Rows(layer, "b", "e"), middle);
  EXPECT_EQ(**layer.Get("a"), "0");
  EXPECT_FALSE(layer.Get("d")->has_value());
  layer.Put({"d", "2"});
  EXPECT_EQ(**layer.Get("d"), "2");
}

TEST(LayerTest, AScanEndsWhereItIsToldIn) {
  const MemoryStore below(MemoryStore::Rows{{"b", "0"}, {"d", "0"}});
  Layer layer(&below);
  for (const char* key : {"a", "c", "e"}) layer.Put({key, "1"});
  for (size_t stop = 1; stop <= 5; ++stop) {
    size_t seen = 0;
    ASSERT_TRUE(layer.Scan("", "", [&](absl::string_view, absl::string_view) { return ++seen < stop; }).ok());
    EXPECT_EQ(seen, stop);
  }
}

TEST(LayerTest, WithNothingBelowADeletedRowLeavesNothing) {
  Layer layer(nullptr);
  layer.Put({"a", "1"});
  const size_t one = layer.bytes();
  layer.Put({"b", std::string(1000, 'x')});
  EXPECT_GT(layer.bytes(), one + 1000);
  layer.Put({"b", std::nullopt});
  layer.Put({"c", std::nullopt});
  EXPECT_EQ(layer.bytes(), one);
  EXPECT_EQ(layer.rows().size(), 1u);
}

TEST(LayerTest, BytesFollowWhatIsOverwritten) {
  const MemoryStore below;
  Layer layer(&below);
  layer.Put({"a", std::string(100, 'x')});
  const size_t large = layer.bytes();
  layer.Put({"a", "x"});
  EXPECT_EQ(layer.bytes(), large - 99);
  layer.Put({"a", std::nullopt});
  EXPECT_EQ(layer.bytes(), large - 100);
  layer.Clear();
  EXPECT_EQ(layer.bytes(), 0u);
}

}  // namespace
}  // namespace shoujie
