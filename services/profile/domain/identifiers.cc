#include "services/profile/domain/identifiers.h"

#include "services/runtime/base/error.h"
#include "services/runtime/base/identifier.h"

namespace shoujie::profile {
namespace {

const char* SpaceOf(v1::IdentifierKind kind) {
  switch (kind) {
    case v1::IDENTIFIER_KIND_PHONE:
      return "phone";
    case v1::IDENTIFIER_KIND_ACCOUNT:
      return "account";
    case v1::IDENTIFIER_KIND_WECHAT:
      return "wechat";
    case v1::IDENTIFIER_KIND_EMAIL:
      return "email";
    default:
      return "";
  }
}

absl::StatusOr<std::string> Normalise(const v1::IdentifierInput& identifier) {
  switch (identifier.kind()) {
    case v1::IDENTIFIER_KIND_PHONE:
      return NormalisePhone(identifier.value(), identifier.country_code());
    case v1::IDENTIFIER_KIND_ACCOUNT:
    case v1::IDENTIFIER_KIND_WECHAT:
      return NormaliseAccount(identifier.value());
    case v1::IDENTIFIER_KIND_EMAIL:
      return NormaliseEmail(identifier.value());
    default:
      return Invalid("IDENTIFIER_KIND_MISSING", "Say what the identifier is: phone, account, wechat or email.",
                     "请注明标识的种类：电话、账号、微信或电子邮箱。");
  }
}

}  // namespace

absl::StatusOr<UniqueKey> KeyOf(const v1::IdentifierInput& identifier) {
  auto value = Normalise(identifier);
  if (!value.ok()) return value.status();
  return UniqueKey{SpaceOf(identifier.kind()), *std::move(value)};
}

UniqueKey KeyOf(const v1::Identifier& identifier) { return {SpaceOf(identifier.kind()), identifier.value().plain()}; }

}  // namespace shoujie::profile
