// A statement that one node makes and another relies on: what a query of one service has found comes with a command of
// another, through the hands of whoever asks. The mark is an HMAC under the cluster's slot key, which all nodes have
// and nobody else; it says who speaks, not when: only what stays true may be vouched for. Thread-safe.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/runtime/security/crypto.h"

namespace shoujie {

inline std::string VouchFor(absl::string_view slot_key, absl::string_view statement) {
  return crypto::HmacSha256(slot_key, absl::StrCat("shoujie: vouched for, 1\n", statement));
}

inline bool IsVouchedFor(absl::string_view slot_key, absl::string_view statement, absl::string_view mark) {
  const std::string wanted = VouchFor(slot_key, statement);
  if (mark.size() != wanted.size()) return false;
  unsigned char differs = 0;  // in the same time wherever they differ
  for (size_t i = 0; i < wanted.size(); ++i) differs |= static_cast<unsigned char>(wanted[i] ^ mark[i]);
  return differs == 0;
}

}  // namespace shoujie
