#include <cctype>
#include <regex>

#include "tests/tidy/rules.h"

namespace shoujie::tidy {
namespace {

// A piece of proto source between `;`, `{` and `}`, with the brace or semicolon that ends it.
struct Statement {
  int line = 0;  // of its first word
  std::string text;
  char end = ';';
};

// Statements in order. The braces of an option's value are read as statements too, which no rule here minds.
std::vector<Statement> Statements(const std::string& content) {
  std::vector<Statement> statements;
  Statement now;
  int line = 1;
  for (char c : CodeOnly(content)) {
    if (c == '\n') ++line;
    if (c == ';' || c == '{' || c == '}') {
      now.end = c;
      if (now.line == 0) now.line = line;
      statements.push_back(now);
      now = Statement();
    } else if (!std::isspace(static_cast<unsigned char>(c))) {
      if (now.line == 0) now.line = line;
      now.text += c;
    } else if (!now.text.empty() && now.text.back() != ' ') {
      now.text += ' ';
    }
  }
  for (Statement& statement : statements) {
    while (!statement.text.empty() && statement.text.back() == ' ') statement.text.pop_back();
  }
  return statements;
}

// "ContactState" → "CONTACT_STATE".
std::string UpperSnake(const std::string& camel) {
  std::string upper;
  for (size_t i = 0; i < camel.size(); ++i) {
    if (i > 0 && std::isupper(static_cast<unsigned char>(camel[i])) &&
        (!std::isupper(static_cast<unsigned char>(camel[i - 1])) ||
         (i + 1 < camel.size() && std::islower(static_cast<unsigned char>(camel[i + 1]))))) {
      upper += '_';
    }
    upper += static_cast<char>(std::toupper(static_cast<unsigned char>(camel[i])));
  }
  return upper;
}

}  // namespace

Findings PackageIsFolder(const Tree& tree) {
  static const std::regex kPath("proto/(shoujie/[a-z]+/v[0-9]+)/[a-z_]+\\.proto");
  Findings findings;
  for (const auto& [path, content] : tree.files()) {
    if (!IsProto(path)) continue;
    std::smatch match;
    if (!std::regex_match(path, match, kPath)) {
      findings.push_back({path, 0, "protos live in proto/shoujie/<service>/v1/<name>.proto"});
      continue;
    }
    std::string package = match[1].str();
    for (char& c : package) c = c == '/' ? '.' : c;
    bool found = false;
    for (const Statement& statement : Statements(content)) found = found || statement.text == "package " + package;
    if (!found) findings.push_back({path, 1, "the package is the folder: " + package});
  }
  return findings;
}

Findings EnumsStartUnspecified(const Tree& tree) {
  static const std::regex kEnum("enum ([A-Za-z0-9]+)");
  static const std::regex kValue("([A-Z0-9_]+) ?= ?(-?[0-9]+).*");
  Findings findings;
  for (const auto& [path, content] : tree.files()) {
    if (!IsProto(path)) continue;
    std::string prefix;  // of the enum that we are in
    bool first = false;
    for (const Statement& statement : Statements(content)) {
      std::smatch match;
      if (statement.end == '{' && std::regex_match(statement.text, match, kEnum)) {
        prefix = UpperSnake(match[1].str()) + "_";
        first = true;
      } else if (statement.end == '}') {
        prefix.clear();
      } else if (!prefix.empty() && std::regex_match(statement.text, match, kValue)) {
        if (first && (match[1].str() != prefix + "UNSPECIFIED" || match[2].str() != "0")) {
          findings.push_back({path, statement.line, "an enum starts with " + prefix + "UNSPECIFIED = 0"});
        } else if (!StartsWith(match[1].str(), prefix)) {
          findings.push_back({path, statement.line, "values of this enum start with " + prefix});
        }
        first = false;
      }
    }
  }
  return findings;
}

Findings MethodsNameTheirAccess(const Tree& tree) {
  static const std::regex kOption("option \\(shoujie\\.common\\.v1\\.access\\) ?= ?ACCESS_([A-Z]+)");
  Findings findings;
  for (const auto& [path, content] : tree.files()) {
    if (!IsProto(path)) continue;
    const std::vector<Statement> statements = Statements(content);
    for (size_t i = 0; i < statements.size(); ++i) {
      if (!StartsWith(statements[i].text, "rpc ")) continue;
      bool found = false;
      if (statements[i].end == '{') {
        for (size_t j = i + 1; j < statements.size() && statements[j].end != '}'; ++j) {
          std::smatch match;
          found = found || (std::regex_match(statements[j].text, match, kOption) && match[1].str() != "UNSPECIFIED");
        }
      }
      if (!found) findings.push_back({path, statements[i].line, "no access option: " + statements[i].text});
    }
  }
  return findings;
}

Findings RecordedMessagesAreDeterministic(const Tree& tree) {
  static const std::regex kType("^(optional |repeated )?(map ?<|float |double ).*");
  Findings findings;
  for (const auto& [path, content] : tree.files()) {
    // Answers of queries are made anew each time; whatever else stands in a service's protos is recorded or stored.
    const bool answers = FileName(path) == "service.proto" || FileName(path) == "reports.proto";
    if (!IsProto(path) || answers || StartsWith(path, "proto/shoujie/common/")) continue;
    for (const Statement& statement : Statements(content)) {
      if (statement.end == ';' && std::regex_match(statement.text, kType)) {
        findings.push_back({path, statement.line, "no map or floating point in what is recorded: " + statement.text});
      }
    }
  }
  return findings;
}

Findings PersonalFieldsAreMarked(const Tree& tree) {
  static const std::regex kField("^(optional |repeated )?\\.?(shoujie\\.)?(common\\.v1\\.)?Personal [a-z_0-9]+ ?=.*");
  static const std::regex kMark(".*\\(shoujie\\.common\\.v1\\.personal\\) ?= ?true.*");
  Findings findings;
  for (const auto& [path, content] : tree.files()) {
    if (!IsProto(path)) continue;
    for (const Statement& statement : Statements(content)) {
      if (std::regex_match(statement.text, kField) && !std::regex_match(statement.text, kMark)) {
        findings.push_back({path, statement.line, "mark it [(shoujie.common.v1.personal) = true]: " + statement.text});
      }
    }
  }
  return findings;
}

}  // namespace shoujie::tidy
