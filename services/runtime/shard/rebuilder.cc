#include "services/runtime/shard/rebuilder.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"

namespace shoujie {

absl::Status Rebuilder::Advance(uint64_t revision_max, bool* moved) {
  *moved = false;
  if (fold_.revision >= revision_max) return absl::OkStatus();
  std::vector<StoredRecord> records;
  if (absl::Status status = journal_->Read(fold_.position, limits::kReadRecordsMax, &records); !status.ok()) {
    return status;
  }
  for (const StoredRecord& stored : records) {
    if (fold_.revision >= revision_max) break;
    if (absl::Status status = Take(stored); !status.ok()) return status;
    *moved = true;
  }
  return absl::OkStatus();
}

absl::Status Rebuilder::Take(const StoredRecord& stored) {
  journal::v1::Record record;
  if (!record.ParseFromString(stored.bytes)) {
    return Error(absl::StatusCode::kDataLoss, "JOURNAL_RECORD_BROKEN",
                 absl::StrCat("The record at position ", stored.position,
                              " cannot be parsed. Restore the journal, then rebuild the store again."),
                 absl::StrCat("位置 ", stored.position, " 的记录无法解析。请恢复日志后重新重建存储。"),
                 {{"position", absl::StrCat(stored.position)}});
  }
  const journal::v1::Commit& commit = record.commit();
  if (keys_->shared() && commit.keys_at() > keys_->last()) {
    return absl::UnavailableError("the record relies on a key that was not read yet");
  }
  Verdict verdict;
  if (absl::Status status = fold_.Step(stored.position, record, &verdict); !status.ok()) return status;
  if (verdict != Verdict::kApplied) return absl::OkStatus();
  auto rows = projector_.Apply(commit, stored.bytes);
  if (!rows.ok()) return rows.status();
  for (Row& row : projector_.PlaceRows(commit, rows::Sha256(stored.bytes), stored.position, &place_)) {
    rows->push_back(std::move(row));
  }
  events_ += static_cast<uint64_t>(commit.events_size());
  return side_->Put(*std::move(rows));
}

}  // namespace shoujie
