// Time travel: a stream as it was, and its recorded commands, from the index of versions into the journal. Pure reads
// on a snapshot; any thread. For the present state read the state row instead.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/runtime/domain.h"
#include "services/runtime/journal/journal.h"
#include "services/runtime/store/store.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/journal/v1/record.pb.h"

namespace shoujie {

// Where to stop; at most one is set. Versions and both times are non-decreasing along a stream, so each cuts a prefix.
struct AsOf {
  std::optional<absl::Time> effective;  // "as it was": events that had taken effect by then
  std::optional<absl::Time> recorded;   // "as we knew it": records made by then
  uint64_t version = 0;                 // 0: no limit
};

// Where history is read from.
struct HistorySource {
  const ServiceDomain& domain;
  const StreamType& type;
  const StoreReader& store;
  Journal& journal;
};

// Visits the stream's commits from version `from` on, in order, with the record's stored bytes, until `visit` answers
// false.
absl::Status ReadHistory(const HistorySource& source, absl::string_view stream, uint64_t from,
                         const std::function<bool(const journal::v1::Commit&, absl::string_view bytes)>& visit);

// The folded state (sealed), with the version it had; NOT_FOUND if it did not exist yet.
struct StateAsOf {
  std::unique_ptr<google::protobuf::Message> state;
  uint64_t version = 0;
};
absl::StatusOr<StateAsOf> FoldAsOf(const HistorySource& source, absl::string_view stream, const AsOf& as_of);

// One commit as the API shows it; events sealed.
common::v1::HistoryEntry EntryOf(const HistorySource& source, const journal::v1::Commit& commit,
                                 absl::string_view bytes, uint32_t partition);

}  // namespace shoujie
