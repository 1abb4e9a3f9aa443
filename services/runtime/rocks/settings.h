// How tables are laid out and compressed, by every database and by files that are made for one beforehand. Only for
// this folder.
#pragma once

#include <rocksdb/options.h>

#include <memory>

#include "services/runtime/rocks/database.h"

namespace shoujie::rocks {

struct Resources::Impl {
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
};

void SetTables(const Resources::Impl& resources, rocksdb::Options* settings);

}  // namespace shoujie::rocks
