// A Store whose writes wait until the simulator lets them be read, and whose crash loses a suffix of what was not
// synced, read or not: exactly what Store promises and nothing more. One thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "services/runtime/sim/random.h"
#include "services/runtime/store/store.h"

namespace shoujie::sim {

class SimStore : public Store {
 public:
  using Rows = std::map<std::string, std::string, std::less<>>;

  // `split_place` breaks the promise: the shard's place is written by itself, after the rows that it speaks of.
  explicit SimStore(Rows rows = {}, bool split_place = false)
      : visible_(rows), durable_(std::move(rows)), split_place_(split_place) {}

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override;
  absl::Status Scan(absl::string_view from, absl::string_view to,
                    const std::function<bool(absl::string_view, absl::string_view)>& visit) const override;
  void Write(std::vector<Row> rows, std::function<void()> done) override;
  std::unique_ptr<StoreReader> Snapshot() const override;

  // Lets up to `groups` be read and says so. False: none was waiting.
  bool Apply(size_t groups);
  // What can be read survives a crash from now on.
  void Sync();
  // What is left after a crash now. The store itself must not be used any more.
  Rows Crash(Random& random);

  const Rows& rows() const { return visible_; }
  size_t waiting() const { return waiting_.size(); }

 private:
  struct Group {
    std::vector<Row> rows;
    std::function<void()> done;
  };
  Rows visible_, durable_;
  std::deque<Group> waiting_;
  std::deque<std::vector<Row>> unsynced_;
  const bool split_place_;
};

}  // namespace shoujie::sim
