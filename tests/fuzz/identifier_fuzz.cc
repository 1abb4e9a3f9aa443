// Identifiers of people and of requests: one form of each, which is its own form (or a customer would be found under
// two keys), and refusals that never repeat what was given.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/cli/import/table.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/identifier.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/request_id.h"
#include "services/runtime/shard/rows.h"
#include "tests/fuzz/fuzz.h"

namespace shoujie::fuzz::identifier_fuzz {
namespace {

void RequireSilent(const absl::Status& status) {
  RequireTyped(status);
  if (!status.ok()) FUZZ_REQUIRE(ReasonOf(status) == "IDENTIFIER_INVALID" && DetailOf(status).metadata_size() == 1);
}

void CheckPhone(absl::string_view text, absl::string_view country) {
  const auto phone = NormalisePhone(text, country);
  RequireSilent(phone.status());
  if (!phone.ok()) return;
  const absl::string_view digits = absl::string_view(*phone).substr(1);
  FUZZ_REQUIRE((*phone)[0] == '+' && digits.size() >= 7 && digits.size() <= 15 && digits[0] != '0');
  FUZZ_REQUIRE(std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return absl::ascii_isdigit(c); }));
  for (const char* other : {"86", "1", "39", "49"}) {
    const auto again = NormalisePhone(*phone, other);
    FUZZ_REQUIRE(again.ok() && *again == *phone);
  }
  const auto dialled = NormalisePhone(absl::StrCat("00", digits), country);
  FUZZ_REQUIRE(dialled.ok() && *dialled == *phone);
}

void CheckRequestId(absl::string_view text) {
  const auto id = ParseRequestId(text);
  RequireTyped(id.status());
  if (!id.ok()) return;
  FUZZ_REQUIRE(id->size() == 16);
  // Written anew from its parts it is the same id.
  const absl::Time at = rows::TimeOfRequestId(*id);
  const std::string again = MakeRequestId(at, absl::string_view(*id).substr(6));
  FUZZ_REQUIRE(again == absl::AsciiStrToLower(text));
}

void Run(absl::string_view input) {
  for (const char* country : {"86", "+1", "39", "49", ""}) CheckPhone(input, country);
  if (const auto email = NormaliseEmail(input); email.ok()) {
    const auto again = NormaliseEmail(*email);
    FUZZ_REQUIRE(again.ok() && *again == *email);
  } else {
    RequireSilent(email.status());
  }
  if (const auto account = NormaliseAccount(input); account.ok()) {
    const auto again = NormaliseAccount(*account);
    FUZZ_REQUIRE(again.ok() && *again == *account && account->size() <= limits::kNameBytesMax);
  } else {
    RequireSilent(account.status());
  }
  const std::string key = SlotKeyOf(input);
  FUZZ_REQUIRE(SlotKeyOf(key) == key);
  CheckRequestId(input);
  if (input.size() >= 16) {
    const absl::Time at = absl::FromUnixMillis(static_cast<int64_t>(Input(input).Integer(6)));
    const std::string made = MakeRequestId(at, input.substr(6));
    const auto id = ParseRequestId(made);
    FUZZ_REQUIRE(id.ok() && rows::TimeOfRequestId(*id) == at);
  }
}

const Registered kRegistered({"identifier", &Run});

}  // namespace
}  // namespace shoujie::fuzz::identifier_fuzz
