#include "services/runtime/base/number.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "services/runtime/base/limits.h"

namespace shoujie {
namespace {

// ISO 7064 MOD 11,10.
char CheckDigit(absl::string_view digits) {
  int product = 10;
  for (char c : digits) {
    int sum = (product + (c - '0')) % 10;
    if (sum == 0) sum = 10;
    product = (sum * 2) % 11;
  }
  return static_cast<char>('0' + (11 - product) % 10);
}

bool AllDigits(absl::string_view text) {
  for (char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return !text.empty();
}

}  // namespace

std::string Number::ToString() const {
  const std::string digits = absl::StrFormat("%04d%06d", slot, count);
  return absl::StrFormat("%s%s-%s-%c", customer ? "C" : "", digits.substr(0, 4), digits.substr(4), CheckDigit(digits));
}

std::optional<Number> Number::Parse(absl::string_view text) {
  Number number;
  number.customer = absl::ConsumePrefix(&text, "C");
  if (text.size() < 13 || text[4] != '-') return std::nullopt;
  const size_t dash = text.find('-', 5);
  if (dash == absl::string_view::npos || dash < 11 || dash > 5 + 15 || dash + 1 >= text.size()) return std::nullopt;
  if (dash + 2 < text.size() && text[dash + 2] != '-') return std::nullopt;
  const absl::string_view slot = text.substr(0, 4), count = text.substr(5, dash - 5);
  if (!AllDigits(slot) || !AllDigits(count) || (count.size() > 6 && count[0] == '0')) return std::nullopt;
  if (!absl::SimpleAtoi(slot, &number.slot) || !absl::SimpleAtoi(count, &number.count)) return std::nullopt;
  if (number.slot >= limits::kSlots || number.count == 0) return std::nullopt;
  if (text[dash + 1] != CheckDigit(std::string(slot) + std::string(count))) return std::nullopt;
  return number;
}

uint32_t SlotOfIdentifier(absl::string_view identifier, absl::string_view slot_key) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), slot_key.data(), static_cast<int>(slot_key.size()),
       reinterpret_cast<const unsigned char*>(identifier.data()), identifier.size(), mac, &size);
  return ((mac[0] << 8) | mac[1]) % limits::kSlots;
}

uint32_t SlotOfStream(absl::string_view stream, absl::string_view slot_key) {
  const size_t slash = stream.find('/');
  if (slash != absl::string_view::npos) {
    if (auto number = Number::Parse(stream.substr(slash + 1))) return number->slot;
  }
  return SlotOfIdentifier(stream, slot_key);
}

}  // namespace shoujie
