// A side store of a shard whose live store is in RocksDB. Rows are gathered in memory; where they are too many, sorted
// runs of them go to a database of its own in a directory beside. In the end everything is written once, in order, to
// table files that the live database takes over in one step together with the deletion of what it had of the shard: one
// entry of its manifest, so a crash leaves all of the old rows or all of the new.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "services/runtime/rocks/database.h"
#include "services/runtime/store/layer.h"
#include "services/runtime/store/rocks_rows.h"
#include "services/runtime/store/side_store.h"

namespace shoujie {

inline constexpr size_t kSideMemoryBytesMax = 64 << 20;   // rows of one copy in memory; then a run is written
inline constexpr size_t kSideFileBytesMax = 128 << 20;    // of one file that is handed over
// A copy as small as this goes in by one write: a table of few rows would stay a file of its own for ever.
inline constexpr size_t kSideWriteBytesMax = 1 << 20;

class RocksSideStore : public SideStore {
 public:
  struct Options {
    rocks::Database* live = nullptr;
    std::string prefix;  // of the shard
    std::shared_ptr<rocks::Resources> resources;
    // Calls it on the thread that writes to `live`, after all groups given before.
    std::function<void(std::function<void()>)> between_groups;
    std::string directory;  // its own, on the live database's file system; made when it is needed, removed in the end
    size_t memory_bytes_max = kSideMemoryBytesMax;
    size_t write_bytes_max = kSideWriteBytesMax;
  };
  explicit RocksSideStore(Options options);
  ~RocksSideStore() override;

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override { return tail_.Get(key); }
  absl::Status Scan(absl::string_view from, absl::string_view to,
                    const std::function<bool(absl::string_view, absl::string_view)>& visit) const override {
    return tail_.Scan(from, to, visit);
  }
  absl::Status Put(std::vector<Row> rows) override;
  absl::Status Prepare() override;
  absl::Status Replace(const std::function<absl::Status()>& catch_up) override;

 private:
  bool small() const { return runs_ == nullptr && base_.bytes() <= options_.write_bytes_max; }
  absl::Status MakeDirectory();
  absl::StatusOr<std::string> NextFile();
  absl::Status WriteRun();
  absl::Status WriteAll();   // to files_
  absl::Status WriteTail();  // to files_
  absl::Status ReplaceNow(const std::function<absl::Status()>& catch_up);
  absl::Status ReplaceByWrite();
  absl::Status ReplaceByFiles();

  const Options options_;
  const RocksRows live_;
  std::unique_ptr<rocks::Database> runs_;  // null: everything fits in memory
  std::unique_ptr<RocksRows> run_rows_;
  Layer base_{nullptr};  // on the runs
  Layer tail_{&base_};   // what came after the files were written
  bool written_ = false;
  std::vector<std::string> files_;  // each above those before it
  int made_ = 0;
  bool made_directory_ = false;
};

}  // namespace shoujie
