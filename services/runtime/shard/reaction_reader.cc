#include "services/runtime/shard/reaction_reader.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/shard/event.h"
#include "services/runtime/shard/projector.h"

namespace shoujie {

ReactionReader::ReactionReader(const Reaction* reaction, std::string service, uint32_t partition, Journal* journal,
                               const google::protobuf::Message* event)
    : reaction_(reaction),
      service_(std::move(service)),
      partition_(partition),
      journal_(journal),
      event_(event->New()) {}

void ReactionReader::Reset(const std::optional<journal::v1::Cause>& recorded) {
  fold_ = Fold{};
  skip_revision_ = 0;
  skip_n_ = 0;
  without_effect_ = 0;
  last_position_ = last_term_ = 0;
  if (!recorded) return;
  // Read the causing record once more: it may have caused further commands that were not recorded yet.
  fold_.position = recorded->position();
  fold_.term = recorded->term();
  fold_.revision = recorded->revision() - 1;
  skip_revision_ = recorded->revision();
  skip_n_ = recorded->n();
}

journal::v1::Cause ReactionReader::read_up_to() const {
  journal::v1::Cause cause;
  cause.set_service(service_);
  cause.set_partition(partition_);
  cause.set_revision(fold_.revision);
  cause.set_term(last_term_);  // a later claim may have raised the fold's term past this record
  cause.set_position(last_position_);
  cause.set_n(std::numeric_limits<uint32_t>::max());
  return cause;
}

absl::Status ReactionReader::Poll(size_t commands_max, std::vector<Command>* out) {
  std::vector<StoredRecord> records;
  while (out->size() < commands_max) {
    records.clear();
    if (absl::Status status = journal_->Read(fold_.position, limits::kReadRecordsMax, &records); !status.ok()) {
      return status;
    }
    if (records.empty()) return absl::OkStatus();
    for (const StoredRecord& stored : records) {
      Verdict verdict;
      if (const auto head = ReadCommitHead(stored.bytes); head && !Concerns(*head)) {
        if (absl::Status status = fold_.Step(stored.position, head->numbers, &verdict); !status.ok()) return status;
        if (verdict == Verdict::kApplied) Passed(stored.position, head->numbers.term, /*acted=*/false);
        continue;
      }
      journal::v1::Record record;
      if (!record.ParseFromString(stored.bytes)) {
        return Error(absl::StatusCode::kDataLoss, "JOURNAL_RECORD_BROKEN",
                     absl::StrCat("A record of ", service_, " cannot be parsed at position ", stored.position, "."),
                     absl::StrCat(service_, " 的记录无法解析，位置 ", stored.position, "。"));
      }
      if (absl::Status status = fold_.Step(stored.position, record, &verdict); !status.ok()) return status;
      if (verdict != Verdict::kApplied) continue;
      const size_t before = out->size();
      if (!record.commit().history()) {
        if (absl::Status status = React(record.commit(), stored.position, out); !status.ok()) return status;
      }
      Passed(stored.position, record.commit().term(), out->size() > before);
      if (out->size() >= commands_max) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

void ReactionReader::Passed(uint64_t position, uint64_t term, bool acted) {
  last_position_ = position;
  last_term_ = term;
  without_effect_ = acted ? 0 : without_effect_ + 1;
}

bool ReactionReader::Concerns(int kind) const {
  return reaction_->concerns.empty() ||
         std::find(reaction_->concerns.begin(), reaction_->concerns.end(), kind) != reaction_->concerns.end();
}

bool ReactionReader::Concerns(const CommitHead& head) const {
  return !head.history &&
         std::any_of(head.kinds.begin(), head.kinds.end(), [this](int kind) { return kind == 0 || Concerns(kind); });
}

absl::Status ReactionReader::React(const journal::v1::Commit& commit, uint64_t position, std::vector<Command>* out) {
  uint32_t n = 0;
  for (int i = 0; i < commit.events_size(); ++i) {
    if (!Concerns(FirstField(commit.events(i).body()))) continue;
    if (absl::Status status = ReadEvent(service_, reaction_->upcast, commit, i, event_.get()); !status.ok()) {
      return status;
    }
    for (auto& request : reaction_->react(ForeignEvent{*event_, ContextOf(commit, i)})) {
      const uint32_t ordinal = n++;
      if (commit.revision() == skip_revision_ && ordinal <= skip_n_) continue;
      Command command;
      command.request = std::move(request);
      command.internal = true;
      command.id = absl::StrCat("cause/", service_, "/", partition_, "/", commit.revision(), "/", ordinal);
      auto& cause = command.cause.emplace();
      cause.set_service(service_);
      cause.set_partition(partition_);
      cause.set_revision(commit.revision());
      cause.set_term(commit.term());
      cause.set_position(position);
      cause.set_n(ordinal);
      command.traceparent = commit.traceparent();
      out->push_back(std::move(command));
    }
  }
  return absl::OkStatus();
}

}  // namespace shoujie
