#include <regex>
#include <set>

#include "tests/tidy/rules.h"

namespace shoujie::tidy {
namespace {

constexpr int kFileLinesMax = 500;
constexpr int kReadmeLinesMax = 80;

bool IsHandWritten(const std::string& path) {
  static const std::set<std::string> kEndings = {"h",   "cc", "proto", "txt", "cmake", "sh",  "ts",
                                                 "tsx", "js", "css",   "md",  "yaml",  "yml", "json"};
  if (StartsWith(path, "tests/golden/") || StartsWith(path, "tests/fuzz/corpus/") ||
      FileName(path) == "package-lock.json")
    return false;
  const std::string name = FileName(path);
  const size_t dot = name.rfind('.');
  return dot == std::string::npos || kEndings.count(name.substr(dot + 1)) > 0;  // scripts have no ending
}

std::set<std::string> ServiceFolders(const Tree& tree) {
  std::set<std::string> services;
  for (const auto& [path, content] : tree.files()) {
    const std::vector<std::string> parts = Split(path, '/');
    if (parts.size() > 2 && parts[0] == "services") services.insert(parts[1]);
  }
  return services;
}

}  // namespace

Findings TopLevelIsKnown(const Tree& tree) {
  static const std::set<std::string> kKnown = {
      "CMakeLists.txt", "CMakePresets.json", "README.md", ".clang-format", ".clang-tidy", ".gitignore", ".ci",
      "proto",          "services",          "deploy",    "k8s",           "loadtest",    "tests",      "LICENSE"};
  Findings findings;
  std::set<std::string> seen;
  for (const auto& [path, content] : tree.files()) {
    const std::string top = path.substr(0, path.find('/'));
    if (kKnown.count(top) == 0 && seen.insert(top).second) {
      findings.push_back({top, 0, "has no place at the top level"});
    }
  }
  return findings;
}

Findings FilesStayShort(const Tree& tree) {
  Findings findings;
  for (const auto& [path, content] : tree.files()) {
    if (!IsHandWritten(path)) continue;
    const int lines = static_cast<int>(Lines(content).size());
    if (lines > kFileLinesMax) {
      findings.push_back(
          {path, 0,
           std::to_string(lines) + " lines; one subject a file, " + std::to_string(kFileLinesMax) + " lines at most"});
    }
  }
  return findings;
}

Findings NothingLeftToDo(const Tree& tree) {
  // Put together here, or this file would break the rule.
  static const std::regex kMark(std::string("\\b(TO") + "DO|FIX" + "ME|XX" + "X|HA" + "CK)\\b");
  Findings findings;
  for (const auto& [path, content] : tree.files()) {
    if (!IsHandWritten(path)) continue;
    int line = 0;
    for (const std::string& text : Lines(content)) {
      ++line;
      std::smatch match;
      if (std::regex_search(text, match, kMark)) findings.push_back({path, line, "left to do: " + match[0].str()});
    }
  }
  return findings;
}

Findings ServicesHaveOnePage(const Tree& tree) {
  Findings findings;
  for (const std::string& service : ServiceFolders(tree)) {
    const std::string folder = "services/" + service;
    if (!tree.Has(folder + "/service.cc")) continue;
    auto page = tree.files().find(folder + "/README.md");
    if (page == tree.files().end()) {
      findings.push_back({folder + "/README.md", 0, "every service has a page"});
    } else if (const size_t lines = Lines(page->second).size(); lines > kReadmeLinesMax) {
      findings.push_back(
          {page->first, 0, std::to_string(lines) + " lines; one page is " + std::to_string(kReadmeLinesMax)});
    }
  }
  return findings;
}

Findings UnitTestsMirrorSources(const Tree& tree) {
  Findings findings;
  for (const auto& [path, content] : tree.files()) {
    if (!StartsWith(path, "tests/unit/")) continue;
    std::string folder = Folder(path.substr(std::string("tests/unit/").size()));
    if (StartsWith(folder, "loadtest")) {
      if (!tree.HasFolder(folder)) findings.push_back({path, 0, "mirrors no folder " + folder});
    } else if (!tree.HasFolder("services/" + folder)) {
      findings.push_back({path, 0, "mirrors no folder services/" + folder});
    }
    if (EndsWith(path, ".cc") && !EndsWith(path, "_test.cc") && FileName(path).find("test") == std::string::npos) {
      findings.push_back({path, 0, "tests are named …_test.cc, what they share test…"});
    }
  }
  return findings;
}

const std::vector<Rule>& Rules() {
  static const std::vector<Rule> kRules = {
      {"DomainIsPure", "Decide and Evolve get everything in their arguments", DomainIsPure},
      {"DependenciesPointInwards", "main → service → projection, reactions → domain → protos, runtime/domain.h",
       DependenciesPointInwards},
      {"LibrariesStayBehindWrappers", "use the thin wrapper, or extend it", LibrariesStayBehindWrappers},
      {"SeamsAreUsed", "time, randomness, threads and files have a real and a simulated implementation each",
       SeamsAreUsed},
      {"HeadersOpenWithProse", "say what it is for, when not to use it, units, errors and threads",
       HeadersOpenWithProse},
      {"OneStringView", "use absl::string_view", OneStringView},
      {"NoExceptionsOfOurOwn", "return absl::Status", NoExceptionsOfOurOwn},
      {"RefusalsSayWhatToDo", "a sentence on what is wrong, one on what to do, in English and in Chinese (请…)",
       RefusalsSayWhatToDo},
      {"PackageIsFolder", "directory = package", PackageIsFolder},
      {"EnumsStartUnspecified", "AIP-126", EnumsStartUnspecified},
      {"MethodsNameTheirAccess", "deny by default: every method carries its policy", MethodsNameTheirAccess},
      {"RecordedMessagesAreDeterministic", "the same message must always have the same bytes",
       RecordedMessagesAreDeterministic},
      {"PersonalFieldsAreMarked", "the runtime seals what is marked", PersonalFieldsAreMarked},
      {"TopLevelIsKnown", "the top level is the map of the house", TopLevelIsKnown},
      {"FilesStayShort", "split by subject", FilesStayShort},
      {"NothingLeftToDo", "do it, or file an issue", NothingLeftToDo},
      {"ServicesHaveOnePage", "what it owns, its rules, where they stand", ServicesHaveOnePage},
      {"UnitTestsMirrorSources", "a reader finds a test where the source is", UnitTestsMirrorSources},
      {"NamedTestsExist", "name the test that took its place in tests/README.md", NamedTestsExist},
      {"RequirementsNameTheirTests", "the test that would fail without it, or \"not built: \" and why",
       RequirementsNameTheirTests},
  };
  return kRules;
}

}  // namespace shoujie::tidy
