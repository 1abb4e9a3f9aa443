// What a caller is told when a command could not be carried through. For the shard and its node.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
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

// The shard's directory version does not have the feature that guards what the command would write.
inline absl::Status FeatureOff(absl::string_view feature) {
  return Refused(
      "FEATURE_OFF",
      absl::StrCat("What this command records is not enabled here yet, so that nodes of an older build go on. When all "
                   "nodes run a build that knows it, an operator enables it: shoujie admin feature enable ",
                   feature, ". Then repeat the command."),
      absl::StrCat("该命令要记录的内容尚未启用，以免旧版本节点无法读取。请在所有节点升级后由运维执行 "
                   "shoujie admin feature enable ",
                   feature, "，然后重发该命令。"),
      {{"feature", feature}});
}

inline absl::Status StoreOfAnotherVersion() {
  return Error(absl::StatusCode::kFailedPrecondition, "STATE_VERSION",
               "The store was made by another version of the domain; rebuild it from the journal.",
               "存储由另一版本的领域规则生成，请从日志重建。");
}

inline absl::Status RowBroken() {
  return Error(absl::StatusCode::kDataLoss, "ROW_BROKEN",
               "A row of the store cannot be read. The shard halts; rebuild its store from the journal.",
               "存储中的一行无法读取。该分片已停止，请从日志重建存储。");
}

}  // namespace shoujie
