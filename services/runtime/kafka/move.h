// Brings an installation with embedded journals to a cluster: each journal record for record, in the places that causes
// and histories name, and the key store with its ids. A row on the key topic says that a move is under way, from its
// first act to its last, so that no server starts on half of it; a move that was cut short is taken up by the same
// call. For one operator at a time. Source and topics must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/kafka/cluster.h"
#include "services/runtime/kafka/compacted.h"
#include "services/runtime/security/epoch_keys.h"
#include "services/runtime/security/key_material.h"

namespace shoujie::kafka {

class Move {
 public:
  // Marks the key topic. Errors: TOPIC_NOT_EMPTY (it holds the keys of another installation), UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<Move>> Begin(const Cluster* cluster, KeyMaterial keys);

  // `progress`: how many of how many keys, or records, are there.
  using Progress = std::function<void(uint64_t done, uint64_t of)>;
  absl::Status Keys(const Progress& progress);
  // Copies what `to` lacks. What it has must be what `from` begins with: TOPIC_NOT_EMPTY otherwise. `end`: of `to`.
  absl::Status CopyJournal(Journal& from, Journal& to, uint64_t end, const std::string& name, const Progress& progress);
  // Takes the mark away: servers may start.
  absl::Status Finish();

 private:
  using NewRow = std::pair<std::string, std::optional<std::string>>;

  Move(const Cluster* cluster, KeyMaterial keys);
  absl::Status ReadTopic();
  absl::Status OpenSetup();
  // Appends rows and waits until all have landed.
  absl::Status Write(std::vector<NewRow> rows);

  const Cluster* const cluster_;
  const KeyMaterial keys_;
  const std::string topic_;
  const std::string mark_;  // names the source
  EpochKeys epochs_;
  // What the topic holds.
  std::optional<std::string> found_mark_, found_setup_;
  std::set<uint64_t> found_keys_;
  std::set<int64_t> found_windows_;
  bool others_ = false;
};

}  // namespace shoujie::kafka
