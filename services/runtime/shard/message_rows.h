// The rows of messages (see shard/outbox.h): what a record sends to other partitions, what it knows to be acknowledged,
// and what it takes from them. A function of the record and the rows before it. Errors: DATA_LOSS if the record breaks
// the order of its pair of partitions, which no owner ever writes.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/runtime/shard/rows.h"
#include "services/runtime/store/store.h"
#include "shoujie/journal/v1/record.pb.h"

namespace shoujie {

absl::Status MessageRows(const journal::v1::Commit& commit, const StoreReader& view, std::vector<Row>* out);

// What a pair's sender has sent and knows to be acknowledged; how far a receiver has taken. Zero: nothing yet.
absl::StatusOr<rows::SentValue> SentTo(const StoreReader& view, uint32_t partition);
absl::StatusOr<uint64_t> TakenFrom(const StoreReader& view, uint32_t partition);

}  // namespace shoujie
