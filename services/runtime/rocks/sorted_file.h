// A table file of rows in the order of their keys, made beside a database and then given to it as a whole
// (`Database::Ingest`): many rows at the cost of writing them once, without a log, a memtable and compactions. For
// rebuilds; what is written as it happens goes through `Database::Write`. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/runtime/rocks/database.h"

namespace shoujie::rocks {

class SortedFile {
 public:
  // `path` must not exist. A disk that is full, as any other failure, is an error of the file alone (REBUILD_FAILED):
  // no database has lost anything. `passing`: it will be read once and go, so compressing it would not pay.
  static absl::StatusOr<std::unique_ptr<SortedFile>> Create(const std::string& path,
                                                            std::shared_ptr<Resources> resources, bool passing);
  SortedFile(const SortedFile&) = delete;
  SortedFile& operator=(const SortedFile&) = delete;
  ~SortedFile();

  // Keys must rise from call to call. The first error stays and is told by `Finish`.
  void Put(absl::string_view key, absl::string_view value);
  void Delete(absl::string_view key);
  // Of what lies below the file, from <= key < to; not of its own rows: those need a file of their own above it.
  void DeleteRange(absl::string_view from, absl::string_view to);
  uint64_t bytes() const;  // so far, as written
  // Whole and durable when it returns OK.
  absl::Status Finish();

  const std::string& path() const { return path_; }

 private:
  struct Impl;
  SortedFile(std::string path, std::unique_ptr<Impl> impl);

  const std::string path_;
  const std::unique_ptr<Impl> impl_;
};

// Of files that could not be made or taken in: what stands in the live database is untouched.
absl::Status RebuildFailed(const std::string& path, const std::string& why);

}  // namespace shoujie::rocks
