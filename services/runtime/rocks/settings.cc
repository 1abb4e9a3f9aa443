#include "services/runtime/rocks/settings.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

namespace shoujie::rocks {

void SetTables(const Resources::Impl& resources, rocksdb::Options* settings) {
  // Values are sealed or small; LZ4 costs nothing, ZSTD pays where data comes to rest.
  settings->compression = rocksdb::kLZ4Compression;
  settings->bottommost_compression = rocksdb::kZSTD;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = resources.cache;
  // Indexes and filters count as memory and go in parts: what a look-up in a large table needs is a few KB of them.
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  settings->table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
}

}  // namespace shoujie::rocks
