// What a caller is told when a command could not be carried through. Only for the shard.
#pragma once

#include "absl/status/status.h"
#include "services/runtime/base/error.h"

namespace shoujie {

inline absl::Status OutcomeUnknown() {
  return Error(absl::StatusCode::kUnavailable, "OUTCOME_UNKNOWN",
               "The command may have been recorded or not. Repeat it with the same request_id: it takes effect once.",
               "该命令可能已记录，也可能没有。请用相同的 request_id 重发：只会生效一次。");
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
