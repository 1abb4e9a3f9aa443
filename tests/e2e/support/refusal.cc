#include "tests/e2e/support/refusal.h"

#include "absl/strings/match.h"
#include "services/runtime/base/error.h"

namespace shoujie::e2e {
namespace {

// Of the block U+4E00–U+9FFF, in UTF-8.
bool HasChinese(const std::string& text) {
  for (size_t i = 0; i + 2 < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0xe4 && byte <= 0xe9) return true;
  }
  return false;
}

// "Name the department": an instruction says what is missing too.
bool Instructs(const std::string& en) {
  for (const char* verb : {"Name ", "Say ", "Choose ", "Write ", "Give ", "Send "}) {
    if (absl::StartsWith(en, verb)) return true;
  }
  return false;
}
bool InstructsZh(const std::string& zh) { return absl::StrContains(zh, "请") || absl::StrContains(zh, "须"); }

// A second clause after the first one: what to do.
bool HasTwoClauses(const std::string& text, std::initializer_list<const char*> ends) {
  for (const char* end : ends) {
    const size_t at = text.find(end);
    if (at != std::string::npos && at > 0 && at + std::string(end).size() + 6 < text.size()) return true;
  }
  return false;
}

}  // namespace

testing::AssertionResult SaysWhatToDo(const std::string& en, const std::string& zh) {
  if (!Instructs(en) && !HasTwoClauses(en, {". ", "; ", ": "})) {
    return testing::AssertionFailure() << "the English sentence does not say what to do: " << en;
  }
  if (!HasChinese(zh) || !(InstructsZh(zh) || HasTwoClauses(zh, {"。", "；", "，", "："}))) {
    return testing::AssertionFailure() << "the Chinese sentence does not say what to do: " << zh;
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult IsRefusal(const absl::Status& status, absl::StatusCode code, const std::string& reason,
                                   const std::vector<std::string>& secrets) {
  const common::v1::ErrorDetail detail = DetailOf(status);
  if (status.code() != code || detail.reason() != reason) {
    return testing::AssertionFailure() << "wanted " << absl::StatusCodeToString(code) << " " << reason << ", got "
                                       << absl::StatusCodeToString(status.code()) << " " << detail.reason() << ": "
                                       << status.message();
  }
  for (const std::string& secret : secrets) {
    if (absl::StrContains(detail.DebugString() + std::string(status.message()), secret)) {
      return testing::AssertionFailure() << reason << " tells what is personal";
    }
  }
  return SaysWhatToDo(detail.en(), detail.zh());
}

}  // namespace shoujie::e2e
