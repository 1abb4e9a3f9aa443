#include "services/runtime/base/request_id.h"

#include <algorithm>
#include <cassert>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/runtime/base/error.h"

namespace shoujie {

std::string MakeRequestId(absl::Time now, absl::string_view random) {
  assert(random.size() >= 10);
  std::string id;
  const auto ms = static_cast<uint64_t>(absl::ToUnixMillis(now));
  for (int shift = 40; shift >= 0; shift -= 8) id.push_back(static_cast<char>(ms >> shift));
  id.append(random.data(), 10);
  id[6] = static_cast<char>((id[6] & 0x0f) | 0x70);
  id[8] = static_cast<char>((id[8] & 0x3f) | 0x80);
  const std::string hex = absl::BytesToHexString(id);
  const absl::string_view h = hex;
  return absl::StrCat(h.substr(0, 8), "-", h.substr(8, 4), "-", h.substr(12, 4), "-", h.substr(16, 4), "-",
                      h.substr(20));
}

absl::StatusOr<std::string> ParseRequestId(absl::string_view text) {
  const absl::Status invalid = Invalid(
      "REQUEST_ID_INVALID",
      "request_id must be a UUID of version 7 in its usual 36 characters; make a new one for each command and keep "
      "it for repeats.",
      "request_id 必须是 36 个字符的第 7 版 UUID；请为每个命令生成一个新的，重试时保持不变。");
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return invalid;
  const std::string hex = absl::StrReplaceAll(text, {{"-", ""}});
  if (hex.size() != 32 ||
      !std::all_of(hex.begin(), hex.end(), [](unsigned char c) { return absl::ascii_isxdigit(c); })) {
    return invalid;
  }
  std::string id = absl::HexStringToBytes(hex);
  if ((static_cast<uint8_t>(id[6]) >> 4) != 7 || (static_cast<uint8_t>(id[8]) >> 6) != 2) return invalid;
  return id;
}

}  // namespace shoujie
