#include "services/runtime/shard/message_rows.h"

#include <utility>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/shard/refusals.h"
#include "shoujie/journal/v1/letter.pb.h"

namespace shoujie {
namespace {

absl::Status OutOfOrder(const journal::v1::Commit& commit, absl::string_view what) {
  return Error(
      absl::StatusCode::kDataLoss, "MESSAGE_ORDER",
      absl::StrCat("Revision ", commit.revision(), " breaks the order of messages: ", what,
                   ". The shard halts; look for a lost record, or restore the journal."),
      absl::StrCat("版次 ", commit.revision(), " 破坏了消息顺序。该分片已停止，请检查是否丢失记录或恢复日志。"),
      {{"revision", absl::StrCat(commit.revision())}, {"what", what}});
}

absl::Status Sent(const journal::v1::Commit& commit, const StoreReader& view, std::vector<Row>* out) {
  absl::btree_map<uint32_t, rows::SentValue> pairs;
  for (int n = 0; n < commit.sent_size(); ++n) {
    const auto& sent = commit.sent(n);
    auto [pair, fresh] = pairs.try_emplace(sent.to_partition());
    if (fresh) {
      auto before = SentTo(view, sent.to_partition());
      if (!before.ok()) return before.status();
      pair->second = *before;
    }
    if (sent.seq() != pair->second.sent + 1) return OutOfOrder(commit, "a number to another partition is left out");
    pair->second.sent = sent.seq();
    journal::v1::Message message;
    *message.mutable_sent() = sent;
    message.set_from_stream(commit.stream_id());
    message.set_revision(commit.revision());
    message.set_term(commit.term());
    message.set_n(static_cast<uint32_t>(n));
    message.set_traceparent(commit.traceparent());
    out->push_back({rows::MessageKey(sent.to_partition(), sent.seq()), message.SerializeAsString()});
  }
  for (const auto& [to, value] : pairs) out->push_back({rows::SentKey(to), value.Encode()});
  return absl::OkStatus();
}

absl::Status Acked(const journal::v1::Commit& commit, const StoreReader& view, std::vector<Row>* out) {
  for (const auto& acked : commit.acked()) {
    auto pair = SentTo(view, acked.to_partition());
    if (!pair.ok()) return pair.status();
    if (acked.up_to() <= pair->acked || acked.up_to() > pair->sent) {
      return OutOfOrder(commit, "an acknowledgement of what was not sent, or was acknowledged before");
    }
    while (pair->acked < acked.up_to()) {
      out->push_back({rows::MessageKey(acked.to_partition(), ++pair->acked), std::nullopt});
    }
    out->push_back({rows::SentKey(acked.to_partition()), pair->Encode()});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<rows::SentValue> SentTo(const StoreReader& view, uint32_t partition) {
  auto row = view.Get(rows::SentKey(partition));
  if (!row.ok()) return row.status();
  if (!*row) return rows::SentValue{};
  auto value = rows::SentValue::Decode(**row);
  if (!value) return RowBroken();
  return *value;
}

absl::StatusOr<uint64_t> TakenFrom(const StoreReader& view, uint32_t partition) {
  auto row = view.Get(rows::TakenKey(partition));
  if (!row.ok()) return row.status();
  if (!*row) return uint64_t{0};
  const auto value = rows::DecodeBig64(**row);
  if (!value) return RowBroken();
  return *value;
}

absl::Status MessageRows(const journal::v1::Commit& commit, const StoreReader& view, std::vector<Row>* out) {
  if (!commit.sent().empty()) {
    if (absl::Status status = Sent(commit, view, out); !status.ok()) return status;
  }
  if (!commit.acked().empty()) {
    if (absl::Status status = Acked(commit, view, out); !status.ok()) return status;
  }
  if (commit.cause().seq() == 0) return absl::OkStatus();
  auto taken = TakenFrom(view, commit.cause().partition());
  if (!taken.ok()) return taken.status();
  if (commit.cause().seq() != *taken + 1) return OutOfOrder(commit, "it takes a message that is not the next one");
  std::string value;
  rows::AppendBig64(&value, commit.cause().seq());
  out->push_back({rows::TakenKey(commit.cause().partition()), std::move(value)});
  return absl::OkStatus();
}

}  // namespace shoujie
