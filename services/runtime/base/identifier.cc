#include "services/runtime/base/identifier.h"

#include <cstdint>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/limits.h"

namespace shoujie {
namespace {

absl::Status BadPhone() {
  return Invalid(
      "IDENTIFIER_INVALID",
      "This is not a phone number. Write it with area code, or with + and country code; leave extensions out.",
      "电话号码无效。请带区号填写，或以 + 和国家代码开头；不要填写分机号。", {{"kind", "phone"}});
}

// The next code point of UTF-8 text, taken off its front; nothing if it is malformed.
std::optional<uint32_t> Next(absl::string_view& text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const size_t size = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 0;
  if (size == 0 || text.size() < size) return std::nullopt;
  uint32_t code = size == 1 ? first : first & (0xFF >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80) return std::nullopt;
    code = code << 6 | (byte & 0x3F);
  }
  text.remove_prefix(size);
  return code;
}

bool IsFiller(uint32_t code) {
  if (code < 0x80) return absl::StrContains(" \t\r\n-./\\()[]", static_cast<char>(code)) && code != 0;
  return code == 0xA0 || code == 0xAD ||        // no-break blank, soft hyphen
         (code >= 0x2000 && code <= 0x2015) ||  // blanks, joiners, direction marks, dashes
         (code >= 0x202A && code <= 0x202F) || (code >= 0x2060 && code <= 0x2069) || code == 0x2212 || code == 0x3000 ||
         code == 0xFEFF || code == 0xFF08 || code == 0xFF09 || code == 0xFF0D || code == 0xFF0E || code == 0xFF0F;
}

// Digits with an optional leading '+' and "(0)" kept as 'o', so that it can be told from digits.
std::optional<std::string> Digits(absl::string_view text) {
  std::string digits;
  uint32_t before = 0;
  while (!text.empty()) {
    auto code = Next(text);
    if (!code) return std::nullopt;
    if (*code >= 0xFF10 && *code <= 0xFF19) code = *code - 0xFF10 + '0';
    if (*code == 0xFF0B) code = '+';
    const bool opened = before == '(' || before == 0xFF08;
    if (*code == '+') {
      if (!digits.empty()) return std::nullopt;
      digits = "+";
    } else if (*code == '0' && opened && !text.empty() && (text[0] == ')' || absl::StartsWith(text, "）"))) {
      digits += 'o';
    } else if (*code >= '0' && *code <= '9') {
      digits += static_cast<char>(*code);
    } else if (!IsFiller(*code)) {
      return std::nullopt;
    }
    if (*code != ' ') before = *code;
  }
  return digits;
}

bool IsChineseMobile(absl::string_view national) {
  return national.size() == 11 && national[0] == '1' && national[1] >= '3';
}

// A Chinese number that may lack its area code: 7 or 8 digits, other than the nation-wide 95… and 96… numbers.
bool LacksAreaCode(absl::string_view national) {
  return (national.size() == 7 || national.size() == 8) && !absl::StartsWith(national, "95") &&
         !absl::StartsWith(national, "96");
}

}  // namespace

absl::StatusOr<std::string> NormalisePhone(absl::string_view text, absl::string_view country_code) {
  text = absl::StripAsciiWhitespace(text);
  if (text.size() > limits::kNameBytesMax) return BadPhone();
  if (absl::StartsWithIgnoreCase(text, "tel:")) text.remove_prefix(4);
  if (absl::ConsumePrefix(&country_code, "+") || country_code.empty()) {
    if (country_code.empty()) country_code = "86";
  }
  const auto read = Digits(text);
  if (!read) return BadPhone();
  absl::string_view digits = *read;
  std::string number;
  if (absl::ConsumePrefix(&digits, "+") || absl::ConsumePrefix(&digits, "00")) {
    for (char c : digits) {
      if (c != 'o') number += c;  // "(0)": only dialled within the country
    }
  } else {
    std::string national(digits);
    for (char& c : national) {
      if (c == 'o') c = '0';
    }
    absl::string_view rest = national;
    if (country_code == "86" && absl::StartsWith(rest, "86") && IsChineseMobile(rest.substr(2))) {
      rest.remove_prefix(2);
    } else if (country_code == "1" && rest.size() == 11) {
      absl::ConsumePrefix(&rest, "1");
    } else if (country_code != "39") {  // Italian numbers keep their zero
      absl::ConsumePrefix(&rest, "0");
    }
    number = std::string(country_code) + std::string(rest);
  }
  if (number.size() < 7 || number.size() > 15 || number[0] == '0') return BadPhone();
  if (absl::StartsWith(number, "86") && LacksAreaCode(absl::string_view(number).substr(2))) return BadPhone();
  return "+" + number;
}

absl::StatusOr<std::string> NormaliseEmail(absl::string_view text) {
  std::string email = absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
  const size_t at = email.find('@');
  bool good = at != std::string::npos && at > 0 && at + 1 < email.size() &&
              email.find('@', at + 1) == std::string::npos && email.size() <= 254;
  for (char c : email) good = good && static_cast<unsigned char>(c) > ' ' && c != 0x7F;
  if (!good) {
    return Invalid("IDENTIFIER_INVALID", "This is not an e-mail address. Write it as name@domain.",
                   "电子邮箱地址无效。请按 name@domain 的形式填写。", {{"kind", "email"}});
  }
  return email;
}

absl::StatusOr<std::string> NormaliseAccount(absl::string_view text) {
  const absl::string_view account = absl::StripAsciiWhitespace(text);
  bool good = !account.empty() && account.size() <= limits::kNameBytesMax;
  for (char c : account) good = good && static_cast<unsigned char>(c) >= ' ' && c != 0x7F;
  if (!good) {
    return Invalid("IDENTIFIER_INVALID",
                   "This is no account name. Write it with 1 to 128 bytes and no control characters.",
                   "账号无效。请填写 1 至 128 字节且不含控制字符的账号。", {{"kind", "account"}});
  }
  return std::string(account);
}

std::string SlotKeyOf(absl::string_view text) {
  for (auto* normalise : {+[](absl::string_view t) { return NormalisePhone(t); }, &NormaliseEmail, &NormaliseAccount}) {
    if (auto key = normalise(text); key.ok()) return *std::move(key);
  }
  return std::string(text);
}

}  // namespace shoujie
