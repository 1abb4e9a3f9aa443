#include "services/runtime/security/master_key.h"

#include <cctype>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/error.h"
#include "services/runtime/security/crypto.h"
#include "services/runtime/security/private_file.h"

namespace shoujie {
namespace {

absl::StatusOr<std::string> Parse(absl::string_view text, absl::string_view where) {
  text = absl::StripAsciiWhitespace(text);
  bool good = text.size() == 2 * crypto::kKeyBytes;
  for (const char c : text) good = good && absl::ascii_isxdigit(static_cast<unsigned char>(c));
  if (good) return absl::HexStringToBytes(text);
  return Refused("MASTER_KEY_INVALID",
                 absl::StrCat("The master key in ", where,
                              " is not 64 hexadecimal digits. Give the key that this data was made with."),
                 absl::StrCat(where, " 中的主密钥不是 64 位十六进制数。请提供与数据配套的主密钥。"),
                 {{"where", where}});
}

}  // namespace

absl::StatusOr<std::string> LoadMasterKey(const std::string& file, bool may_create) {
  if (const char* text = std::getenv(kMasterKeyVariable)) return Parse(text, kMasterKeyVariable);
  auto content = ReadPrivateFile(file);
  if (!content.ok()) return content.status();
  if (content->has_value()) return Parse(**content, file);
  if (!may_create) {
    return Refused(
        "MASTER_KEY_MISSING",
        absl::StrCat("There is no master key: neither ", kMasterKeyVariable, " nor ", file,
                     ", but the key store needs the one it was made with. Bring it back from where it is kept."),
        absl::StrCat("缺少主密钥：", kMasterKeyVariable, " 和 ", file,
                     " 均不存在，而密钥库需要创建时的主密钥。请从备份处恢复。"),
        {{"file", file}});
  }
  std::string key = crypto::RandomBytes(crypto::kKeyBytes);
  auto made = CreatePrivateFile(file, absl::BytesToHexString(key) + "\n");
  if (!made.ok()) return made.status();
  // Another node, which started at the same time, was faster: its key is everybody's.
  if (!*made) return LoadMasterKey(file, /*may_create=*/false);
  return key;
}

}  // namespace shoujie
