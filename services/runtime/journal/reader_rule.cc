#include "services/runtime/journal/reader_rule.h"

#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"

namespace shoujie {
namespace {

absl::Status Missing(absl::string_view what, uint64_t at, const Fold& fold) {
  return Error(
      absl::StatusCode::kDataLoss, "JOURNAL_RECORD_MISSING",
      absl::StrCat("The journal is not the one that was written: ", what, " before position ", at, " (term ", fold.term,
                   ", revision ", fold.revision,
                   "). The shard halts; restore the journal or rebuild from a good copy."),
      absl::StrCat("日志与写入时不一致：位置 ", at, " 之前缺少记录。该分片已停止，请恢复日志或用完好的副本重建。"),
      {{"position", absl::StrCat(at)}});
}

}  // namespace

absl::Status Fold::Step(uint64_t at, const journal::v1::Record& record, Verdict* verdict) {
  if (record.has_claim()) {
    *verdict = Verdict::kIgnored;
    const auto& claim = record.claim();
    if (claim.term() > term) {
      if (claim.last() > revision) return Missing("a record that counted is missing", at, *this);
      term = claim.term();
      void_term = false;
      *verdict = Verdict::kClaimed;
    }
    position = at + 1;
    return absl::OkStatus();
  }
  if (record.has_commit()) {
    const auto& commit = record.commit();
    return Step(at, CommitNumbers{commit.revision(), commit.term(), commit.stable()}, verdict);
  }
  return Error(absl::StatusCode::kDataLoss, "JOURNAL_RECORD_UNKNOWN",
               absl::StrCat("The record at position ", at,
                            " is of a kind that this version does not know. The shard halts; run a newer version."),
               absl::StrCat("位置 ", at, " 的记录类型未知。该分片已停止，请使用更新的版本。"),
               {{"position", absl::StrCat(at)}});
}

absl::Status Fold::Step(uint64_t at, const CommitNumbers& commit, Verdict* verdict) {
  *verdict = Verdict::kIgnored;
  if (commit.term >= term) {
    if (commit.term > term) return Missing("a claim is missing", at, *this);
    if (commit.stable > revision) return Missing("a record that counted is missing", at, *this);
    if (!void_term && commit.revision > revision) {
      if (commit.revision > revision + 1) {
        void_term = true;
        *verdict = Verdict::kVoided;
      } else {
        revision = commit.revision;
        *verdict = Verdict::kApplied;
      }
    }
  }
  position = at + 1;
  return absl::OkStatus();
}

}  // namespace shoujie
