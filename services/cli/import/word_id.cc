#include "services/cli/import/word_id.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/cli/import/format.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/security/crypto.h"

namespace shoujie::importer {
namespace {

constexpr size_t kHashBytes = 6;  // 12 digits: two of 10^5 words of the same letters are one with odds of 10^-5

}  // namespace

std::string WordId(absl::string_view prefix, absl::string_view word) {
  constexpr size_t kMax = limits::kDirectoryIdBytesMax;
  if (IsWord(word) && prefix.size() + word.size() <= kMax) return absl::StrCat(prefix, word);
  std::string kept;
  for (char c : word) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-') {
      kept += c;
    } else if (!kept.empty() && kept.back() != '_' && static_cast<unsigned char>(c) < 0x80) {
      kept += '_';
    }
  }
  const size_t room = kMax - prefix.size() - 1 - 2 * kHashBytes;
  if (kept.size() > room) kept.resize(room);
  while (!kept.empty() && kept.back() == '_') kept.pop_back();
  return absl::StrCat(prefix, kept, ".", absl::BytesToHexString(crypto::Sha256(word).substr(0, kHashBytes)));
}

}  // namespace shoujie::importer
