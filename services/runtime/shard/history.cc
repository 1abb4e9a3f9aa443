#include "services/runtime/shard/history.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"
#include "services/runtime/shard/event.h"
#include "services/runtime/shard/projector.h"
#include "services/runtime/shard/rows.h"

namespace shoujie {
namespace {

absl::Status IndexBroken(absl::string_view stream) {
  return Error(
      absl::StatusCode::kDataLoss, "HISTORY_BROKEN",
      absl::StrCat("The history index of ", stream, " does not fit the journal; verify it and rebuild the store."),
      absl::StrCat(stream, " 的历史索引与日志不符，请校验并重建存储。"));
}

// Of a journal on a cluster a record costs a round trip, and its neighbours next to nothing: many of them are of the
// same stream.
constexpr size_t kAheadRecords = 200;

// The record at `position`, from what was read last if it is there.
absl::Status ReadOne(Journal& journal, uint64_t position, std::vector<StoredRecord>* read, const StoredRecord** found) {
  const auto at = [&] {
    return std::lower_bound(read->begin(), read->end(), position,
                            [](const StoredRecord& one, uint64_t wanted) { return one.position < wanted; });
  };
  auto it = at();
  if (it == read->end() || it->position != position) {
    read->clear();
    absl::Status status = journal.Read(position, journal.exclusive() ? 1 : kAheadRecords, read);
    if (!status.ok()) return status;
    it = at();
  }
  *found = it != read->end() && it->position == position ? &*it : nullptr;
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadHistory(const HistorySource& source, absl::string_view stream, uint64_t from,
                         const std::function<bool(const journal::v1::Commit&, absl::string_view)>& visit) {
  absl::Status status;
  std::vector<StoredRecord> records;
  journal::v1::Record record;
  absl::Status scanned = source.store.Scan(
      rows::HistoryKey(stream, from), rows::PrefixEnd(rows::HistoryPrefix(stream)),
      [&](absl::string_view, absl::string_view value) {
        const auto position = rows::DecodeBig64(value);
        if (!position) {
          status = IndexBroken(stream);
          return false;
        }
        const StoredRecord* stored = nullptr;
        status = ReadOne(source.journal, *position, &records, &stored);
        if (!status.ok()) return false;
        if (stored == nullptr || !record.ParseFromString(stored->bytes) || record.commit().stream_id() != stream) {
          status = IndexBroken(stream);
          return false;
        }
        return visit(record.commit(), stored->bytes);
      });
  return scanned.ok() ? status : scanned;
}

absl::StatusOr<StateAsOf> FoldAsOf(const HistorySource& source, absl::string_view stream, const AsOf& as_of) {
  StateAsOf out{source.type.NewState(), 0};
  std::unique_ptr<google::protobuf::Message> event(source.domain.event->New());
  absl::Status read;
  absl::Status status = ReadHistory(source, stream, 1, [&](const journal::v1::Commit& commit, absl::string_view) {
    if (as_of.version && commit.stream_version() > as_of.version) return false;
    if (as_of.recorded && absl::FromUnixMillis(commit.recorded_at_ms()) > *as_of.recorded) return false;
    for (int n = 0; n < commit.events_size(); ++n) {
      const EventContext at = ContextOf(commit, n);
      if (as_of.effective && at.effective_at > *as_of.effective) return false;
      read = ReadEvent(source.domain, commit, n, event.get());
      if (!read.ok()) return false;
      source.type.Evolve(*out.state, *event, at);
      out.version = commit.stream_version();
    }
    return true;
  });
  if (!status.ok()) return status;
  if (!read.ok()) return read;
  if (out.version == 0) {
    return NotFound("NOT_THEN", "The resource did not exist at that instant; ask for a later one.",
                    "该资源在那一时刻尚不存在，请查询更晚的时刻。", {{"name", stream}});
  }
  return out;
}

common::v1::HistoryEntry EntryOf(const HistorySource& source, const journal::v1::Commit& commit,
                                 absl::string_view bytes, uint32_t partition) {
  common::v1::HistoryEntry entry;
  entry.set_version(commit.stream_version());
  entry.set_revision(commit.revision());
  entry.set_partition(partition);
  *entry.mutable_recorded_at() = ToProto(absl::FromUnixMillis(commit.recorded_at_ms()));
  if (!commit.events().empty()) *entry.mutable_effective_at() = ToProto(ContextOf(commit, 0).effective_at);

  entry.set_principal(commit.principal());
  entry.set_command_id(commit.command_id().size() == 16 ? absl::BytesToHexString(commit.command_id())
                                                        : commit.command_id());
  if (commit.has_cause()) {
    const auto& cause = commit.cause();
    entry.set_cause(absl::StrCat(cause.service(), "/", cause.partition(), "/", cause.revision(), "/", cause.n()));
  }
  std::unique_ptr<google::protobuf::Message> event(source.domain.event->New());
  for (int n = 0; n < commit.events_size(); ++n) {
    if (ReadEvent(source.domain, commit, n, event.get()).ok()) entry.add_events()->PackFrom(*event);
  }
  entry.set_prev_hash(commit.prev_hash());
  entry.set_hash(rows::Sha256(bytes));
  entry.set_declined(commit.declined());
  return entry;
}

}  // namespace shoujie
