#include <map>
#include <regex>
#include <set>

#include "tests/tidy/rules.h"

namespace shoujie::tidy {
namespace {

// "services/<name>/…" → name, else "".
std::string ServiceOf(const std::string& path) {
  const std::vector<std::string> parts = Split(path, '/');
  return parts.size() >= 3 && parts[0] == "services" ? parts[1] : "";
}

// Folders of services/ that are not a service.
bool IsProgram(const std::string& service) {
  return service == "all_in_one" || service == "cli" || service == "gateway" || service == "console";
}
bool IsService(const std::string& service) { return !service.empty() && service != "runtime" && !IsProgram(service); }

bool InAny(const std::string& path, const std::vector<std::string>& prefixes) {
  for (const std::string& prefix : prefixes) {
    if (StartsWith(path, prefix)) return true;
  }
  return false;
}

// How far out a file of a service lies: domain, then what is made of its events, then its surface, then its program.
int Ring(const std::string& path) {
  const std::vector<std::string> parts = Split(path, '/');
  if (parts.size() > 3 && parts[2] == "domain") return 0;
  const std::string name = FileName(path);
  if (StartsWith(name, "main")) return 3;
  if (StartsWith(name, "service") || StartsWith(name, "sample")) return 2;
  return 1;
}

// Each match of `pattern` in the code of `path`, comments and literals left out.
void Search(const std::string& path, const std::string& code, const std::regex& pattern, const std::string& text,
            Findings& findings) {
  int line = 0;
  for (const std::string& one : Lines(code)) {
    ++line;
    std::smatch match;
    if (std::regex_search(one, match, pattern)) findings.push_back({path, line, text + ": " + match[0].str()});
  }
}

}  // namespace

Findings DomainIsPure(const Tree& tree) {
  static const std::regex kHashOrder("std::hash\\b|std::unordered_|absl::Hash\\b|absl::HashOf\\b");
  static const std::vector<std::string> kOurs = {"services/runtime/base/", "services/runtime/calendar/"};
  static const std::set<std::string> kOursExactly = {"services/runtime/domain.h", "services/runtime/reference.h"};
  static const std::vector<std::string> kImpure = {"absl/synchronization",
                                                   "absl/random",
                                                   "absl/time/clock.h",
                                                   "absl/hash",
                                                   "google/protobuf/io",
                                                   "google/protobuf/util/json",
                                                   "grpc",
                                                   "rocksdb",
                                                   "librdkafka",
                                                   "spdlog",
                                                   "openssl",
                                                   "prometheus",
                                                   "sys/"};
  static const std::set<std::string> kImpureStandard = {
      "chrono",  "thread",        "mutex",         "shared_mutex", "atomic",    "future",     "condition_variable",
      "random",  "fstream",       "filesystem",    "iostream",     "cstdio",    "ctime",      "stdlib.h",
      "stdio.h", "time.h",        "fcntl.h",       "unistd.h",     "semaphore", "stop_token", "barrier",
      "latch",   "unordered_map", "unordered_set", "csignal",      "pthread.h"};
  Findings findings;
  for (const auto& [path, content] : tree.files()) {
    const std::string service = ServiceOf(path);
    if (!IsCpp(path) || !IsService(service) || Ring(path) != 0) continue;
    for (const auto& [line, include] : Includes(content)) {
      const bool ours = InAny(include, kOurs) || kOursExactly.count(include) > 0 ||
                        StartsWith(include, "services/" + service + "/domain/");
      if (StartsWith(include, "services/") || StartsWith(include, "loadtest/") || StartsWith(include, "tests/")) {
        if (!ours) findings.push_back({path, line, "a domain may not include " + include});
      } else if (InAny(include, kImpure) || kImpureStandard.count(include) > 0) {
        findings.push_back({path, line, "a domain is pure and may not include " + include});
      }
    }
    Search(path, CodeOnly(content), kHashOrder, "the order of hashes must not reach events or states", findings);
  }
  return findings;
}

Findings DependenciesPointInwards(const Tree& tree) {
  Findings findings;
  for (const auto& [path, content] : tree.files()) {
    const std::string mine = ServiceOf(path);
    if (!IsCpp(path) || mine.empty()) continue;
    for (const auto& [line, include] : Includes(content)) {
      const std::string other = ServiceOf(include);
      const bool top_level_runtime = StartsWith(include, "services/runtime/") && Split(include, '/').size() == 3;
      if (StartsWith(include, "loadtest/") || StartsWith(include, "tests/")) {
        findings.push_back({path, line, "what ships may not include " + include});
      } else if (mine == "runtime") {
        if (!other.empty() && other != "runtime") {
          findings.push_back({path, line, "the runtime knows no service and no program: " + include});
        } else if (StartsWith(path, "services/runtime/base/") && other == "runtime" &&
                   !StartsWith(include, "services/runtime/base/")) {
          findings.push_back({path, line, "base/ stands on nothing of ours: " + include});
        }
      } else if (IsService(mine)) {
        if (!other.empty() && other != mine && other != "runtime") {
          findings.push_back({path, line, "services share protos and never include each other: " + include});
        } else if (other == mine && Ring(include) > Ring(path)) {
          findings.push_back({path, line, "dependencies point inwards, not to " + include});
        } else if (other == "runtime" && Ring(path) < 3 && !top_level_runtime &&
                   !InAny(include, {"services/runtime/base/", "services/runtime/calendar/", "services/runtime/rpc/"})) {
          findings.push_back({path, line, "a service sees the runtime's seams only, not " + include});
        } else if (StartsWith(include, "services/runtime/rpc/") && Ring(path) < 2) {
          findings.push_back({path, line, "only a service's surface sees " + include});
        }
      } else if (IsService(other) && Ring(include) < 2) {
        findings.push_back({path, line, "a program sees of a service only service.h and sample.h, not " + include});
      }
    }
  }
  return findings;
}

Findings LibrariesStayBehindWrappers(const Tree& tree) {
  // `surface`: also allowed in service* and main* of a service.
  struct Wrapper {
    std::regex include;
    std::vector<std::string> folders;
    bool surface;
  };
  static const std::vector<Wrapper> kWrappers = {
      {std::regex("^rocksdb/.*"), {"services/runtime/rocks/", "tests/unit/runtime/rocks/", "loadtest/floors/"}, false},
      {std::regex("^librdkafka/.*"),
       {"services/runtime/kafka/", "tests/unit/runtime/kafka/", "tests/kafka/", "loadtest/floors/"},
       false},
      {std::regex("^(grpcpp|grpc|grpc\\+\\+)/.*"),
       {"services/runtime/rpc/", "services/all_in_one/", "services/cli/", "services/gateway/", "loadtest/", "tests/"},
       true},
  };
  Findings findings;
  for (const auto& [path, content] : tree.files()) {
    if (!IsCpp(path)) continue;
    for (const auto& [line, include] : Includes(content)) {
      for (const Wrapper& wrapper : kWrappers) {
        if (!std::regex_match(include, wrapper.include) || InAny(path, wrapper.folders)) continue;
        if (wrapper.surface && IsService(ServiceOf(path)) && Ring(path) >= 2) continue;
        findings.push_back({path, line, include + " is included only under " + wrapper.folders[0]});
      }
    }
  }
  return findings;
}

Findings SeamsAreUsed(const Tree& tree) {
  struct Seam {
    std::string what;
    std::regex code;
    std::set<std::string> includes;
    std::vector<std::string> folders;  // where the real implementation lives, besides kEverything
  };
  static const std::vector<std::string> kEverything = {"services/runtime/clock/",
                                                       "services/runtime/rocks/",
                                                       "services/runtime/rpc/",
                                                       "services/runtime/ops/",
                                                       "services/runtime/security/",
                                                       "services/runtime/kafka/",
                                                       "services/runtime/node",
                                                       "services/runtime/cluster/",
                                                       "services/cli/",
                                                       "services/all_in_one/",
                                                       "services/gateway/",
                                                       "services/runtime/data_directory/"};
  static const std::vector<Seam> kSeams = {
      {"time comes from runtime/clock",
       std::regex("_clock::now\\b|\\babsl::Now\\b|\\bGetCurrentTimeNanos\\b|\\bgettimeofday\\b|\\bclock_gettime\\b|"
                  "\\b(std::)?time\\((nullptr|NULL|0)\\)|\\bsleep_(for|until)\\b|\\bSleepFor\\b|\\b(u|nano)sleep\\("),
       {"absl/time/clock.h", "ctime", "time.h", "sys/time.h"},
       {}},
      {"randomness comes from runtime/security, or from the simulator's seed",
       std::regex("\\brandom_device\\b|\\bmt19937|\\babsl::(Insecure)?BitGen\\b|\\bRAND_(priv_)?bytes\\b|\\bs?rand\\(|"
                  "\\bgetrandom\\b|\\barc4random"),
       {"random", "absl/random/random.h", "openssl/rand.h", "sys/random.h"},
       {"services/runtime/sim/"}},
      {"threads are started by the node",
       std::regex("\\bstd::(j?thread|async)\\b|\\bpthread_create\\b|\\bfork\\(\\)"),
       {"thread", "future", "pthread.h"},
       {}},
      {"files are reached through runtime/rocks, security and ops",
       std::regex("\\bstd::[oi]?fstream\\b|\\bstd::filesystem\\b|\\bf(re)?open\\(|::open\\(|\\bf(data)?sync\\("),
       {"fstream", "filesystem", "fcntl.h", "unistd.h", "sys/stat.h", "sys/mman.h", "sys/file.h"},
       {}},
      {"the environment is read by ops and the programs", std::regex("\\bgetenv\\b"), {}, {}},
  };
  Findings findings;
  for (const auto& [path, content] : tree.files()) {
    if (!IsCpp(path) || !StartsWith(path, "services/") || InAny(path, kEverything)) continue;
    if (IsService(ServiceOf(path)) && Ring(path) == 3) continue;  // a program's main
    const std::string code = CodeOnly(content);
    for (const Seam& seam : kSeams) {
      if (InAny(path, seam.folders)) continue;
      for (const auto& [line, include] : Includes(content)) {
        if (seam.includes.count(include) > 0) findings.push_back({path, line, seam.what + ": " + include});
      }
      Search(path, code, seam.code, seam.what, findings);
    }
  }
  return findings;
}

Findings HeadersOpenWithProse(const Tree& tree) {
  Findings findings;
  for (const auto& [path, content] : tree.files()) {
    if (!EndsWith(path, ".h")) continue;
    std::string prose;
    int line = 0;
    for (const std::string& text : Lines(content)) {
      if (!StartsWith(text, "//")) break;
      ++line;
      prose += text.substr(2);
    }
    if (prose.size() < 30) findings.push_back({path, 1, "a header opens with a paragraph: what for, when not"});
    if (content.find("#pragma once\n") == std::string::npos) findings.push_back({path, line + 1, "no #pragma once"});
  }
  return findings;
}

Findings OneStringView(const Tree& tree) {
  static const std::regex kStringView("\\bstd::string_view\\b");
  Findings findings;
  for (const auto& [path, content] : tree.files()) {
    if (!IsCpp(path) || !(StartsWith(path, "services/") || StartsWith(path, "loadtest/"))) continue;
    Search(path, CodeOnly(content), kStringView, "Debian's absl has a string_view of its own", findings);
  }
  return findings;
}

Findings NoExceptionsOfOurOwn(const Tree& tree) {
  static const std::regex kThrow("\\bthrow\\b");
  Findings findings;
  for (const auto& [path, content] : tree.files()) {
    if (!IsCpp(path) || !(StartsWith(path, "services/") || StartsWith(path, "loadtest/"))) continue;
    Search(path, CodeOnly(content), kThrow, "errors are absl::Status", findings);
  }
  return findings;
}

}  // namespace shoujie::tidy
