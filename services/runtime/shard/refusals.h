// What a caller is told when a command could not be carried through. For the shard and its node.
#pragma once

#include "absl/status/status.h"
#include "services/runtime/base/error.h"

namespace shoujie {

inline absl::Status OutcomeUnknown() {
  return Error(absl::StatusCode::kUnavailable, "OUTCOME_UNKNOWN",
               "The command may have been recorded or not. Repeat it with the same request_id: it takes effect once.",
               "该命令可能已记录，也可能没有。请用相同的 request_id 重发：只会生效一次。");
}

// `node` and `address`: of the owner, as far as is known; "" otherwise.
inline absl::Status NotOwner(absl::string_view node, absl::string_view address) {
  constexpr char kEn[] =
      "This node does not own the resource at present. Repeat the same request with the same request_id, at the "
      "owner's address if one is given.";
  constexpr char kZh[] =
      "本节点目前不负责该资源。请用相同的 request_id 重发同一请求；如给出负责节点的地址，请发往该地址。";
  if (address.empty()) return Error(absl::StatusCode::kUnavailable, "NOT_OWNER", kEn, kZh);
  return Error(absl::StatusCode::kUnavailable, "NOT_OWNER", kEn, kZh, {{"address", address}, {"node", node}});
}

inline absl::Status Late() {
  return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_PASSED",
               "The deadline passed before the command was decided; nothing was done. Send it again with more time.",
               "命令在处理前已超过期限，未做任何更改。请给予更长时限后重发。");
}

inline absl::Status RowBroken() {
  return Error(absl::StatusCode::kDataLoss, "ROW_BROKEN",
               "A row of the store cannot be read. The shard halts; rebuild its store from the journal.",
               "存储中的一行无法读取。该分片已停止，请从日志重建存储。");
}

}  // namespace shoujie
