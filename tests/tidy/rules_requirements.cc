// tests/README.md: requirements, and the tests that would fail without them.
#include <iomanip>
#include <regex>
#include <set>
#include <sstream>

#include "tests/tidy/rules.h"

namespace shoujie::tidy {
namespace {

constexpr char kPage[] = "tests/README.md";

// "Suite.Name" of every test in the tree, of whichever kind.
std::set<std::string> TestsOf(const Tree& tree) {
  static const std::regex kTest("\\b[A-Z_]*TEST(?:_[FP])?\\s*\\(\\s*(\\w+)\\s*,\\s*(\\w+)\\s*\\)");
  std::set<std::string> tests;
  for (const auto& [path, content] : tree.files()) {
    if (!StartsWith(path, "tests/") || !IsCpp(path)) continue;
    const std::string code = CodeOnly(content);
    for (std::sregex_iterator it(code.begin(), code.end(), kTest), end; it != end; ++it) {
      tests.insert((*it)[1].str() + "." + (*it)[2].str());
    }
  }
  return tests;
}

// `Suite.Name`, both in camel case: neither a file nor a field.
std::vector<std::string> NamedIn(const std::string& line) {
  static const std::regex kNamed("`([A-Z]\\w*\\.[A-Z]\\w*)`");
  std::vector<std::string> named;
  for (std::sregex_iterator it(line.begin(), line.end(), kNamed), end; it != end; ++it) named.push_back((*it)[1].str());
  return named;
}

const std::string& PageOf(const Tree& tree) {
  static const std::string kNone;
  const auto page = tree.files().find(kPage);
  return page == tree.files().end() ? kNone : page->second;
}

}  // namespace

Findings NamedTestsExist(const Tree& tree) {
  Findings findings;
  if (PageOf(tree).empty()) return findings;
  const std::set<std::string> tests = TestsOf(tree);
  int number = 0;
  for (const std::string& line : Lines(PageOf(tree))) {
    ++number;
    for (const std::string& name : NamedIn(line)) {
      if (tests.count(name) == 0) findings.push_back({kPage, number, "there is no test " + name});
    }
  }
  return findings;
}

// A heading "… (R001–R025)" promises these rows below it; each names a test, or says what is not built.
Findings RequirementsNameTheirTests(const Tree& tree) {
  static const std::regex kHeading("^#+ .*\\(([A-Z])(\\d{3})–[A-Z](\\d{3})\\)\\s*$");
  static const std::regex kRow("^\\| ([A-Z]\\d{3}) \\|.*\\|([^|]*)\\|\\s*$");
  Findings findings;
  std::set<std::string> promised;
  int heading = 0, number = 0;
  const auto missing = [&] {
    for (const std::string& row : promised) findings.push_back({kPage, heading, "its table has no row " + row});
    promised.clear();
  };
  for (const std::string& line : Lines(PageOf(tree))) {
    ++number;
    std::smatch match;
    if (StartsWith(line, "#")) missing();
    if (std::regex_match(line, match, kHeading)) {
      heading = number;
      for (int n = std::stoi(match[2]); n <= std::stoi(match[3]); ++n) {
        std::ostringstream row;
        row << match[1].str() << std::setw(3) << std::setfill('0') << n;
        promised.insert(row.str());
      }
    } else if (std::regex_match(line, match, kRow)) {
      promised.erase(match[1].str());
      const std::string tests = match[2].str();
      if (NamedIn(tests).empty() && tests.find("not built: ") == std::string::npos) {
        findings.push_back({kPage, number, match[1].str() + " names no test, and does not say why"});
      }
    }
  }
  missing();
  return findings;
}

}  // namespace shoujie::tidy
