// How tables are laid out and compressed, by every database and by files that are made for one beforehand. Only for
// this folder.
#pragma once

#include <rocksdb/options.h>
#include <rocksdb/slice.h>

#include <memory>

#include "absl/strings/string_view.h"
#include "services/runtime/rocks/database.h"

namespace shoujie::rocks {

struct Resources::Impl {
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
};

inline rocksdb::Slice ToSlice(absl::string_view text) { return {text.data(), text.size()}; }

void SetTables(const Resources::Impl& resources, rocksdb::Options* settings);

}  // namespace shoujie::rocks
