// Numbers as people type them and as resource names carry them: what parses is written back as it was, one wrong digit
// is noticed, and a name's slot is the one in its number.
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/limits.h"
#include "services/runtime/base/number.h"
#include "services/runtime/node/request_header.h"
#include "tests/fuzz/fuzz.h"

namespace shoujie::fuzz::number_fuzz {
namespace {

bool Same(const Number& a, const std::optional<Number>& b) {
  return b && a.slot == b->slot && a.count == b->count && a.customer == b->customer;
}

void CheckNumber(const Number& number) {
  const std::string text = number.ToString();
  FUZZ_REQUIRE(Same(number, Number::Parse(text)));
  FUZZ_REQUIRE(Same(number, Number::Parse(text + "-T1")));
  FUZZ_REQUIRE(!Number::Parse(text + "1"));
  FUZZ_REQUIRE(SlotOfStream("tickets/" + text + "-T1", "key") == number.slot);
  FUZZ_REQUIRE(CheckName("tickets/" + text).ok());
  for (size_t i = 0; i < text.size(); ++i) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(text[i]))) continue;
    std::string wrong = text;
    wrong[i] = static_cast<char>('0' + (text[i] - '0' + 1) % 10);
    FUZZ_REQUIRE(!Number::Parse(wrong));
  }
}

void Run(absl::string_view input) {
  if (const auto number = Number::Parse(input)) {
    FUZZ_REQUIRE(number->slot < limits::kSlots && number->count > 0);
    FUZZ_REQUIRE(absl::StartsWith(input, number->ToString()));
    CheckNumber(*number);
  }
  FUZZ_REQUIRE(SlotOfStream(input, "key") < limits::kSlots);
  FUZZ_REQUIRE(SlotOfIdentifier(input, "key") < limits::kSlots);
  RequireTyped(CheckName(input));

  Input in(input);
  Number made{static_cast<uint32_t>(in.Integer(2)) % limits::kSlots, 1 + in.Integer(8) % 999'999'999'999'999,
              in.Byte() % 2 == 1};
  CheckNumber(made);
}

const Registered kRegistered({"number", &Run});

}  // namespace
}  // namespace shoujie::fuzz::number_fuzz
