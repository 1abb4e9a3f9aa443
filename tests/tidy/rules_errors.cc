#include <algorithm>
#include <optional>
#include <regex>
#include <set>

#include "tests/tidy/rules.h"

namespace shoujie::tidy {
namespace {

struct Refusal {
  std::string reason, en, zh;
};

// String literals from `at` on that stand next to each other, as one; nothing if there is none. `at` moves behind them.
std::optional<std::string> Literals(const std::string& code, size_t* at) {
  std::optional<std::string> text;
  while (true) {
    const size_t begin = code.find_first_not_of(" \t\n", *at);
    if (begin == std::string::npos || code[begin] != '"') return text;
    size_t end = begin + 1;
    while (end < code.size() && code[end] != '"') end += code[end] == '\\' ? 2 : 1;
    if (end >= code.size()) return std::nullopt;
    text = text.value_or("") + code.substr(begin + 1, end - begin - 1);
    *at = end + 1;
  }
}

// The refusal whose arguments begin at `at`, if all three are literals: sentences put together at run time are not
// read.
std::optional<Refusal> RefusalAt(const std::string& code, size_t at) {
  Refusal refusal;
  for (std::string* part : {&refusal.reason, &refusal.en, &refusal.zh}) {
    auto text = Literals(code, &at);
    if (!text) return std::nullopt;
    *part = *std::move(text);
    const size_t next = code.find_first_not_of(" \t\n", at);
    if (next == std::string::npos || (code[next] != ',' && code[next] != ')')) return std::nullopt;
    if (code[next] == ')' && part != &refusal.zh) return std::nullopt;
    at = next + 1;
  }
  return refusal;
}

// Whether a part of the sentence asks for something: it begins with neither the thing that is wrong nor who is meant.
bool Asks(const std::string& en) {
  static const std::set<std::string> kTelling = {
      "the",    "this", "that", "these", "a",       "an",     "only",      "nobody", "nothing", "no",
      "there",  "it",   "its",  "one",   "another", "each",   "every",     "you",    "your",    "codes",
      "quotes", "at",   "such", "they",  "agent",   "agents", "customers", "texts",  "somebody"};
  static const std::regex kPart("(^|[.;:?] )([A-Za-z]+)");
  for (auto it = std::sregex_iterator(en.begin(), en.end(), kPart); it != std::sregex_iterator(); ++it) {
    std::string word = (*it)[2];
    for (char& c : word) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    if (kTelling.count(word) == 0) return true;
  }
  return false;
}

bool AsksInChinese(const std::string& zh) {
  for (const char* word : {"请", "无需", "可留空"}) {
    if (zh.find(word) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

Findings RefusalsSayWhatToDo(const Tree& tree) {
  static const std::regex kCall("\\b(Denied|Refused|Invalid|NotFound)\\(");
  Findings findings;
  for (const auto& [path, content] : tree.files()) {
    if (!IsCpp(path) || !StartsWith(path, "services/")) continue;
    for (auto it = std::sregex_iterator(content.begin(), content.end(), kCall); it != std::sregex_iterator(); ++it) {
      const size_t at = static_cast<size_t>(it->position());
      const auto refusal = RefusalAt(content, at + static_cast<size_t>(it->length()));
      if (!refusal) continue;
      const int line = 1 + static_cast<int>(std::count(content.begin(), content.begin() + static_cast<long>(at), '\n'));
      if (!Asks(refusal->en))
        findings.push_back({path, line, refusal->reason + " does not say what to do: " + refusal->en});
      if (!AsksInChinese(refusal->zh)) {
        findings.push_back({path, line, refusal->reason + " does not say what to do in Chinese: " + refusal->zh});
      }
    }
  }
  return findings;
}

}  // namespace shoujie::tidy
